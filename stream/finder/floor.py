"""How much a count says against the past: the same floor for all streams, in place of a least score and a warm-up.

A word that `earlier` texts of the `memory_texts` remembered held would be in `expected` of the horizon's. While the
memory is short that is much, so a young stream says little by itself.
"""

from dataclasses import dataclass

import numpy as np

from sketches.count_min import F64

UNSEEN = 0.5  # texts that hold a word which none held: half a text, as in the rule of succession for a Poisson rate
_MOST = 15.0  # surprise that is told apart; beyond it the terms of the sum are lost in rounding


@dataclass(frozen=True, slots=True)
class Floor:
    """When a candidate may be announced: with so many texts, and so surprising. With fewer, if it is surer."""

    min_texts: int = 5
    surprise: float = 3.0  # at most one in a thousand candidates reaches it by chance
    probability: float = 0.5
    early_texts: int = 3
    early_surprise: float = 5.0
    early_probability: float = 0.8


def expected(earlier: F64, texts: int, memory_texts: int) -> F64:
    """(n,) texts of the horizon that would hold each word if it came as often as in the past."""
    return (earlier + UNSEEN) * texts / max(1, memory_texts)


def surprise(counts: F64, expectations: F64) -> F64:
    """(n,) -log10 of the probability that a Poisson variable of this mean is at least the count (>= 1).

    >>> surprise(np.array([1.0, 3.0]), np.array([0.1, 0.1])).round(2).tolist()
    [1.02, 3.81]
    """
    if not len(counts):
        return np.zeros(0)
    log_first = counts * np.log(expectations) - expectations - _log_factorial(counts)
    term, total = np.ones(len(counts)), np.ones(len(counts))
    for step in range(1, 500):
        term = term * expectations / (counts + step)
        total += term
        if term.max() < 1e-12:
            break
    return np.clip(-(log_first + np.log(total)) / np.log(10), 0.0, _MOST)


def _log_factorial(counts: F64) -> F64:
    """(n,) ln(count!)."""
    most = int(counts.max()) + 1
    logs: F64 = np.concatenate((np.zeros(1), np.cumsum(np.log(np.arange(1, most + 1)))))
    return logs[counts.astype(np.int64)]


def passes(floor: Floor, count: int, surprising: float, probability: float) -> bool:
    """Whether a candidate may be announced."""
    if count >= floor.min_texts and surprising >= floor.surprise and probability >= floor.probability:
        return True
    return (count >= floor.early_texts and surprising >= floor.early_surprise
            and probability >= floor.early_probability)  # fmt: skip
