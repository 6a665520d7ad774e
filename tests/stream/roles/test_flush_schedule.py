"""State is written every flush interval, and after a takeover every second for some seconds."""

from types import SimpleNamespace
from typing import Any

from stream.roles.flush_schedule import HURRY_S, SOON_S, FlushSchedule

FLUSH_S = 5.0


class Bench:
    """A clock under a clock: `at` sets the time."""

    def __init__(self, flush_s: float = FLUSH_S) -> None:
        self.now_s = 0.0
        edge: Any = SimpleNamespace(
            now_s=lambda: self.now_s, config=SimpleNamespace(kafka=SimpleNamespace(flush_s=flush_s))
        )
        self.clock = FlushSchedule(edge)

    def due_at(self, now_s: float, behind: bool = False) -> bool:
        self.now_s = now_s
        if due := self.clock.due(lambda: behind):
            self.clock.flushed(behind)
        return due


def test_state_is_written_every_interval() -> None:
    bench = Bench()
    assert [bench.due_at(now_s) for now_s in (4.9, 5.0, 9.9, 10.0)] == [False, True, False, True]


def test_after_a_takeover_it_is_written_once_all_is_read_and_every_second_for_a_while() -> None:
    bench = Bench()
    bench.due_at(100.0)
    bench.clock.taken_over()
    assert not bench.due_at(100.1, behind=True)
    assert bench.due_at(100.2)
    assert not bench.due_at(100.3)  # not at every step
    assert bench.due_at(100.2 + SOON_S)  # more may have come than the last fetch knew of
    assert bench.due_at(105.1)
    assert [bench.due_at(now_s) for now_s in (106.2, 110.0, 110.1)] == [False, False, True]


def test_with_a_long_interval_a_takeover_does_not_mean_a_write_every_second_for_all_of_it() -> None:
    bench = Bench(flush_s=600.0)
    bench.clock.taken_over()
    due = [now_s for now_s in range(1, 1300) if bench.due_at(now_s, behind=True)]
    assert due == [1, 2, 3, 4, 604, 1204]
    assert max(due[:-2]) < HURRY_S


def test_a_write_that_failed_is_due_at_once() -> None:
    bench = Bench()
    bench.due_at(5.0)
    bench.clock.failed()
    assert bench.due_at(5.1)
