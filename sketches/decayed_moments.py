"""Mean and variance of very many time series of counts, one value per window, in fixed memory.

The exponentially weighted mean and variance of SigniTrend (Schubert, Weiler & Kriegel, KDD 2014) as two forward-decayed
count-min sketches: sums of x and of x * x, each weighted by the age of its window, over the decayed number of windows.
A window without an item adds nothing to its sums and 1 to the number of windows, so absent items cost nothing.
Both sums are only ever over-estimated, so a frequent item is never taken for a rare one.
"""

from math import floor

import numpy as np

from sketches.count_min import F64, CountMin
from sketches.hashing import U64

_HEADROOM = 64


class DecayedMoments:
    """Decayed mean and variance per item. Memory: `2 * rows * width * 8` bytes."""

    __slots__ = ("half_life_s", "landmark", "newest", "squares", "sums", "windows")

    def __init__(self, rows: int, width: int, seed: int, half_life_s: float) -> None:
        self.sums, self.squares = CountMin(rows, width, seed), CountMin(rows, width, seed)
        self.half_life_s = half_life_s
        self.windows = 0.0
        self.newest = 0.0
        self.landmark: int | None = None

    def add_window(self, items: U64, counts: F64, at_s: float) -> None:
        """Add one window: the items that occurred in it and how often. Shapes (n,)."""
        age = at_s / self.half_life_s
        if self.landmark is None:
            self.landmark = floor(age)
        if age - self.landmark > _HEADROOM:
            factor = 2.0 ** (self.landmark - floor(age))
            self.sums.scale(factor)
            self.squares.scale(factor)
            self.windows *= factor
            self.newest *= factor
            self.landmark = floor(age)
        weight = 2.0 ** (age - self.landmark)
        self.sums.add(items, counts * weight)
        self.squares.add(items, counts * counts * weight)
        self.windows += weight
        self.newest = max(self.newest, weight)

    @property
    def effective_windows(self) -> float:
        """Return the number of windows on which the means are based, with weight 1 for the newest."""
        return self.windows / self.newest if self.newest else 0.0

    def mean_and_variance(self, items: U64) -> tuple[F64, F64]:
        """Per window. Shapes (n,); zero for an item never seen."""
        if self.windows <= 0 or not len(items):
            return np.zeros(len(items)), np.zeros(len(items))
        places = self.sums.places(items)  # the same for the squares
        mean = self.sums.estimate_at(places) / self.windows
        return mean, np.maximum(0.0, self.squares.estimate_at(places) / self.windows - mean * mean)
