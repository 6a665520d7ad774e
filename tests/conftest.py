"""For all tests: who runs which, where several processes share them, and what the last lines of a run say.

One process has all that needs a broker or other programs, for it mostly waits for them; the others the rest, by file.
"""

from pathlib import Path

import pytest

INTEGRATION = Path(__file__).parent / "integration"


@pytest.hookimpl(tryfirst=True)  # before the groups are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        group = INTEGRATION if INTEGRATION in item.path.parents else item.path
        item.add_marker(pytest.mark.xdist_group(str(group)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not tested: a run that left the broker out must not pass for one that did not."""
    untested = terminalreporter.stats.get("skipped", ())
    if untested:
        terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
    for report in untested:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        terminalreporter.write_line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
