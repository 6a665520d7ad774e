"""A share of the time, by hand, and that no activity gets more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.web.time_share import DEEPEST_S, TimeShare


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_saved_time_is_available_at_once_and_more_must_accumulate() -> None:
    clock = Clock()
    share = TimeShare(0.1, 0.5, clock)
    share.spend(0.5)
    assert share.wait_s() == 0
    share.spend(0.2)
    assert share.wait_s() == pytest.approx(2.0)
    clock.now_s = 2.0
    assert share.wait_s() == pytest.approx(0.0)


def test_no_more_is_saved_than_the_bound() -> None:
    clock = Clock()
    share = TimeShare(0.1, 0.5, clock)
    clock.now_s = 1000.0
    assert share.wait_s() == 0
    share.spend(0.6)
    assert share.wait_s() == pytest.approx(1.0)


def test_a_debt_has_a_bottom() -> None:
    share = TimeShare(0.05, 0.5, Clock())
    share.spend(1e9)
    assert share.wait_s() == pytest.approx(DEEPEST_S / 0.05)


@given(st.lists(st.floats(0.001, 1.0), max_size=60))
def test_in_the_long_run_no_activity_takes_more_than_its_share(costs: list[float]) -> None:
    clock = Clock()
    share, spent_s = TimeShare(0.05, 0.5, clock), 0.0
    for cost_s in costs:
        clock.now_s += share.wait_s()
        share.spend(cost_s)
        clock.now_s += cost_s
        spent_s += cost_s
    assert spent_s <= 0.05 * clock.now_s + 0.5 + max(costs, default=0.0) + 1e-6


def test_spending_takes_what_the_block_took_even_if_it_failed() -> None:
    share, used = TimeShare(0.1, 0.0, Clock()), iter([1.0, 1.3])
    with pytest.raises(ValueError, match="x"), share.spending(lambda: next(used)):
        raise ValueError("x")
    assert share.wait_s() == pytest.approx(3.0)
