"""Surprise is the tail of a negative binomial distribution; with a short memory no count is surprising."""

import numpy as np
import pytest

from stream.finder.surprise import PRIOR, expected, surprise


@pytest.mark.parametrize(("count", "earlier", "memory"), [(1, 0, 1_000), (3, 2, 500), (5, 0, 200), (4, 9, 150)])
def test_surprise_is_how_often_chance_does_as_much(count: int, earlier: int, memory: int) -> None:
    """Draw rates from what is known of the past, and counts of 100 texts from the rates."""
    rng = np.random.default_rng(1)
    rates = rng.gamma(earlier + PRIOR, 1 / memory, 2_000_000)
    drawn = -np.log10(np.mean(rng.poisson(rates * 100) >= count))
    assert surprise(np.array([count * 1.0]), np.array([earlier * 1.0]), 100, memory)[0] == pytest.approx(
        drawn, abs=0.05
    )


def test_with_a_short_memory_no_count_is_surprising() -> None:
    long, short = (surprise(np.array([5.0]), np.zeros(1), 1_000, memory)[0] for memory in (12_000, 500))
    assert long > 5
    assert short < 2


def test_the_expected_count_follows_the_past() -> None:
    assert expected(np.array([0.0, 9.5]), 100, 1_000).tolist() == [0.05, 1.0]
