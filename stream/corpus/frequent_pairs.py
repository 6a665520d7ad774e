"""Counts the pairs of frequent characters, which are most pairs of a text, in one cell for each pair.

A first batch decides which characters are frequent. Cells are ordered by frequency, so that the most used ones are
adjacent in memory. Cost: 4 MB, and one increment a pair.
"""

from typing import Self

import numpy as np

from sketches.kernels import kernel
from stream.text.runs import I64, U16, U32

OFTEN = 1 << 10  # characters whose pairs have a cell each
CELL_MAX = (1 << 32) - 1  # what a cell can count


class FrequentPairs:
    """`ranks` maps a code to its rank by frequency, from 1 on; OFTEN if its pairs have no cell."""

    def __init__(self, codes: U16, size: int) -> None:
        """`codes` are a first batch; all are below `size`."""
        chars = np.bincount(codes, minlength=size)
        chars[0] = 0
        often = np.argsort(-chars, kind="stable")[: OFTEN - 1]
        self._often = often[chars[often] > 0]
        self._size = size
        self.ranks = np.full(1 << 16, OFTEN, np.uint16)
        self.ranks[self._often] = np.arange(1, len(self._often) + 1)
        self._empty()

    def another(self) -> Self:
        """Return empty counts of the same pairs."""
        other = object.__new__(type(self))
        other._often, other._size, other.ranks = self._often, self._size, self.ranks
        other._empty()
        return other

    def _empty(self) -> None:
        self.cells = np.zeros((OFTEN, OFTEN), np.uint32)  # by rank, of the left one and the right one
        self.room = CELL_MAX  # codes that may still come before the cells are taken

    def absorbs(self, other: Self) -> bool:
        """Add the counts of another object if the cells have room for them; return whether they had."""
        if self.room + other.room < CELL_MAX:
            return False
        self.room -= CELL_MAX - other.room
        self.cells += other.cells
        return True

    def taken(self, least: int = 1) -> tuple[U32, I64]:
        """Return the sorted pairs `left * size + right` with at least that count, and the counts.

        Then start again from 0.
        """
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
    """Count characters, and the pairs that have cells; return the other pairs, and the number of all pairs.

    The numpy version counts no pair, because sorting them is as fast.
    """
    chars += np.bincount(codes, minlength=len(chars))
    pairs = (codes[:-1] * np.uint32(size) + codes[1:])[(codes[:-1] > 0) & (codes[1:] > 0)]
    return pairs, len(pairs)
