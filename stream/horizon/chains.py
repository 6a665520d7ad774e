"""Linked lists of the buffer's rows that hold the same unit, pair or triple, each from its last row backwards.

With them the mentions of a string are found without scanning all rows. A chain ends at a row that was dropped, so
nothing must be updated when rows leave or a slot is given to another key.
Memory: 4 bytes for each row and size, 8 for each slot.
"""

import numpy as np

from sketches.kernels import kernel
from stream.text.runs import I32, I64


class Chains:
    """`last` holds for each slot the number of its last row, counted from the beginning of the stream.

    -1 if it has none.
    """

    def __init__(self) -> None:
        self.last: I64 = np.full(1024, -1, np.int64)

    def extended(self, slots: I32, row: int, known: int) -> I32:
        """Return (n,) how many rows before each row the previous row with the same slot is, 0 if there is none.

        `slots` are those of the rows from number `row` on, all below `known`; slot 0 belongs to no key.
        """
        if known > len(self.last):
            more = np.full(max(known, 2 * len(self.last)) - len(self.last), -1, np.int64)
            self.last = np.concatenate((self.last, more))
        return distances(slots, self.last, row)


@kernel("stream.horizon.buffer_numba")
def distances(slots: I32, last: I64, row: int) -> I32:
    """Compute `Chains.extended` and update `last`."""
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
