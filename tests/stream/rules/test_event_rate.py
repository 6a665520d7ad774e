"""With a wanted number of events a day about as many pass, those of the highest rank."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rules.event_rate import DAY_S, LEAST_DAYS, MOST, EventRate

HEARD = st.lists(st.tuples(st.integers(0, 500), st.floats(-5, 9), st.floats(0, 30_000)), max_size=80)


def passed(rate: EventRate, heard: list[tuple[int, float, float]]) -> list[tuple[float, float]]:
    """(time, rank) of what passes; each of `heard` is key, rank and the seconds since the one before."""
    now_s, through = 0.0, []
    for key, rank, later_s in heard:
        now_s += later_s
        rate.hear(key, rank, now_s)
        if rate.passes(rank, now_s):
            through.append((now_s, rank))
    return through


@given(HEARD)
def test_without_a_wish_everything_passes(heard: list[tuple[int, float, float]]) -> None:
    assert len(passed(EventRate(0), heard)) == len(heard)


@given(HEARD, st.floats(0.1, 5))
def test_a_higher_rank_passes_whenever_a_lower_one_does(heard: list[tuple[int, float, float]], a: float) -> None:
    rate = EventRate(a)
    passed(rate, heard)
    now_s = sum(later_s for _, _, later_s in heard)
    assert not (rate.passes(1.0, now_s) and not rate.passes(2.0, now_s))


def test_about_as_many_pass_as_are_wished_and_they_are_the_best() -> None:
    dice = random.Random(1)
    heard = [(key, dice.gauss(0, 1), DAY_S / 20) for key in range(20 * 100)]  # twenty a day for a hundred days
    through = passed(EventRate(4), heard)
    after_a_while = [rank for at_s, rank in through if at_s > 20 * DAY_S]
    assert 4 / 1.5 <= len(after_a_while) / 80 <= 4 * 1.5
    assert min(after_a_while) > 0.4  # the best fifth of a normal distribution lies above 0.84


@given(HEARD, st.floats(0.1, 5))
def test_a_restored_state_gives_the_same_results(heard: list[tuple[int, float, float]], a_day: float) -> None:
    whole, before, after = EventRate(a_day), EventRate(a_day), EventRate(a_day)
    half = len(heard) // 2
    passed(whole, heard[:half])
    passed(before, heard[:half])
    after.restore(before.state())
    now_s = sum(later_s for _, _, later_s in heard)
    assert after.threshold(now_s) == whole.threshold(now_s)
    for key, rank, _ in heard[half:]:
        for rate in (whole, after):
            rate.hear(key, rank, now_s)
        assert after.passes(rank, now_s) == whole.passes(rank, now_s)


def test_a_state_whose_columns_contradict_one_another_is_refused() -> None:
    rate = EventRate(1.0)
    rate.hear(1, 1.0, 0.0)
    for name, content in (("ranks", b""), ("started_s", b""), ("at_s", np.array([np.nan]).tobytes())):
        with pytest.raises(ValueError, match="candidates"):
            EventRate(1.0).restore(rate.state() | {name: content})


def test_fewer_candidates_than_wished_all_pass() -> None:
    heard = [(key, float(-key), DAY_S) for key in range(50)]
    assert len(passed(EventRate(3), heard)) == 50


def test_a_repeated_candidate_counts_once_with_its_best_rank() -> None:
    rate = EventRate(1 / LEAST_DAYS)  # one in the least memory
    for _ in range(10):
        rate.hear(7, 1.0, 0.0)
    rate.hear(7, 3.0, 0.0)
    assert rate.threshold(0.0) == float("-inf")
    rate.hear(8, 2.0, 0.0)
    assert rate.threshold(0.0) == 3.0


def test_memory_is_bounded() -> None:
    rate = EventRate(0.01)
    for key in range(MOST + 100):
        rate.hear(key, 0.0, 0.0)
    assert len(rate.heard) == MOST
