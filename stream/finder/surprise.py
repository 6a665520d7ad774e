"""Counts now and in the past -> how surprising they are: one measure for all streams, in place of a warm-up.

A word that `earlier` of the `memory` texts that are remembered held comes at a rate that is known the less the shorter
the memory is. What is judged is the count of the horizon against what such a past lets expect: a Poisson count whose
rate is only known from another Poisson count (Gamma posterior with Jeffreys' prior), so it has a negative binomial
distribution. A young stream says little by itself.
"""

from math import lgamma

import numpy as np

from sketches.count_min import F64

PRIOR = 0.5  # texts, Jeffreys' prior for the rate of a Poisson count
_MOST = 15.0  # surprise that is told apart; beyond it the terms of the sum are lost in rounding
_TERMS, _ENOUGH = 1000, 1e-9


def expected(earlier: F64, texts: int, memory: int) -> F64:
    """(n,) texts of the horizon that would hold each word if it came as often as in the past."""
    return (earlier + PRIOR) * texts / max(1, memory)


def surprise(counts: F64, earlier: F64, texts: int, memory: int) -> F64:
    """(n,) -log10 of the probability that a word of that past is in at least so many (>= 1) of `texts` texts.

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
