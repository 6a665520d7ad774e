"""Exact counts of millions of keys.

`ExactCounts` keeps sorted keys with their counts; its memory grows with the distinct keys. If the keys are below a
known bound it switches to `CellCounts`, one cell for each possible key, when there are many, which bounds the memory.
The keys that occur first are counted in a hash table of fixed size: in a text these include nearly all frequent ones.
"""

from collections import Counter

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.kernels import kernel
from stream.text.runs import I64

Keys = npt.NDArray[np.unsignedinteger]
FOLD_KEYS = 1 << 20  # keys kept raw before they are sorted and counted
MET_KEYS = 1 << 19  # distinct ones that are counted at once, in a table of twice as many places
MANY_KEYS = 1 << 25  # distinct ones; as sorted parts they take as much, while they are merged, as cells for pairs do
_BLOCK = 1 << 22


class ExactCounts:
    """How often each key was added. Sorted parts, each at least twice as long as the next, make merging amortised.

    Memory: 12 to 16 bytes a distinct key, about four times that while parts are merged; with `cells`, a bound of the
    keys, at most that many cells; and 32 bytes for each of `MET_KEYS`.
    """

    def __init__(self, kind: type[np.unsignedinteger], cells: int | None = None) -> None:
        self._kind, self._bound = kind, cells
        self._raw: list[Keys] = []
        self._raw_keys = 0
        self._parts: list[tuple[Keys, I64]] = []
        self._cells: CellCounts | None = None
        self._met = np.zeros((2 * MET_KEYS, 2), np.uint64)  # key and count
        self._met_keys = 0

    def add(self, keys: Keys) -> None:
        """Count each of these keys once, in any order."""
        keys, self._met_keys = not_met(keys, self._met, self._met_keys, MET_KEYS)
        self._raw.append(keys)
        self._raw_keys += len(keys)
        if self._raw_keys >= FOLD_KEYS:
            self._fold()

    def add_counts(self, keys: Keys, counts: I64) -> None:
        """Add counts of sorted distinct keys."""
        if self._cells:
            self._cells.add(keys, counts)
            return
        self._parts.append((keys, counts))
        while len(self._parts) > 1 and len(self._parts[-2][0]) < 2 * len(self._parts[-1][0]):
            self._parts.append(merged(*self._parts.pop(), *self._parts.pop()))
        if self._bound is not None and sum(len(keys) for keys, _ in self._parts) > MANY_KEYS:
            self._cells = CellCounts(self._bound)
            while self._parts:
                self._cells.add(*self._parts.pop())

    def absorb(self, other: "ExactCounts") -> None:
        """Add the counts of another object, to which nothing may be added afterwards."""
        others, other._met, other._met_keys = other._met, other._met[:0], MET_KEYS
        left, self._met_keys = met_by_both(others, self._met, self._met_keys, MET_KEYS)
        self.add_counts(*self._as_counts(left))
        self.add_counts(*other.at_least(1))

    def at_least(self, least: int) -> tuple[Keys, I64]:
        """Return the sorted keys with at least that count (>= 1), and their counts. Nothing may be added afterwards."""
        if not (self._raw_keys or any(len(keys) for keys, _ in self._parts) or self._cells):
            return self._sorted_met(least)
        self._fold()
        self.add_counts(*self._sorted_met(1))
        if self._cells:
            keys, counts = self._cells.at_least(least)
            return keys.astype(self._kind), counts
        while len(self._parts) > 1:
            self._parts.append(merged(*self._parts.pop(), *self._parts.pop()))
        found, counts = self._parts[0]
        return found[counts >= least], counts[counts >= least]

    def _fold(self) -> None:
        keys = np.concatenate([*self._raw, np.zeros(0, self._kind)])
        keys.sort()
        keys, counts = distinct(keys)
        self._raw, self._raw_keys = [], 0
        self.add_counts(keys, counts)

    def _sorted_met(self, least: int) -> tuple[Keys, I64]:
        met = self._met[self._met[:, 1] >= least] if self._met_keys else self._met[:0]
        self._met, self._met_keys = self._met[:0], MET_KEYS
        return self._as_counts(met)

    def _as_counts(self, met: U64) -> tuple[Keys, I64]:
        met = met[np.argsort(met[:, 0])]
        return met[:, 0].astype(self._kind), met[:, 1].astype(np.int64)


class CellCounts:
    """Counts of keys below `cells`: 4 bytes for each cell, and the overflow of larger counts."""

    def __init__(self, cells: int) -> None:
        self._low = np.zeros(cells, np.uint32)
        self._carried: Counter[int] = Counter()

    def add(self, keys: Keys, counts: I64) -> None:
        """Add counts of distinct keys."""
        sums = self._low[keys] + counts.astype(np.uint64)
        self._low[keys] = sums.astype(np.uint32)
        for row in np.flatnonzero(sums >> np.uint64(32)).tolist():
            self._carried[int(keys[row])] += int(sums[row] >> np.uint64(32))

    def at_least(self, least: int) -> tuple[Keys, I64]:
        """Return the sorted keys with at least that count (>= 1), and their counts."""
        blocks = range(0, len(self._low), _BLOCK)
        often = [first + np.flatnonzero(self._low[first : first + _BLOCK] >= least) for first in blocks]
        keys = np.unique(np.concatenate([*often, np.array(list(self._carried), np.int64)])).astype(np.uint64)
        counts = self._low[keys].astype(np.int64)
        for key, carried in self._carried.items():
            counts[np.searchsorted(keys, np.uint64(key))] += carried << 32
        return keys, counts


@kernel("stream.corpus.exact_numba")
def not_met(keys: Keys, table: U64, met: int, most: int) -> tuple[Keys, int]:
    """Count keys in a table of (key, count) for at most `most` of them.

    Return the uncounted keys and the new table size.

    The numpy version counts none, because sorting them is as fast.
    """
    return keys, met


@kernel("stream.corpus.exact_numba")
def met_by_both(others: U64, table: U64, met: int, most: int) -> tuple[U64, int]:
    """Add the counts of another such table; return the (key, count) that found no room, and the new table size."""
    return others[others[:, 1] > 0], met


@kernel("stream.corpus.exact_numba")
def distinct(keys: Keys) -> tuple[Keys, I64]:
    """Return the distinct keys of a sorted array, and how often each occurs."""
    once, counts = np.unique(keys, return_counts=True)
    return once, counts.astype(np.int64)


@kernel("stream.corpus.exact_numba")
def merged(keys: Keys, counts: I64, others: Keys, other_counts: I64) -> tuple[Keys, I64]:
    """Return the sum of two sets of sorted distinct keys with counts."""
    keys, counts = np.concatenate((keys, others)), np.concatenate((counts, other_counts))
    order = np.argsort(keys, kind="stable")  # two sorted stretches: one merge
    keys, counts = keys[order], counts[order]
    heads = np.flatnonzero(np.diff(keys, prepend=keys[:1] ^ 1))
    return keys[heads], np.add.reduceat(counts, heads) if len(heads) else counts
