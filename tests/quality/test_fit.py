"""The fit finds weights that are known, is the same twice, and writes what the model reads. Runs on made-up signs."""

import numpy as np

from stream.finder.signs import NAMES
from stream.finder.word_model import WordModel
from stream.fitting.logistic import Sample, fitted, newton
from tests.quality.fit import source_of, worths


def sample(rows: int = 4_000, bias: float = 0.0) -> Sample:
    """Signs of which the first makes a word likely, the second unlikely where it is far from its mean."""
    rng = np.random.default_rng(3)
    signs = rng.normal(size=(rows, len(NAMES)))
    odds = 2 * signs[:, 0] - signs[:, 1] ** 2 + bias
    accepted = rng.random(rows) < 1 / (1 + np.exp(-odds))
    return Sample(signs, accepted, np.ones(rows), np.zeros((rows, 1)))


def test_known_weights_are_found() -> None:
    model = fitted(sample(), penalty=1.0)
    assert abs(model.linear[0] - 2) < 0.25
    assert abs(model.square[1] + 1) < 0.2
    assert np.abs(model.linear[2:]).max() < 0.2


def test_what_explains_a_sample_is_left_out_of_the_model() -> None:
    """Half of the words were chosen by another finder and are nearly all words: that is not put down to their signs."""
    one, rng = sample(bias=-1.0), np.random.default_rng(4)
    chosen = rng.random(len(one.signs)) < 0.5
    accepted = one.accepted | (chosen & (rng.random(len(chosen)) < 0.9))
    both = Sample(one.signs, accepted, one.weights, chosen[:, None] * 1.0)
    assert abs(fitted(both, 1.0).bias - fitted(one, 1.0).bias) < 0.35


def test_the_same_rows_give_the_same_file_and_the_model_reads_it() -> None:
    files = [source_of(fitted(sample()), sample()) for _ in range(2)]
    assert files[0] == files[1]
    written: dict[str, object] = {}
    exec(files[0], written)
    model = WordModel.of(written["WEIGHTS"], written["BIAS"], NAMES)  # type: ignore[arg-type]
    exact = fitted(sample()).probabilities(sample().signs[:50])
    assert np.abs(model.probabilities(sample().signs[:50]) - exact).max() < 1e-3
    assert worths(model, sample())[0][1] in NAMES[:2]


def test_a_weight_is_pulled_towards_nothing_by_the_penalty() -> None:
    columns = np.array([[1.0, 1.0], [-1.0, 1.0]] * 20)
    accepted, weights = columns[:, 0] > 0, np.ones(40)
    weak, strong = (newton(columns, accepted * 1.0, weights, penalty)[0] for penalty in (0.01, 1.0))
    assert 0 < weak < strong
