"""64-bit keys -> small numbers (slots) and counts: how many texts of the horizon hold a unit, pair or triple.

A key keeps its slot while its count is above 0; later the slot may become another key's. Slot 0 is nobody's.
Bounded by what is counted: it holds no key that no text of the horizon has, but for a share `_DEAD` not yet cleared.
Cost: a binary search for each key, and a move of the table for each batch with new keys.
"""

import numpy as np

from sketches.hashing import U64
from stream.text.runs import I32, I64

_DEAD = 8  # the table is cleared when one key of so many has no count any more


class SlotIndex:
    def __init__(self) -> None:
        self._keys = np.zeros(0, np.uint64)  # sorted
        self._slots = np.zeros(0, np.int32)
        self.counts: I32 = np.zeros(1024, np.int32)  # by slot
        self.keys: U64 = np.zeros(1024, np.uint64)  # by slot
        self._free = np.zeros(0, np.int32)
        self._used = 1  # slots that were ever given
        self._dead = 0

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, keys: U64) -> I32:
        """(n,) the slot of each key, 0 where it has none."""
        if not len(self._keys):
            return np.zeros(len(keys), np.int32)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._slots[at], np.int32(0))

    def add(self, keys: U64) -> I32:
        """(n,) the slot of each key; keys without one are given one."""
        distinct, inverse = np.unique(keys, return_inverse=True)
        slots = self.find(distinct)
        new = np.flatnonzero(slots == 0)
        if len(new):
            slots[new] = self._given(len(new))
            self.keys[slots[new]] = distinct[new]
            at = np.searchsorted(self._keys, distinct[new])
            self._keys = np.insert(self._keys, at, distinct[new])
            self._slots = np.insert(self._slots, at, slots[new])
            self._dead += len(new)  # until they are counted
        return slots[inverse]

    def count(self, slots: I32, by: int) -> None:
        """Add 1 or -1 for each of these slots, which may occur several times."""
        distinct, times = np.unique(slots, return_counts=True)
        before = self.counts[distinct]
        after = before + by * times.astype(np.int32)
        self.counts[distinct] = after
        self._dead += int((after == 0).sum()) - int((before == 0).sum())
        if by < 0 and self._dead > 1024 + len(self._keys) // _DEAD:
            self._clear()

    def _given(self, number: int) -> I32:
        """Slots that are free."""
        again, self._free = self._free[:number], self._free[number:]
        fresh = number - len(again)
        if self._used + fresh > len(self.counts):
            size = 1 << (self._used + fresh).bit_length()
            self.counts = np.concatenate((self.counts, np.zeros(size - len(self.counts), np.int32)))
            self.keys = np.concatenate((self.keys, np.zeros(size - len(self.keys), np.uint64)))
        slots = np.concatenate((again, np.arange(self._used, self._used + fresh, dtype=np.int32)))
        self._used += fresh
        return slots

    def _clear(self) -> None:
        alive = self.counts[self._slots] > 0
        self._free = np.concatenate((self._free, self._slots[~alive]))
        self._keys, self._slots = self._keys[alive], self._slots[alive]
        self._dead = 0

    def counts_of(self, keys: U64) -> I64:
        """(n,) the count of each key."""
        return self.counts[self.find(keys)].astype(np.int64)
