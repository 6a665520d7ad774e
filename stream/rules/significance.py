"""Is it news, or does a rare word merely happen to be mentioned a few times? Learned from the stream itself.

Mentions of a steady word lie evenly over the horizon, those of a word that is becoming news lie in a bunch at its end.
So each word that passes every other rule gets a p-value: how likely its mentions are so late if they were even. Where
all is chance these are even between 0 and 1, and what is more than even among the small ones is real. The share of
chance comes from the large ones (Storey 2002), and a word is let through while the words as good as it that chance
explains are few against them (false discovery rate, Benjamini & Hochberg 1995).
Measured on hot-list titles: a fifth to a third are chance; with the same titles in random order all are, and none
passes. Bounded: `MEMORY` p-values, `KEYS` words.
"""

from collections import deque
from math import ceil, comb, erf, exp, factorial, inf, log, sqrt

MEMORY = 1000
KEYS = 10_000
PRIOR = 20  # values spread evenly that are taken for granted: a stream is chance until it shows otherwise
HOPE = 0.05  # so large a share is never given up: one that is far from chance passes in the dullest stream
TESTED = 1e6  # so many words may have been looked at: what is improbable for one happens to one of them


class Chance:
    """`most` is how many by chance are put up with for each that is not; from 1 on everything passes."""

    def __init__(self, most: float) -> None:
        self.most = most
        self.values: deque[float] = deque(maxlen=MEMORY)
        self.keys: dict[int, None] = {}

    def note(self, key: int, value: float) -> None:
        """Learn from a word that passed every other rule, once."""
        if key in self.keys:
            return
        while len(self.keys) >= KEYS:
            del self.keys[next(iter(self.keys))]
        self.keys[key] = None
        self.values.append(value)

    @property
    def share(self) -> float:
        """Of the words noted, so many are there by chance."""
        large = sum(value > 0.5 for value in self.values)
        return min(1.0, 2 * (large + PRIOR / 2) / (len(self.values) + PRIOR))

    def passes(self, value: float) -> bool:
        """Whether a word of that p-value is more than chance."""
        if self.most >= 1:
            return True
        by_chance = self.share * value * (len(self.values) + PRIOR)
        as_good = max(1.0, sum(one <= value for one in self.values) + PRIOR * value)
        return by_chance <= self.most * max(HOPE, 1 - self.share) * as_good


def p_value(count: int, total_age: float, link_count: float, horizon_share: float) -> float:
    """The smaller of two: of mentions so late in the horizon, and of links so rare before it.

    `total_age` sums the ages of `count` mentions as shares of the horizon, without that of the newest. `link_count` is
    how often its rarest link was counted in all, `horizon_share` the horizon's share of that time.
    """
    return min(late(count - 1, total_age), TESTED * recent(count, link_count, horizon_share), 1.0)


def late(mentions: int, total_age: float) -> float:
    """P(the sum of so many even ages is at most that): the Irwin-Hall distribution; the normal one from 13 on.

    >>> late(0, 0.0), late(1, 0.25), late(2, 1.0), round(late(30, 15.0), 3)
    (1.0, 0.25, 0.5, 0.5)
    """
    if mentions <= 0 or total_age >= mentions:
        return 1.0
    if mentions > 12:
        return 0.5 * (1 + erf((total_age - mentions / 2) / sqrt(mentions / 6)))
    age = max(0.0, total_age)
    terms = (float((-1) ** k * comb(mentions, k)) * (age - k) ** mentions for k in range(int(age) + 1))
    return min(1.0, max(0.0, sum(terms) / factorial(mentions)))


def recent(count: int, total: float, share: float) -> float:
    """At most: P(of `total` mentions so many as `count` fall into that share of the time), by Chernoff and Hoeffding.

    >>> round(recent(3, 3, 0.5), 6), recent(1, 9, 0.5), round(recent(9, 10, 0.1), 9)
    (0.125, 1.0, 2.3e-08)
    """
    if not 0 < share < 1 or total == inf:
        return 1.0
    trials = max(count, ceil(total))
    part = count / trials
    if part <= share:
        return 1.0
    rest = (1 - part) * log((1 - part) / (1 - share)) if part < 1 else 0.0
    return exp(-trials * (part * log(part / share) + rest))
