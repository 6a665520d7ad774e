"""A bounded, forgetting set of items: the pairs frequent enough to become strong, since a sketch cannot list its own.

Invariant: `items` is sorted, without repeats, and never longer than `capacity` after `add`. When it is full, the items
of the least count go first. New items wait in a small array beside the large one: lookup costs O(log n), an `add` of m
new items O(m log m), and O(n) once in a while.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64

_RECENT = 4096  # new items gathered before the large array is made anew


class Candidates:
    """Items whose count reached a floor. `evicted` counts those that had to leave for want of room."""

    __slots__ = ("_recent", "_sorted", "capacity", "evicted")

    def __init__(self, capacity: int, items: U64 | None = None) -> None:
        self.capacity = capacity
        self.evicted = 0
        self._sorted: U64 = np.zeros(0, np.uint64) if items is None else np.unique(items)
        self._recent: U64 = np.zeros(0, np.uint64)

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    @property
    def items(self) -> U64:
        """All items, sorted. Shape (n,)."""
        if len(self._recent):
            self._sorted = np.insert(self._sorted, np.searchsorted(self._sorted, self._recent), self._recent)
            self._recent = np.zeros(0, np.uint64)
        return self._sorted

    def add(self, items: U64, count_of: Callable[[U64], F64]) -> None:
        """Take in items; where that is too many, keep the `3/4 capacity` of greatest `count_of`."""
        new = items[~contains(self._sorted, items)]
        new = new[~contains(self._recent, new)]
        if len(new):
            self._recent = np.union1d(self._recent, new)
        if len(self._recent) > _RECENT or len(self) > self.capacity:
            everything = self.items
            if len(everything) > self.capacity:
                keep = max(1, self.capacity * 3 // 4)
                order = np.argsort(-count_of(everything), kind="stable")[:keep]
                self.evicted += len(everything) - keep
                self._sorted = np.sort(everything[order])

    def forget(self, count_of: Callable[[U64], F64], floor: float) -> None:
        """Drop the items whose count has decayed below the floor."""
        everything = self.items
        self._sorted = everything[count_of(everything) >= floor]


def contains(ordered: U64, items: U64) -> npt.NDArray[np.bool_]:
    """(n,) which of the items are in a sorted array. Fastest where the items are sorted too."""
    if not len(ordered):
        return np.zeros(len(items), bool)
    place = np.searchsorted(ordered, items)
    place[place == len(ordered)] = 0
    found: npt.NDArray[np.bool_] = ordered[place] == items
    return found
