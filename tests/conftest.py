"""For all tests: who runs which, where several processes share them, and what the last lines of a run say.

One process has all that needs a broker or other programs, for it mostly waits for them; the others the rest, by file.
All Hypothesis tests share one profile: no deadline, since a slow machine is no fault, and examples that are the same in
every run where CI is set.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from sketches import kernels

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of the hundreds of programs they start would compile all modules
kernels.load()  # the tests go through the compiled loops; `test_kernels.py` holds numpy to them

settings.register_profile("tests", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow],
                          derandomize=bool(os.environ.get("CI")), print_blob=True)  # fmt: skip
settings.load_profile("tests")


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # it is not typed
    """What belongs together, so that one process has all of it, by the name of a test."""

    def _split_scope(self, nodeid: str) -> str:
        return "integration" if nodeid.startswith("tests/integration/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    return Sharing(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not tested: a run that left the broker out must not pass for one that did not."""
    untested = terminalreporter.stats.get("skipped", ())
    if untested:
        terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
    for report in untested:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        terminalreporter.write_line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
