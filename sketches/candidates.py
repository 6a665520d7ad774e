"""A bounded set of items frequent enough to become strong pairs. A sketch cannot list its items, so they are kept here.

Invariant: `items` is sorted, without duplicates, and at most `capacity` long after `add`. When it is full, the items of
lowest count are dropped first.
Cost: added items are buffered unsorted and merged when the buffer is large or the set might be full, so an `add` of m
items costs O(1), and occasionally O(n + m log m).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64, I64
from sketches.hashing import U64
from sketches.kernels import kernel

I32 = npt.NDArray[np.int32]
_RECENT = 1 << 18  # items buffered before they are merged into the sorted array


class Candidates:
    """Items whose count reached a floor. `evicted` counts those dropped because the set was full."""

    __slots__ = ("_located", "_recent", "_sorted", "_waiting", "capacity", "evicted")

    def __init__(self, capacity: int, items: U64 | None = None) -> None:
        self.capacity = capacity
        self.evicted = 0
        self._sorted: U64 = np.zeros(0, np.uint64) if items is None else distinct(items)
        self._recent: list[U64] = []
        self._waiting = 0
        self._located: tuple[U64, I32] | None = None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def items(self) -> U64:
        """All items, sorted. Shape (n,)."""
        if self._recent:
            everything = distinct(np.concatenate([self._sorted, *self._recent]))
            self._recent, self._waiting = [], 0
            if len(everything) > len(self._sorted):
                self._sorted = everything
        return self._sorted

    def located(self, locate: Callable[[U64], I64]) -> I32:
        """(n,) `locate(items)`, cached until the items change; `locate` must be a pure function."""
        items = self.items
        if self._located is None or self._located[0] is not items:
            self._located = items, locate(items).astype(np.int32)
        return self._located[1]

    def add(self, items: U64, count_of: Callable[[U64], F64], chosen: npt.NDArray[np.bool_] | None = None) -> None:
        """Add items, all or those `chosen`; if the set is then too large, keep the `3/4 capacity` of highest count."""
        if chosen is None:  # when sketches are only added up; does not load numba
            self._recent.append(items)
        else:
            self._recent.append(maybe_absent(items, chosen, self._sorted))
        self._waiting += len(self._recent[-1])
        if self._waiting > _RECENT or len(self._sorted) + self._waiting > self.capacity:
            everything = self.items
            if len(everything) > self.capacity:
                keep = max(1, self.capacity * 3 // 4)
                order = np.argsort(-count_of(everything), kind="stable")[:keep]
                self.evicted += len(everything) - keep
                self._sorted = np.sort(everything[order])

    def forget(self, count_of: Callable[[U64], F64], floor: float) -> None:
        """Drop the items whose count has decayed below the floor."""
        everything = self.items
        enough = count_of(everything) >= floor
        if not enough.all():
            self._sorted = everything[enough]


@kernel("sketches.loops_numba")
def maybe_absent(items: U64, chosen: npt.NDArray[np.bool_], ordered: U64) -> U64:
    """A superset of the chosen items that are not in the sorted array `ordered`.

    Most items are in it already, and dropping them here is faster than sorting them in.
    """
    absent: U64 = items[chosen]
    return absent


def distinct(items: U64) -> U64:
    """Sorted, without duplicates. Input in sorted stretches, as here, takes the stable sort a fifth of the time."""
    ordered = np.sort(items, kind="stable")
    heads = np.concatenate((np.ones(min(1, len(ordered)), bool), ordered[1:] != ordered[:-1]))
    return ordered[np.flatnonzero(heads)]


def contains(ordered: U64, items: U64) -> npt.NDArray[np.bool_]:
    """(n,) which of the items are in a sorted array; fastest if the items are sorted too."""
    if not len(ordered):
        return np.zeros(len(items), bool)
    place = np.searchsorted(ordered, items)
    place[place == len(ordered)] = 0
    found: npt.NDArray[np.bool_] = ordered[place] == items
    return found
