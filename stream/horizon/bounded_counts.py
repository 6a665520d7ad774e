"""64-bit keys -> several counts each, in bounded memory.

New keys gather in a small table that is merged into the large one from time to time, so that adding a few costs little.
When there are too many keys, whoever holds the table halves all counts; keys below `LEAST` are forgotten.
"""

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.kernels import kernel
from stream.text.runs import I64

F32 = npt.NDArray[np.float32]
LEAST = 0.75  # a key that was counted once does not survive the first halving
_SMALL, _SHARE = 4096, 16  # the small table is merged when it has so many keys and one in so many of the large one


class BoundedCounts:
    """Counts of `columns` kinds for each key; the first kind decides who is forgotten."""

    def __init__(self, columns: int) -> None:
        self._large = self._empty(columns)
        self._small = self._empty(columns)

    @staticmethod
    def _empty(columns: int) -> tuple[U64, F32]:
        return np.zeros(0, np.uint64), np.zeros((0, columns), np.float32)

    def __len__(self) -> int:
        return len(self._large[0]) + len(self._small[0])

    def get(self, keys: U64) -> F32:
        """(n, columns) the counts of each key, 0 where it is not known."""
        return known_counts(keys, *self._large, *self._small)

    def add(self, keys: U64, counts: F32) -> None:
        """Add the counts (n, columns) of distinct keys."""
        left = np.flatnonzero(~add_known(keys, counts, *self._large, *self._small))
        if len(left):
            keys, counts = keys[left], counts[left]
            order = np.argsort(keys)
            keys, counts = keys[order], counts[order]
            self._small = _inserted(*self._small, keys, counts)
        if len(self._small[0]) > _SMALL + len(self._large[0]) // _SHARE:
            self._merge()

    def halve(self) -> None:
        """Halve all counts and forget the keys that are left with little."""
        self._merge()
        keys, counts = self._large
        counts = counts * np.float32(0.5)
        kept = counts[:, 0] >= LEAST
        self._large = keys[kept], counts[kept]

    def _merge(self) -> None:
        self._large, self._small = _inserted(*self._large, *self._small), self._empty(self._large[1].shape[1])

    def columns(self) -> tuple[U64, F32]:
        """All keys, sorted, and their counts."""
        self._merge()
        return self._large

    def restore(self, keys: U64, counts: F32) -> None:
        """Hold what `columns` gave."""
        self._large, self._small = (keys.copy(), counts.copy()), self._empty(counts.shape[1])


@kernel("stream.horizon.buffer_numba")
def known_counts(keys: U64, large: U64, large_counts: F32, small: U64, small_counts: F32) -> F32:
    """(n, columns) the counts of each key in the one of two tables that has it, 0 where none has."""
    found = np.zeros((len(keys), large_counts.shape[1]), np.float32)
    for known, counts in ((large, large_counts), (small, small_counts)):
        at, hit = _located(known, keys)
        found[hit] += counts[at[hit]]
    return found


@kernel("stream.horizon.buffer_numba")
def add_known(
    keys: U64, counts: F32, large: U64, large_counts: F32, small: U64, small_counts: F32
) -> npt.NDArray[np.bool_]:
    """Add the counts of distinct keys that one of two tables has; returns (n,) which these are."""
    known = np.zeros(len(keys), bool)
    for table, table_counts in ((large, large_counts), (small, small_counts)):
        at, hit = _located(table, keys)
        table_counts[at[hit]] += counts[hit]
        known |= hit
    return known


def _located(known: U64, keys: U64) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Where each key is or would be, and whether it is there."""
    if not len(known):
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return at, known[at] == keys


def _inserted(known: U64, table: F32, keys: U64, counts: F32) -> tuple[U64, F32]:
    """Both tables as one; no key is in both, and both are sorted."""
    at = np.searchsorted(known, keys)
    return np.insert(known, at, keys), np.insert(table, at, counts, axis=0)
