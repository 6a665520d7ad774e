"""A bitmap of the strong pairs: whether two neighbours belong together, in one look-up.

Characters that begin a strong pair have a row, those that end one a column; row 0 and column 0 stand for all others.
For real text this is about 4,000 x 4,000 bits, which fit in the cache; searching the sorted pairs takes ten times as
long. If the bits would need more than `MOST_BYTES`, the pairs are searched instead. It holds no PMI.
Cost: one or two milliseconds to build, two table look-ups and one bit per character.
"""

import numpy as np
import numpy.typing as npt

from sketches.candidates import contains
from sketches.hashing import U64
from stream.segmentation.tally import pack, unpack
from stream.text.runs import I32, U8, U32

MOST_BYTES = 64 << 20
_SHIFT, _COLUMN, _EIGHTH = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(3)


class AdjacencyBitmap:
    """Built from packed pairs, shape (n,), sorted.

    >>> from stream.segmentation.tally import word_points
    >>> text = word_points("元宇宙")
    >>> AdjacencyBitmap(pack(text[1:2], text[2:])).joins(text).tolist()
    [False, True]
    """

    def __init__(self, pairs: U64, most_bytes: int = MOST_BYTES) -> None:
        left, right = (half.astype(np.intp) for half in unpack(pairs))
        column, columns = _numbered(right, 1)
        row, rows = _numbered(left, columns)
        self._size = len(pairs)
        self._pairs = pairs if rows * columns > 8 * most_bytes else None
        if self._pairs is None:
            at = row[left] + column[right]
            self._bits = np.zeros(rows * columns // 8 + 1, np.uint8)
            np.bitwise_or.at(self._bits, at >> 3, _bit(at))
            self._places = np.zeros(max(len(row), len(column)), np.uint64)
            self._places[: len(row)] = row.astype(np.uint64) << _SHIFT
            self._places[: len(column)] |= column.astype(np.uint64)

    def __len__(self) -> int:
        return self._size

    @property
    def tables(self) -> tuple[U64, U8] | None:
        """The look-up tables: for each code point the start of its row (upper half) and its column (lower half), and
        the bits. None if pairs are searched.
        """
        return None if self._pairs is not None else (self._places, self._bits)

    def joins(self, points: U32) -> npt.NDArray[np.bool_]:
        """(n - 1,) whether positions i and i + 1 of an array of code points are a strong pair."""
        if self._pairs is not None:
            return contains(self._pairs, pack(points[:-1], points[1:]))
        places = self._places.take(points.astype(np.intp), mode="clip")  # the last entry is 0 and stands for all beyond
        at = (places[:-1] >> _SHIFT) + (places[1:] & _COLUMN)
        joined: npt.NDArray[np.bool_] = (self._bits.take((at >> _EIGHTH).astype(np.intp)) & _bit(at)) != 0
        return joined


def _numbered(points: npt.NDArray[np.intp], step: int) -> tuple[I32, int]:
    """Return (greatest + 2,) `step`, `2 * step`, … for the points and 0 for all others, and the count of numbers."""
    present = np.zeros(points.max(initial=0) + 2, bool)
    present[points] = True
    distinct = np.flatnonzero(present)
    numbers = np.zeros(len(present), np.int32)
    numbers[distinct] = np.arange(step, (len(distinct) + 1) * step, step)
    return numbers, len(distinct) + 1


def _bit(at: I32 | U64) -> npt.NDArray[np.uint8]:
    bits: npt.NDArray[np.uint8] = np.uint8(1) << (at.astype(np.uint8) & np.uint8(7))
    return bits
