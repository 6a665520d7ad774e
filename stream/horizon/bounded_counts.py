"""A table from 64-bit keys to several counts each, with bounded memory.

Keys get slots in the order in which they come; a hash table with open addressing maps a key to its slot. When there are
too many keys, the owner of the table halves all counts, and keys whose first count falls below `LEAST` are deleted.
Memory a key: 8 bytes, 4 for each count, an eighth of that for growth, and 6 to 12 bytes of hash table.
Cost: one probe of the hash table for each key.
"""

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.horizon.slot_index import entered, slots_of
from stream.text.runs import I32, I64

F32 = npt.NDArray[np.float32]
LEAST = 0.75  # a key that was counted once does not survive the first halving
_ROOM = 1024


class BoundedCounts:
    """Counts of `columns` kinds for each key; the first kind decides which keys `halve` deletes."""

    def __init__(self, columns: int) -> None:
        self._hold(np.zeros(0, np.uint64), np.zeros((0, columns), np.float32))

    def _hold(self, keys: U64, counts: F32) -> None:
        """Start with these distinct keys. Slot 0 belongs to no key and counts nothing."""
        self._keys: U64 = np.concatenate((np.zeros(1, np.uint64), keys))
        self._counts: F32 = np.concatenate((np.zeros((1, counts.shape[1]), np.float32), counts))
        self._used = len(self._keys)
        self._table: I32 = np.zeros(0, np.int32)
        self._enter(np.zeros(0, np.int32))

    def __len__(self) -> int:
        return self._used - 1

    def get(self, keys: U64) -> F32:
        """Return (n, columns) the counts of each key, 0 for unknown keys."""
        return self._counts[slots_of(keys, self._table, self._keys)]

    def add(self, keys: U64, counts: F32) -> None:
        """Add the counts (n, columns) of distinct keys."""
        slots = slots_of(keys, self._table, self._keys)
        unknown = np.flatnonzero(slots == 0)
        if len(unknown):
            slots[unknown] = self._given(keys[unknown])
        self._counts[slots] += counts

    def _given(self, keys: U64) -> I32:
        """Allocate slots for these keys."""
        first, self._used = self._used, self._used + len(keys)
        if self._used > len(self._keys):
            more = self._used + self._used // 8 + _ROOM - len(self._keys)
            self._keys = np.concatenate((self._keys, np.zeros(more, np.uint64)))
            self._counts = np.concatenate((self._counts, np.zeros((more, self._counts.shape[1]), np.float32)))
        self._keys[first : self._used] = keys
        slots = np.arange(first, self._used, dtype=np.int32)
        self._enter(slots)
        return slots

    def _enter(self, slots: I32) -> None:
        """Put slots into the hash table, or make a larger one with all of them."""
        if 3 * self._used > 2 * len(self._table):
            self._table = np.zeros(1 << (3 * self._used // 2 + _ROOM).bit_length(), np.int32)
            slots = np.arange(1, self._used, dtype=np.int32)
        entered(slots, self._table, self._keys)

    def halve(self) -> None:
        """Halve all counts, and delete the keys whose first count falls below `LEAST`."""
        counts = self._counts[1 : self._used] * np.float32(0.5)
        kept = np.flatnonzero(counts[:, 0] >= LEAST)
        self._hold(self._keys[1 : self._used][kept], counts[kept])

    def columns(self) -> tuple[U64, F32]:
        """Return all keys, sorted, and their counts."""
        keys = self._keys[1 : self._used]
        order: I64 = np.argsort(keys)
        return keys[order], self._counts[1 : self._used][order]

    def restore(self, keys: U64, counts: F32) -> None:
        """Replace the content by what `columns` returned."""
        self._hold(keys, counts)
