"""The last lines of a run say what it did not test: one that left the broker out must not pass for one that did not."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    untested = terminalreporter.stats.get("skipped", ())
    if untested:
        terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
    for report in untested:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        terminalreporter.write_line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
