"""The headline score, worked out by hand: how many standard deviations a word's texts are above its past.

Windows are equal here (no decay), so the mean and variance of the past are those of school.
"""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from stream.text.hash64 import word_key
from tests.stream.trends.trend_tables import SETTINGS, model_of, trends_of

WORD = "元宇宙"
MODEL = model_of(["元宇", "宇宙"])
EQUAL = replace(SETTINGS, horizon=2, beta=1.0, half_life_windows=1e12)


def figures(*texts_a_window: int) -> tuple[float, float, float]:
    """Texts in the horizon, texts expected there, and the score, of a word in so many texts of each window."""
    windows = [[WORD] * texts + ["今天"] for texts in texts_a_window]
    trends, _ = trends_of(windows, MODEL, EQUAL)
    counts, baseline, score = trends.figures(np.array([word_key(WORD)], np.uint64))
    return float(counts[0]), float(baseline[0]), float(score[0])


def test_the_score_of_a_word_with_a_past() -> None:
    """Past 2, 4, 2, 4: mean 3 and variance 1 a window, so 12 texts in 4 windows. Expected at most, two standard errors
    up: (12 + 2·√13 + 2) / 4 · 2 windows = 10.6056. In the horizon 10 + 10 = 20, its deviation √(1·2) = 1.4142.
    """
    counts, baseline, score = figures(2, 4, 2, 4, 10, 10)
    assert counts == 20
    assert baseline == pytest.approx(6)  # a mean of 3, for 2 windows
    assert score == pytest.approx((20 - 10.6056) / (1.4142 + 1), abs=1e-3)
    assert score == pytest.approx(3.891, abs=1e-3)


def test_the_score_of_a_word_without_a_past_is_its_texts_less_beta() -> None:
    """Sixteen windows without it: (0 + 2·√1 + 2) / 16 · 2 = 0.5, which is less than beta = 1. So (8 − 1) / (0 + 1)."""
    assert figures(*[0] * 16, 5, 3) == pytest.approx((8, 0, 7))


def test_a_short_past_is_not_trusted() -> None:
    """Two windows without it: (0 + 2 + 2) / 2 · 2 = 4 texts are expected at most. So (8 − 4) / (0 + 1)."""
    assert figures(0, 0, 5, 3) == pytest.approx((8, 0, 4))


def test_a_word_as_frequent_as_ever_scores_below_zero() -> None:
    """Past 5, 5, 5, 5: variance 0; (20 + 2·√21 + 2) / 4 · 2 = 15.5826. So (10 − 15.5826) / 1."""
    assert figures(5, 5, 5, 5, 5, 5) == pytest.approx((10, 10, 10 - (22 + 2 * sqrt(21)) / 2))


def test_a_restless_word_must_rise_higher_than_a_steady_one_of_the_same_mean() -> None:
    steady, restless = figures(3, 3, 3, 3, 10, 10), figures(0, 6, 0, 6, 10, 10)
    assert steady[1] == pytest.approx(restless[1]) == pytest.approx(6)
    assert restless[2] == pytest.approx(steady[2] / (sqrt(9 * 2) + 1))


def test_the_windows_of_the_horizon_are_no_past_yet() -> None:
    assert figures(0, 0, 0, 0, 9, 9) == pytest.approx(figures(0, 0, 0, 0, 18, 0))
