"""Known weights are found, and the prior is left only as far as the data ask for it."""

import numpy as np
import pytest

from stream.finder.finder import MODEL
from stream.finder.signs import NAMES
from stream.fitting.logistic import Sample, newton, refitted


def sample(rows: int, seed: int = 3) -> Sample:
    """Signs near those of the shipped model, judged by another rule: the first sign decides."""
    rng = np.random.default_rng(seed)
    signs = MODEL.mean + MODEL.spread * rng.normal(size=(rows, len(NAMES)))
    accepted = rng.random(rows) < 1 / (1 + np.exp(-3 * (signs[:, 0] - MODEL.mean[0]) / MODEL.spread[0]))
    return Sample(signs, accepted, np.ones(rows), np.zeros((rows, 0)))


def test_without_words_or_penalty_the_shipped_weights_stay() -> None:
    assert refitted(sample(50), MODEL, 0.0) is MODEL
    assert refitted(sample(0), MODEL, 0.01) is MODEL


def test_the_more_words_the_further_from_the_shipped_weights() -> None:
    moved = [float(np.abs(refitted(sample(rows), MODEL, 0.01).linear - MODEL.linear).max()) for rows in (30, 300, 3000)]
    assert moved[0] < moved[1] < moved[2]
    assert refitted(sample(3000), MODEL, 0.1).linear[0] == pytest.approx(3, abs=0.4)


def test_newton_finds_the_prior_where_the_data_say_nothing() -> None:
    columns = np.column_stack((np.zeros(20), np.ones(20)))
    prior = np.array([0.7, 0.0])
    found = newton(columns, np.tile([0.0, 1.0], 10), np.ones(20), 0.01, prior)
    assert found == pytest.approx(prior, abs=1e-6)
