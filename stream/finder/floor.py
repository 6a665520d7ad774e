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


def surprise(counts: F64, earlier: F64, texts: int, memory_texts: int) -> F64:
    """(n,) -log10 of the probability that a word of the past comes in so many texts (>= 1) by chance.

    What the past says of the rate of a word is uncertain, the more the shorter it is: given `earlier` texts of
    `memory_texts` (Jeffreys' prior), the texts of the horizon follow a negative binomial distribution. With a long past
    that is the Poisson distribution of the mean `expected`; with one of twice the horizon, five texts are no surprise.

    >>> surprise(np.array([1.0, 5.0, 5.0]), np.array([0.0, 0.0, 2.0]), 100, 200).round(2).tolist()
    [0.74, 2.92, 1.53]
    >>> surprise(np.array([5.0, 5.0]), np.array([0.0, 2.0]), 100, 1200).round(2).tolist()
    [6.16, 4.54]
    """
    if not len(counts):
        return np.zeros(0)
    rate = earlier + UNSEEN
    share = texts / max(1, texts + memory_texts)
    most = int(counts.max() + earlier.max()) + 1
    rising = np.concatenate((np.zeros(1), np.cumsum(np.log(np.arange(most) + UNSEEN))))
    before, now = earlier.astype(np.int64), counts.astype(np.int64)
    log_first = (rising[before + now] - rising[before] - _log_factorial(counts)
                 + counts * np.log(share) + rate * np.log(max(1 - share, 1e-9)))  # fmt: skip
    term, total = np.ones(len(counts)), np.ones(len(counts))
    for step in range(2000):
        term = term * share * (counts + step + rate) / (counts + step + 1)
        total += term
        if term.max() < 1e-12:
            break
    found: F64 = np.clip(-(log_first + np.log(total)) / np.log(10), 0.0, _MOST)
    return found


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
