"""The time bound of a storm is strict on an idle machine, and grows with the load of other processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.machine_load import LEAST_SHARE, NOISE, MachineLoad, OwnTime, Sample, busy_s, family


def load_of(others: float, own: float, cores: int = 2) -> MachineLoad:
    """Ten seconds in which others and we used such shares of the machine."""
    samples = [Sample(0.0, 100.0, 5.0), Sample(10.0, 100.0 + 10 * cores * (others + own), 5.0 + 10 * cores * own)]
    given = iter(samples)
    return MachineLoad(cores, lambda: next(given))


@pytest.mark.parametrize("own", [0.0, 0.5, 1.0])
def test_our_own_extras_do_not_hide_a_missing_dependency(own: float) -> None:
    assert load_of(0.0, own).slowdown(0.0) == 1.0


@pytest.mark.parametrize(("others", "factor"), [(NOISE / 2, 1.0), (0.5, 2.0), (0.75, 4.0), (0.99, 1 / LEAST_SHARE)])
def test_the_bound_grows_as_our_share_shrinks(others: float, factor: float) -> None:
    assert load_of(others, 0.0).slowdown(0.0) == pytest.approx(factor)


def test_time_of_processes_that_have_ended_stays_ours() -> None:
    own = OwnTime()
    before = own.total_s()
    child = subprocess.Popen([sys.executable, "-c", "import sys\nwhile True: sys.stdin.read(1) or sys.exit()"],
                             stdin=subprocess.PIPE)  # fmt: skip
    assert child.stdin is not None
    during = own.total_s()
    assert child.pid in {pid for pid, _ in family(os.getpid())}
    child.stdin.close()
    child.wait()
    assert own.total_s() >= during >= before


def test_stolen_time_is_busy_time(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 100 900 50 0 0 300 0 0\ncpu0 1 2 3\n")
    ticks = os.sysconf("SC_CLK_TCK")
    assert busy_s(stat) == 500 / ticks
