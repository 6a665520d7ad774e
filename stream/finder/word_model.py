"""The signs of a string -> the probability that a person would call it a word: a logistic regression.

`p = 1 / (1 + exp(-(bias + sum(linear * z + square * z ** 2))))` with `z = (sign - mean) / spread`, clipped to
`CLIP` on both sides. The weights are in `word_weights`, which `make fit` writes from judged words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64

CLIP = 2.5  # spreads; of 2, 2.5, 3 and 4 the best on streams left out: what is far out there is not trusted


def z_scores(signs: npt.NDArray[np.floating], mean: F64, spread: F64) -> F64:
    """Return (n, signs) by how many spreads each sign differs from its mean, at most `CLIP` either way."""
    return np.clip((signs - mean) / spread, -CLIP, CLIP)


@dataclass(frozen=True, slots=True)
class WordModel:
    """A logistic regression. Shapes (signs,)."""

    mean: F64
    spread: F64
    linear: F64
    square: F64
    bias: float

    def probabilities(self, signs: npt.NDArray[np.floating]) -> F64:
        """Return (n,) probabilities for signs of shape (n, signs), in the order of `signs.NAMES`."""
        return 1 / (1 + np.exp(-self.log_odds(signs)))

    def log_odds(self, signs: npt.NDArray[np.floating]) -> F64:
        """Return (n,) ln(p / (1 - p))."""
        found: F64 = self.terms(signs).sum(axis=1) + self.bias
        return found

    def terms(self, signs: npt.NDArray[np.floating]) -> F64:
        """Return (n, signs) the contribution of each sign to the log odds."""
        z = z_scores(signs, self.mean, self.spread)
        return z * self.linear + z**2 * self.square

    @classmethod
    def of(cls, weights: Mapping[str, Sequence[float]], bias: float, names: tuple[str, ...]) -> "WordModel":
        """Return the model of a table of weights. Raises ValueError if it is not for these signs in this order."""
        if tuple(weights) != names:
            raise ValueError(f"the weights are of other signs: {sorted(set(weights) ^ set(names))}")
        mean, spread, linear, square = np.array(list(weights.values()), np.float64).T
        return cls(mean, spread, linear, square, bias)
