"""Rows of the buffer that hold the same unit, pair or triple, as chains: from the last row of a slot to the one before.

So the mentions of a string are found without a look at all other rows. A chain ends at a row that was dropped, so
nothing is to be done when rows leave or a slot becomes another key's.
Memory: 4 bytes for each row and size, 8 for each slot.
"""

import numpy as np

from sketches.kernels import kernel
from stream.text.runs import I32, I64


class Chains:
    """`last` by slot: the number of the last row that holds it, counted from the beginning of the stream; -1: none."""

    def __init__(self) -> None:
        self.last: I64 = np.full(1024, -1, np.int64)

    def extended(self, slots: I32, row: int, known: int) -> I32:
        """(n,) how many rows before each the one with the same slot is, 0 where there is none.

        `slots` are those of the rows from number `row` on, all below `known`; slot 0 is nobody's.
        """
        if known > len(self.last):
            more = np.full(max(known, 2 * len(self.last)) - len(self.last), -1, np.int64)
            self.last = np.concatenate((self.last, more))
        return distances(slots, self.last, row)


@kernel("stream.horizon.buffer_numba")
def distances(slots: I32, last: I64, row: int) -> I32:
    """What `Chains.extended` gives; `last` is brought up to date."""
    found = np.zeros(len(slots), np.int32)
    mine = np.flatnonzero(slots)
    order = mine[np.argsort(slots[mine], kind="stable")]
    ordered = slots[order]
    first = np.ones(len(order), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    before = np.concatenate((np.zeros(min(1, len(order)), np.int64), row + order[:-1]))
    before[first] = last[ordered[first]]
    found[order] = np.where(before >= 0, np.minimum(row + order - before, np.iinfo(np.int32).max), 0)
    last[ordered] = row + order  # of several the last one stays
    return found
