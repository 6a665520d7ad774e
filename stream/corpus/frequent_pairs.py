"""codes -> counts of the pairs of frequent characters, in a cell for each: most pairs of a text.

Which characters are frequent is decided by a first batch. Cells lie in order of frequency, so that those which are
counted most lie side by side. Cost: 4 MB, and one increment a pair.
"""

from typing import Self

import numpy as np

from sketches.kernels import kernel
from stream.text.runs import I64, U16, U32

OFTEN = 1 << 10  # characters whose pairs have a cell each
CELL_MAX = (1 << 32) - 1  # what a cell can count


class FrequentPairs:
    """`ranks` tells by code how frequent it is, from 1 on; OFTEN where its pairs have no cell."""

    def __init__(self, codes: U16, size: int) -> None:
        """`codes` are a first batch, all below `size`."""
        chars = np.bincount(codes, minlength=size)
        chars[0] = 0
        often = np.argsort(-chars, kind="stable")[: OFTEN - 1]
        self._often = often[chars[often] > 0]
        self._size = size
        self.ranks = np.full(1 << 16, OFTEN, np.uint16)
        self.ranks[self._often] = np.arange(1, len(self._often) + 1)
        self._empty()

    def another(self) -> Self:
        """One that counts the same pairs, from 0."""
        other = object.__new__(type(self))
        other._often, other._size, other.ranks = self._often, self._size, self.ranks
        other._empty()
        return other

    def _empty(self) -> None:
        self.cells = np.zeros((OFTEN, OFTEN), np.uint32)  # by rank, of the left one and the right one
        self.room = CELL_MAX  # codes that may still come before the cells are taken

    def absorbs(self, other: Self) -> bool:
        """Count what another one has counted, if the cells have room for it; whether they had."""
        if self.room + other.room < CELL_MAX:
            return False
        self.room -= CELL_MAX - other.room
        self.cells += other.cells
        return True

    def taken(self, least: int = 1) -> tuple[U32, I64]:
        """The pairs counted so often as `left * size + right`, sorted, and their counts, which are 0 from now on."""
        order = np.argsort(self._often)
        codes, ranks = self._often[order], order + 1
        cells = self.cells.take(ranks, 0).take(ranks, 1).reshape(-1)  # in order of code
        places = np.flatnonzero(cells >= least)
        left, right = np.divmod(places, max(1, len(codes)))
        pairs = (codes[left] * self._size + codes[right]).astype(np.uint32)
        self._empty()
        return pairs, cells[places].astype(np.int64)


@kernel("stream.corpus.exact_numba")
def add_pairs(codes: U16, chars: I64, size: int, ranks: U16, cells: U32) -> tuple[U32, int]:
    """Count characters, and pairs that have cells. Gives the pairs not counted, and how many pairs there are in all.

    numpy counts no pair: to sort them is as fast.
    """
    chars += np.bincount(codes, minlength=len(chars))
    pairs = (codes[:-1] * np.uint32(size) + codes[1:])[(codes[:-1] > 0) & (codes[1:] > 0)]
    return pairs, len(pairs)
