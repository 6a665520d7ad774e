"""A bounded, forgetting set of items: the pairs frequent enough to become strong, since a sketch cannot list its own.

Invariant: `items` is sorted, without repeats, and never longer than `capacity` after `add`. When it is full, the items
of the least count go first. Lookup costs O(log n); an `add` of m new items O(m log m), and O(n) once in a while.
"""

from collections.abc import Callable

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64

_PENDING = 4096  # new items gathered before the sorted array is made anew


class Candidates:
    """Items whose count reached a floor. `evicted` counts those that had to leave for want of room."""

    __slots__ = ("_new", "_sorted", "capacity", "evicted")

    def __init__(self, capacity: int, items: U64 | None = None) -> None:
        self.capacity = capacity
        self.evicted = 0
        self._sorted: U64 = np.zeros(0, np.uint64) if items is None else np.unique(items)
        self._new: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._new)

    @property
    def items(self) -> U64:
        """All items, sorted. Shape (n,)."""
        if self._new:
            self._sorted = np.union1d(self._sorted, np.fromiter(self._new, np.uint64, len(self._new)))
            self._new.clear()
        return self._sorted

    def add(self, items: U64, count_of: Callable[[U64], F64]) -> None:
        """Take in items; where that is too many, keep the `3/4 capacity` of greatest `count_of`."""
        self._new.update(items[~self._contains(items)].tolist())
        if len(self._new) > _PENDING or len(self) > self.capacity:
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

    def _contains(self, items: U64) -> np.ndarray:
        if not len(self._sorted):
            return np.zeros(len(items), bool)
        place = np.searchsorted(self._sorted, items)
        place[place == len(self._sorted)] = 0
        found: np.ndarray = self._sorted[place] == items
        return found
