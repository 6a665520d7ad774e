"""A candidate is judged once at each rung, and again after it was not seen for long."""

import numpy as np

from stream.finder.rungs import Rungs


def reached(rungs: Rungs, count: int, now_s: float = 0.0, key: int = 5) -> bool:
    return bool(rungs.reached(np.array([key], np.uint64), np.array([count]), now_s, 100.0)[0])


def test_each_rung_is_reached_once() -> None:
    rungs = Rungs(100, 3)
    assert [count for count in (2, 3, 3, 4, 5, 6, 7, 8, 9, 11, 12, 9) if reached(rungs, count)] == [3, 4, 5, 6, 9, 12]


def test_a_candidate_unseen_for_two_horizons_is_judged_again() -> None:
    rungs = Rungs(100, 3)
    assert reached(rungs, 5)
    assert not reached(rungs, 5, 150.0)
    assert not reached(rungs, 5, 310.0)
    reached(rungs, 3, 530.0, key=7)
    reached(rungs, 3, 640.0, key=8)
    assert reached(rungs, 5, 650.0)


def test_it_goes_on_from_its_state() -> None:
    rungs, again = Rungs(100, 3), Rungs(100, 3)
    reached(rungs, 5)
    again.restore(rungs.state())
    assert not reached(again, 5)
    assert reached(again, 6)
