"""The weights fit the existing signs, and probabilities follow the formula."""

import numpy as np
import pytest

from stream.finder.signs import NAMES
from stream.finder.word_model import CLIP, WordModel
from stream.finder.word_weights import BIAS, WEIGHTS


def test_the_weights_are_of_the_signs() -> None:
    assert tuple(WEIGHTS) == NAMES
    with pytest.raises(ValueError, match="other signs"):
        WordModel.of(WEIGHTS, BIAS, NAMES[1:])


def test_the_probability_is_that_of_the_formula() -> None:
    model = WordModel.of({"a": (1.0, 2.0, 0.5, -0.25), "b": (0.0, 1.0, 1.0, 0.0)}, 0.1, ("a", "b"))
    z = np.array([1.0, CLIP])  # (3 - 1) / 2, and 9 clipped
    odds = 0.1 + 0.5 * z[0] - 0.25 * z[0] ** 2 + z[1]
    assert model.probabilities(np.array([[3.0, 9.0]]))[0] == pytest.approx(1 / (1 + np.exp(-odds)))
