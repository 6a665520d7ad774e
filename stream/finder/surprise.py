"""How surprising a count is, given the past: one measure for all streams, in place of a warm-up period.

The past is a Poisson count: `earlier` of the `memory` remembered texts held the word. The rate is less certain the
shorter the memory is (a Gamma posterior with Jeffreys' prior). So the count in the horizon has a negative binomial
distribution, and in a young stream few counts are surprising.
"""

from math import lgamma

import numpy as np

from sketches.count_min import F64

PRIOR = 0.5  # texts, Jeffreys' prior for the rate of a Poisson count
_MOST = 15.0  # surprise that is told apart; beyond it the terms of the sum are lost in rounding
_TERMS, _ENOUGH = 1000, 1e-9


def expected(earlier: F64, texts: int, memory: int) -> F64:
    """Return (n,) the number of texts of the horizon that would hold each word at the rate of the past."""
    return (earlier + PRIOR) * texts / max(1, memory)


def surprise(counts: F64, earlier: F64, texts: int, memory: int) -> F64:
    """Return (n,) -log10 of the probability that a word with that past is in at least `counts` (>= 1) of `texts` texts.

    >>> surprise(np.array([5.0, 5.0]), np.zeros(2), 100, 1000).round(1).tolist()
    [5.8, 5.8]
    >>> surprise(np.array([5.0]), np.zeros(1), 100, 200).round(1).tolist()
    [2.9]
    """
    if not len(counts):
        return np.zeros(0)
    share, before = texts / (texts + max(1, memory)), earlier + PRIOR
    log_first = _log_gamma(counts + before) - _log_gamma(before) - _log_gamma(counts + 1)
    log_first += counts * np.log(share) + before * np.log1p(-share)
    term, total = np.ones(len(counts)), np.ones(len(counts))
    for step in range(_TERMS):
        term = term * share * (counts + step + before) / (counts + step + 1)
        total += term
        if (term / total).max() < _ENOUGH:
            break
    found: F64 = np.clip(-(log_first + np.log(total)) / np.log(10), 0.0, _MOST)
    return found


def _log_gamma(values: F64) -> F64:
    return np.array([lgamma(value) for value in values.tolist()])
