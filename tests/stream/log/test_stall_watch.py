"""A partition that has records and returns none is noticed; a quiet, slow or sought partition is not reported."""

import pytest

from stream.log import stall_watch
from stream.log.stall_watch import STALL_POLLS, STALL_S, StallWatch


class Clock:
    now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stall_watch, "time", clock)
    return clock


def looked(watch: StallWatch, clock: Clock) -> list[int]:
    """What the next look says."""
    clock.now_s += STALL_S
    return [number for _ in range(STALL_POLLS) for number in watch.stalled()]


def test_a_partition_that_has_more_at_two_looks_and_did_not_move_is_stalled(clock: Clock) -> None:
    watch = StallWatch(lambda: {0: 5, 1: int(clock.now_s)})
    assert looked(watch, clock) == []
    assert looked(watch, clock) == [0]


def test_one_that_has_no_more_is_not(clock: Clock) -> None:
    behind = {0: 5}
    watch = StallWatch(lambda: behind)
    looked(watch, clock)
    behind.clear()
    assert looked(watch, clock) == []


def test_a_restart_or_a_seek_resets_the_watch(clock: Clock) -> None:
    watch = StallWatch(lambda: {0: 5})
    looked(watch, clock)
    watch.sought(0)
    assert looked(watch, clock) == []
    watch.restart()
    assert looked(watch, clock) == []
    assert looked(watch, clock) == [0]


def test_rare_polls_do_not_count_as_a_stall(clock: Clock) -> None:
    watch = StallWatch(lambda: {0: 5})
    looked(watch, clock)
    clock.now_s += 10 * STALL_S
    assert [watch.stalled() for _ in range(STALL_POLLS - 1)] == [[]] * (STALL_POLLS - 1)
