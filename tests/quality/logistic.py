"""A logistic regression with a penalty, by Newton's method: the same weights from the same rows, on any machine."""

from dataclasses import dataclass

import numpy as np

from stream.finder.word_model import CLIP, WordModel

PENALTY = 0.03  # the variance that a weight is expected to have; chosen among .003, .01, .03, .1 by leaving streams out
_STEPS, _CLOSE = 50, 1e-9
_LEAST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Sample:
    """Judged candidates: shapes (n, signs), (n,), (n,), and (n, others) of what explains a sample but is no sign."""

    signs: np.ndarray
    accepted: np.ndarray
    weights: np.ndarray
    others: np.ndarray

    @classmethod
    def joined(cls, several: list["Sample"]) -> "Sample":
        columns = ("signs", "accepted", "weights", "others")
        return cls(*(np.concatenate([getattr(one, name) for one in several]) for name in columns))


def fitted(sample: Sample, penalty: float = PENALTY) -> WordModel:
    """The model of the signs. What `others` explain is left out of it, as if they were 0."""
    mean = np.average(sample.signs, axis=0, weights=sample.weights)
    spread = np.sqrt(np.average((sample.signs - mean) ** 2, axis=0, weights=sample.weights)) + _LEAST_SPREAD
    z = np.clip((sample.signs - mean) / spread, -CLIP, CLIP)
    columns = np.hstack((z, z**2, sample.others, np.ones((len(z), 1))))
    found = newton(columns, sample.accepted.astype(np.float64), sample.weights, penalty)
    signs = z.shape[1]
    return WordModel(mean, spread, found[:signs], found[signs : 2 * signs], float(found[-1]))


def newton(columns: np.ndarray, accepted: np.ndarray, weights: np.ndarray, penalty: float) -> np.ndarray:
    """(columns,) the weights with the greatest likelihood less `sum(weight ** 2) / (2 * penalty)`; the last is free."""
    found, ridge = np.zeros(columns.shape[1]), np.full(columns.shape[1], 1 / penalty)
    ridge[-1] = 1e-9
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-columns @ found))
        slope = columns.T @ (weights * (accepted - chance)) - ridge * found
        bend = (columns * (weights * chance * (1 - chance))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        found += step
        if np.abs(step).max() < _CLOSE:
            break
    return found
