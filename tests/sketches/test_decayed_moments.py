"""Mean and variance against the exponentially weighted ones, computed the long way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches.count_min import F64
from sketches.decayed_moments import DecayedMoments

ITEMS = np.arange(6, dtype=np.uint64)
HALF_LIFE_S = 100.0
COUNTS = st.lists(st.integers(0, 9), min_size=6, max_size=6)
WINDOWS = st.lists(st.tuples(COUNTS, st.integers(-3000, 9000)), min_size=1, max_size=12)
Windows = list[tuple[list[int], int]]


def taken_in(windows: Windows, width: int = 1 << 12) -> DecayedMoments:
    """Items of count 0 did not occur and are not told."""
    moments = DecayedMoments(4, width, 9001, HALF_LIFE_S)
    for counts, at_s in windows:
        occurred = np.array(counts) > 0
        moments.add_window(ITEMS[occurred], np.array(counts, float)[occurred], at_s)
    return moments


def exact(windows: Windows) -> tuple[F64, F64]:
    values = np.array([counts for counts, _ in windows], float)
    newest = max(at_s for _, at_s in windows)
    weights = np.array([2.0 ** ((at_s - newest) / HALF_LIFE_S) for _, at_s in windows])
    mean = weights @ values / weights.sum()
    return mean, weights @ (values - mean) ** 2 / weights.sum()


def test_two_windows_a_half_life_apart_worked_out_by_hand() -> None:
    """3 then 6, weights 1 and 2: mean (3 + 12) / 3 = 5, mean of squares (9 + 72) / 3 = 27, variance 27 - 25."""
    moments = taken_in([([3, 0, 0, 0, 0, 0], 0), ([6, 0, 0, 0, 0, 0], 100)])
    mean, variance = moments.mean_and_variance(ITEMS)
    assert mean.tolist() == [5.0] + [0.0] * 5
    assert variance.tolist() == [2.0] + [0.0] * 5
    assert moments.effective_windows == 1.5


@given(WINDOWS)
def test_mean_and_variance_are_exponentially_weighted(windows: Windows) -> None:
    """The windows come in any order and lie up to 120 half-lives apart."""
    mean, variance = taken_in(windows).mean_and_variance(ITEMS)
    true_mean, true_variance = exact(windows)
    assert mean == pytest.approx(true_mean, rel=1e-9, abs=1e-12)
    assert variance == pytest.approx(true_variance, rel=1e-9, abs=1e-9)


@given(WINDOWS)
def test_a_mean_is_never_under_estimated_however_narrow_the_table(windows: Windows) -> None:
    mean, _ = taken_in(windows, width=3).mean_and_variance(ITEMS)
    assert (mean >= exact(windows)[0] * (1 - 1e-9)).all()


def test_a_window_without_a_word_lowers_its_mean() -> None:
    moments = taken_in([([4, 0, 0, 0, 0, 0], 0), ([0, 0, 0, 0, 0, 0], 0)])
    mean, variance = moments.mean_and_variance(ITEMS[:1])
    assert (mean.tolist(), variance.tolist()) == ([2.0], [4.0])


@pytest.mark.parametrize("number", [1, 2, 65, 400])
def test_steady_windows_have_no_variance_and_weigh_less_than_two(number: int) -> None:
    """A window every half-life: 1 + 1/2 + 1/4 + …, never 2."""
    moments = taken_in([([7, 0, 0, 0, 0, 0], 100 * n) for n in range(number)])
    mean, variance = moments.mean_and_variance(ITEMS[:1])
    assert mean[0] == pytest.approx(7)
    assert variance[0] == pytest.approx(0, abs=1e-9)
    assert moments.effective_windows == pytest.approx(2 - 0.5 ** (number - 1))


def test_before_the_first_window_everything_is_zero() -> None:
    moments = DecayedMoments(2, 16, 1, HALF_LIFE_S)
    mean, variance = moments.mean_and_variance(ITEMS)
    assert mean.tolist() == variance.tolist() == [0.0] * 6
    assert moments.effective_windows == 0.0
    assert moments.mean_and_variance(ITEMS[:0])[0].shape == (0,)
