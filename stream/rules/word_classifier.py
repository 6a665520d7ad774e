"""a word + how it and its parts live -> the probability that it is one word, not a fragment or a phrase.

Signs, none of them a dictionary: how freely its edge characters live without it (的, 说), how often one and the same
neighbour stands beside it, how its parts live elsewhere, for two characters how well they hold together. Each is weak,
and as a rule of its own would cost more words than it is worth; their sum is not. A logistic regression, fitted on some
600 words announced from hot-list titles of 2021 and 2022, judged by hand (`tests/quality/judged_2021.jsonl`).
"""

from dataclasses import astuple, dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against a word."""

    freedom: float  # share of its freer edge character's occurrences in which that stands alone, 0 to 1
    neighbour: float  # share of the most frequent neighbour, 0 to 1
    part: float  # texts with its most frequent part, against its own; at most 4
    halves: float  # the same of the rarer of two halves, of the split where that is greatest; at most 2
    pair: float  # 1 if it has two characters
    pair_pmi: float  # their PMI, at most 5; 0 for longer words
    bound: float  # 1 if it is two pieces, one of which is mostly seen in it


WEIGHTS = Signs(freedom=-2.42, neighbour=-1.84, part=-0.44, halves=-1.19, pair=-2.94, pair_pmi=0.67, bound=1.43)
BIAS = 2.39


def unity(signs: Signs) -> float:
    """The probability, 0 to 1.

    >>> from dataclasses import replace
    >>> name = Signs(freedom=0.3, neighbour=0.2, part=0.0, halves=0.0, pair=0.0, pair_pmi=0.0, bound=0.0)
    >>> unity(name) > 0.7 > 0.3 > unity(replace(name, freedom=0.9, part=3.0))
    True
    """
    odds = BIAS + sum(weight * sign for weight, sign in zip(astuple(WEIGHTS), astuple(signs), strict=True))
    return 1 / (1 + exp(-odds))
