"""A table from 64-bit keys to small numbers (slots), with the number of texts of the horizon that hold each key.

A key keeps its slot while its count is above 0; later the slot may be given to another key. Slot 0 belongs to no key.
Memory: only keys that some text of the horizon holds, and a share `_DEAD` of others that are not yet removed.
Cost: one probe of a hash table for each key; the hash table is rebuilt when it has doubled or is cleaned.
"""

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.kernels import kernel
from stream.text.runs import I32, I64

_DEAD = 8  # the table is cleared when one key of so many has no count any more


class SlotIndex:
    """The slots and counts of the units, pairs and triples of the horizon."""

    def __init__(self) -> None:
        self.counts: I32 = np.zeros(1024, np.int32)  # by slot
        self.keys: U64 = np.zeros(1024, np.uint64)  # by slot
        self._table: I32 = np.zeros(2048, np.int32)  # slots by the lower bits of their keys, with open addresses
        self._held = np.zeros(1024, bool)  # by slot, whether it is in the table
        self._free = np.zeros(0, np.int32)
        self._used = 1  # slots that were ever given
        self._dead = 0

    def __len__(self) -> int:
        return self._used - 1 - len(self._free)

    def find(self, keys: U64) -> I32:
        """Return (n,) the slot of each key, 0 if it has none."""
        return slots_of(keys, self._table, self.keys)

    def add(self, keys: U64) -> I32:
        """Return (n,) the slot of each key; a key without a slot gets one."""
        slots = self.find(keys)
        unknown = np.flatnonzero(slots == 0)
        if len(unknown):
            new, inverse = np.unique(keys[unknown], return_inverse=True)
            given = self._given(len(new))
            self.keys[given], self._held[given] = new, True
            self._enter(given)
            slots[unknown] = given[inverse]
            self._dead += len(new)  # until they are counted
        return slots

    def count(self, slots: I32, by: int) -> None:
        """Add 1 or -1 to the count of each of these slots, which may repeat."""
        self._dead += counted(slots, self.counts, by)
        if by < 0 and self._dead > 1024 + len(self) // _DEAD:
            self._clear()

    def counts_of(self, keys: U64) -> I64:
        """Return (n,) the count of each key."""
        return self.counts[self.find(keys)].astype(np.int64)

    def _given(self, number: int) -> I32:
        """Return free slots."""
        again, self._free = self._free[:number], self._free[number:]
        fresh = number - len(again)
        if self._used + fresh > len(self.counts):
            more = (1 << (self._used + fresh).bit_length()) - len(self.counts)
            self.counts = np.concatenate((self.counts, np.zeros(more, np.int32)))
            self.keys = np.concatenate((self.keys, np.zeros(more, np.uint64)))
            self._held = np.concatenate((self._held, np.zeros(more, bool)))
        slots = np.concatenate((again, np.arange(self._used, self._used + fresh, dtype=np.int32)))
        self._used += fresh
        return slots

    def _enter(self, slots: I32) -> None:
        """Put slots into the hash table, or make a larger one with all of them."""
        if 2 * len(self) > len(self._table):
            self._table = np.zeros(1 << (4 * len(self)).bit_length(), np.int32)
            slots = np.flatnonzero(self._held).astype(np.int32)
        entered(slots, self._table, self.keys)

    def _clear(self) -> None:
        dead = self._held & (self.counts == 0)
        self._held &= ~dead
        self._free = np.concatenate((self._free, np.flatnonzero(dead).astype(np.int32)))
        self._table[:] = 0
        entered(np.flatnonzero(self._held).astype(np.int32), self._table, self.keys)
        self._dead = 0


@kernel("stream.horizon.buffer_numba")
def slots_of(keys: U64, table: I32, by_slot: U64) -> I32:
    """Return (n,) the slot of each key, 0 for a key that is not in the table."""
    last, slots = np.uint64(len(table) - 1), np.zeros(len(keys), np.int32)
    at, open_ = (keys & last).astype(np.int64), np.arange(len(keys))
    while len(open_):
        found = table[at[open_]]
        hit = (by_slot[found] == keys[open_]) & (found > 0)
        slots[open_[hit]] = found[hit]
        open_ = open_[(found > 0) & ~hit]
        at[open_] = (at[open_] + 1) & int(last)
    return slots


@kernel("stream.horizon.buffer_numba")
def entered(slots: I32, table: I32, by_slot: U64) -> I32:
    """Put slots of new keys into the table, and return it."""
    last = len(table) - 1
    at = (by_slot[slots] & np.uint64(last)).astype(np.int64)
    while len(slots):
        free = np.flatnonzero(table[at] == 0)
        places, first = np.unique(at[free], return_index=True)  # of those that want one place the first gets it
        table[places] = slots[free[first]]
        left = np.ones(len(slots), bool)
        left[free[first]] = False
        slots, at = slots[left], (at[left] + 1) & last
    return table


@kernel("stream.horizon.buffer_numba")
def counted(slots: I32, counts: I32, by: int) -> int:
    """Add 1 or -1 to the count of each slot; return by how many the number of zero counts has grown."""
    distinct, times = np.unique(slots, return_counts=True)
    before = counts[distinct]
    after = before + by * times.astype(np.int32)
    counts[distinct] = after
    return int((after == 0).sum()) - int((before == 0).sum())


@kernel("stream.horizon.buffer_numba")
def first_in_text(slots: I32, texts: I32, known: int) -> npt.NDArray[np.bool_]:
    """Return (n,) which are the first of their slot in their text; those of a slot must come in the order of texts."""
    _, firsts = np.unique(texts.astype(np.int64) << 32 | slots, return_index=True)
    found = np.zeros(len(slots), bool)
    found[firsts] = True
    return found
