"""Logistic regression with a penalty, by Newton's method; the same rows give the same weights on any machine."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stream.finder.word_model import WordModel, z_scores

PENALTY = 0.03  # the variance that a weight is expected to have; chosen among .003, .01, .03, .1 by leaving streams out
_STEPS, _CLOSE = 50, 1e-9
_LEAST_SPREAD = 1e-3
_FAR = 500.0  # log odds that are told apart; the exponential of more overflows
_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Sample:
    """Judged candidates: shapes (n, signs), (n,), (n,); `others` (n, others) explain a sample but are not signs."""

    signs: np.ndarray
    accepted: np.ndarray
    weights: np.ndarray
    others: np.ndarray

    @classmethod
    def joined(cls, several: list["Sample"]) -> "Sample":
        columns = ("signs", "accepted", "weights", "others")
        return cls(*(np.concatenate([getattr(one, name) for one in several]) for name in columns))


def fitted(sample: Sample, penalty: float = PENALTY) -> WordModel:
    """Fit a model of the signs. What `others` explain is fitted too and then left out, as if they were 0."""
    mean = np.average(sample.signs, axis=0, weights=sample.weights)
    spread = np.sqrt(np.average((sample.signs - mean) ** 2, axis=0, weights=sample.weights)) + _LEAST_SPREAD
    z = z_scores(sample.signs, mean, spread)
    columns = np.hstack((z, z**2, sample.others, np.ones((len(z), 1))))
    return _model(mean, spread, newton(columns, sample.accepted.astype(np.float64), sample.weights, penalty))


def refitted(sample: Sample, shipped: WordModel, penalty: float) -> WordModel:
    """Move the shipped model as far as the judged words ask for. A penalty of 0 leaves it unchanged.

    `penalty` is the expected variance of a difference from a shipped weight, so with few words little changes. Signs
    are scaled by the shipped means and spreads.
    """
    if penalty <= 0 or not len(sample.signs):
        return shipped
    z = z_scores(sample.signs, shipped.mean, shipped.spread)
    columns = np.hstack((z, z**2, np.ones((len(z), 1))))
    prior = np.concatenate((shipped.linear, shipped.square, [shipped.bias]))
    found = newton(columns, sample.accepted.astype(np.float64), sample.weights, penalty, prior)
    return _model(shipped.mean, shipped.spread, found)


def _model(mean: np.ndarray, spread: np.ndarray, found: np.ndarray) -> WordModel:
    """Return the model of the weights of the z-scores, of their squares, of whatever else was fitted, and the bias."""
    signs = len(mean)
    return WordModel(mean, spread, found[:signs], found[signs : 2 * signs], float(found[-1]))


def newton(
    columns: np.ndarray, accepted: np.ndarray, weights: np.ndarray, penalty: float, prior: np.ndarray | None = None
) -> np.ndarray:
    """Return (columns,) the weights that maximise the likelihood less `sum((weight - prior) ** 2) / (2 * penalty)`.

    The last weight is free without a prior; with one it may move ten times as easily as the others.
    """
    begin = np.zeros(columns.shape[1]) if prior is None else prior
    found, ridge = begin.copy(), np.full(columns.shape[1], 1 / penalty)
    ridge[-1] = 1e-9 if prior is None else 0.1 / penalty
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(columns @ found, -_FAR, _FAR)))
        slope = columns.T @ (weights * (accepted - chance)) - ridge * (found - begin)
        bend = (columns * (weights * chance * (1 - chance))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        step *= _length(lambda at: _objective(columns, accepted, weights, ridge, at, begin), found, step)
        found += step
        if np.abs(step).max() < _CLOSE:
            break
    return found


def _length(objective: Callable[[np.ndarray], float], found: np.ndarray, step: np.ndarray) -> float:
    """Return how much of a Newton step to take: all of it, or less if that would overshoot."""
    now, share = objective(found), 1.0
    for _ in range(_HALVINGS):
        if objective(found + share * step) >= now - _CLOSE:
            return share
        share /= 2
    return 0.0


def _objective(
    columns: np.ndarray, accepted: np.ndarray, weights: np.ndarray, ridge: np.ndarray, at: np.ndarray, prior: np.ndarray
) -> float:
    signed = np.where(accepted > 0.5, 1, -1) * (columns @ at)
    return float(-(weights @ np.logaddexp(0, -signed)) - (ridge * (at - prior) ** 2).sum() / 2)
