"""A fit helps where the words ask for it and wrecks nothing where they do not."""

import numpy as np
import pytest

from stream.finder.finder import MODEL
from stream.finder.signs import NAMES
from stream.fitting.judged_rows import JudgedRows
from stream.fitting.refit import LEAST_WORDS, bounds_of, refit, too_few
from stream.rules.settings import TrendSettings

BOUNDS = bounds_of(TrendSettings())


def rows(words: int, rule: str, seed: int = 1) -> JudgedRows:
    """Words with two rows each, judged as the shipped model would, or by a rule of their own."""
    rng = np.random.default_rng(seed)
    signs = np.repeat(MODEL.mean + MODEL.spread * rng.normal(size=(words, len(NAMES))), 2, axis=0)
    odds = MODEL.log_odds(signs[::2]) if rule == "shipped" else 3 * (signs[::2, 1] - MODEL.mean[1]) / MODEL.spread[1]
    accepted = rng.random(words) < 1 / (1 + np.exp(-2 * odds))
    many = np.full(2 * words, 20)
    return JudgedRows(tuple(f"word{at}" for at in range(words)), accepted, np.repeat(np.arange(words), 2), many,
                      np.full(2 * words, 9.0), np.zeros(2 * words), np.zeros(2 * words), signs)  # fmt: skip


def test_words_judged_by_another_rule_are_told_better_by_the_fit() -> None:
    fitted = refit(rows(400, "own"), MODEL, BOUNDS)
    assert fitted.penalty > 0
    assert fitted.after.f1 > fitted.before.f1 + 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_few_words_never_wreck_it(seed: int) -> None:
    """Fifty words tell a share of .85 to a standard error of .05: a fit may lose no more on words it did not see."""
    fitted = refit(rows(50, "shipped", seed), MODEL, BOUNDS)
    others = rows(2000, "shipped", 99)
    before, after = (
        np.mean((model.probabilities(others.signs[::2]) > 0.5) == others.accepted) for model in (MODEL, fitted.model)
    )
    assert after > before - 0.05


def test_the_same_words_give_the_same_weights() -> None:
    one, two = (refit(rows(100, "own"), MODEL, BOUNDS).model for _ in range(2))
    assert (one.linear == two.linear).all()


def test_too_few_words_or_words_of_one_kind_are_not_enough() -> None:
    assert "are needed" in (too_few(rows(LEAST_WORDS - 1, "own")) or "")
    same = rows(60, "own")
    alike = JudgedRows(
        same.words, np.ones(60, bool), same.word, same.counts, same.surprise, same.by_chance, same.earlier, same.signs
    )
    assert "of each" in (too_few(alike) or "")
    assert too_few(rows(200, "own")) is None


def test_a_word_weighs_one_however_often_it_was_judged() -> None:
    assert rows(7, "own").weights.sum() == pytest.approx(7)
