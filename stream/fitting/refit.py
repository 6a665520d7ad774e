"""The rows of judged words -> a word model fitted to them, and what it would announce, before and after.

The shipped weights are the prior. How far the fit may leave them is chosen from `PENALTIES` by the likelihood of words
that a fit did not see (`chosen`); 0, which keeps them, is among the choices, so few words change little. Figures
"after" are of fits that did not see the word; the fold of a word follows from its hash, so the same words give the same
weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stream.finder.word_model import WordModel
from stream.fitting.judged_rows import JudgedRows
from stream.fitting.logistic import Sample, refitted
from stream.rules.settings import TrendSettings
from stream.text.hash64 import word_keys
from stream.trends.gate import FEW, Bounds

PENALTIES = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03)
FOLDS = 5
LEAST_WORDS, LEAST_OF_A_KIND = 40, 8


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall of the judged words that were found in the stream."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Refit:
    """The model, the chosen penalty, and the scores before and (cross-validated) after."""

    model: WordModel
    penalty: float
    before: Score
    after: Score


def bounds_of(settings: TrendSettings) -> Bounds:
    """Return the minima that a candidate needs to be announced, as configured."""
    return Bounds(settings.min_texts, settings.min_surprise, settings.min_probability)


def too_few(rows: JudgedRows) -> str | None:
    """Return why there are not enough words for a fit, None if there are."""
    right = int(rows.accepted.sum())
    wrong = len(rows.words) - right
    if len(rows.words) < LEAST_WORDS:
        return f"{len(rows.words)} of the judged words were candidates in this stream; {LEAST_WORDS} are needed"
    if min(right, wrong) < LEAST_OF_A_KIND:
        return f"{right} accepted and {wrong} refused words were candidates; {LEAST_OF_A_KIND} of each are needed"
    return None


def refit(rows: JudgedRows, shipped: WordModel, bounds: Bounds) -> Refit:
    """Fit a model to enough rows."""
    fold = _folds(rows.words)[rows.word]
    odds = {penalty: _unseen(rows, shipped, penalty, fold) for penalty in PENALTIES}
    best = chosen({penalty: _likelihoods(rows, odds[penalty]) for penalty in PENALTIES})
    chance = 1 / (1 + np.exp(-odds[best]))
    before = score(rows, shipped.probabilities(rows.signs), bounds)
    return Refit(refitted(_sample(rows), shipped, best), best, before, score(rows, chance, bounds))


def chosen(likelihoods: Mapping[float, np.ndarray]) -> float:
    """Return the least penalty that is worse than the best by at most a standard error of the difference.

    This is the one-standard-error rule (Breiman et al. 1984): of fits that few words cannot tell apart, take the one
    nearest to the shipped weights. `likelihoods` are of words that a fit did not see, shape (words,).
    """
    best = max(likelihoods, key=lambda penalty: (likelihoods[penalty].mean(), -penalty))
    for penalty in sorted(likelihoods):
        worse = likelihoods[best] - likelihoods[penalty]
        if worse.mean() <= worse.std() / np.sqrt(len(worse)):
            return penalty
    return best


def score(rows: JudgedRows, chances: np.ndarray, bounds: Bounds) -> Score:
    """Return precision and recall of what would be announced with these probabilities, shape (n,)."""
    found = np.zeros(len(rows.words), bool)
    for at in np.flatnonzero(rows.earlier <= FEW).tolist():
        count, figures = int(rows.counts[at]), (rows.surprise[at], rows.by_chance[at], chances[at])
        if bounds.passed_by(count, *map(float, figures)):
            found[rows.word[at]] = True
    right = int((found & rows.accepted).sum())
    return Score(right / max(1, int(found.sum())), right / max(1, int(rows.accepted.sum())))


def _unseen(rows: JudgedRows, shipped: WordModel, penalty: float, fold: np.ndarray) -> np.ndarray:
    """Return (n,) the log odds of each row by a fit that did not see its word."""
    odds = shipped.log_odds(rows.signs)
    if penalty > 0:
        for number in range(FOLDS):
            mine = fold == number
            odds[mine] = refitted(_sample(rows, ~mine), shipped, penalty).log_odds(rows.signs[mine])
    return odds


def _likelihoods(rows: JudgedRows, odds: np.ndarray) -> np.ndarray:
    """Return (words,) the log likelihood of each judgement, averaged over the word's rows."""
    signed = np.where(rows.accepted[rows.word], odds, -odds)
    return np.bincount(rows.word, -np.logaddexp(0, -signed) * rows.weights, len(rows.words))


def _sample(rows: JudgedRows, which: np.ndarray | None = None) -> Sample:
    chosen = np.ones(len(rows.word), bool) if which is None else which
    return Sample(rows.signs[chosen], rows.accepted[rows.word[chosen]], rows.weights[chosen],
                  np.zeros((int(chosen.sum()), 0)))  # fmt: skip


def _folds(words: Sequence[str]) -> np.ndarray:
    """Return (words,) the fold of each word."""
    return (word_keys(words) % np.uint64(FOLDS)).astype(np.int64)
