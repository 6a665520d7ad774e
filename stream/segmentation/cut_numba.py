"""The compiled loops of `tally` and `cut`.

Where a condition cannot be predicted (is this character countable, is this pair strong?) the loop writes every time and
advances by 0 or 1, because a mispredicted branch costs as much as the whole step.
"""

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.loops_numba import loop
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.text.runs import I32, SEPARATOR, U8, U32

_THREE, _SEVEN = np.uint64(3), np.uint64(7)
_HALF_WORD, _COLUMN = np.uint64(32), np.uint64(0xFFFFFFFF)
_YES = np.uint8(1)
_HALF = np.uint32(0xFFFF)


def counts_of(points: U32, kinds: U8) -> tuple[U64, F64, U64, F64] | None:
    """Return None if there are characters beyond the basic plane."""
    by_point, pairs, beyond = neighbours(points, kinds)
    if beyond:
        return None
    pairs.sort()  # numpy's own sort takes a third of numba's
    return *counted(by_point), *repeats(pairs)


def bounds(points: U32, kinds: U8, bits: AdjacencyBitmap) -> tuple[I32, I32] | None:
    """Return None if the pairs are too many for a bitmap."""
    return None if bits.tables is None else cut(points, kinds, *bits.tables)


@loop
def neighbours(points: U32, kinds: U8) -> tuple[I32, U32, bool]:
    """Return occurrences by code point, pairs of 16 bits each, and whether there are larger code points."""
    by_point, pairs = np.zeros(1 << 16, np.int32), np.empty(len(points), np.uint32)
    number, every, before, counted = 0, np.uint32(0), np.uint32(0), False
    for i in range(len(points)):
        point, counts = points[i], kinds[i] != SEPARATOR
        every |= point * np.uint32(counts)
        by_point[point & _HALF] += counts
        pairs[number] = (before << np.uint32(16)) | point
        number += counts & counted
        before, counted = point, counts
    return by_point, pairs[:number], bool(every > _HALF)


@loop
def repeats(pairs: U32) -> tuple[U64, F64]:
    """Return the distinct pairs of sorted 16-bit pairs, as 32-bit pairs, and how often each occurs."""
    number = int(len(pairs) > 0)
    for i in range(1, len(pairs)):
        number += pairs[i] != pairs[i - 1]
    distinct, ends = np.empty(number + 1, np.uint64), np.empty(number + 1, np.float64)
    at = 0
    for i in range(len(pairs)):
        at += i > 0 and pairs[i] != pairs[i - 1]
        distinct[at] = (np.uint64(pairs[i] >> np.uint32(16)) << np.uint64(32)) | np.uint64(pairs[i] & _HALF)
        ends[at] = i + 1
    for at in range(number - 1, 0, -1):
        ends[at] -= ends[at - 1]
    return distinct[:number], ends[:number]


@loop
def counted(by_point: I32) -> tuple[U64, F64]:
    """Return the code points that occur, and how often."""
    number = 0
    chars, counts = np.empty(len(by_point), np.uint64), np.empty(len(by_point), np.float64)
    for point in range(len(by_point)):
        chars[number], counts[number] = point, by_point[point]
        number += by_point[point] != 0
    return chars[:number].copy(), counts[:number].copy()


@loop
def cut(points: U32, kinds: U8, places: U64, bits: U8) -> tuple[I32, I32]:
    """The same as `cut.bounds`. Kinds are tested bit by bit: the upper bit is set in tokens."""
    begin, end = np.empty(len(points) + 1, np.int32), np.empty(len(points) + 1, np.int32)
    begun = ended = 0
    last = np.uint32(len(places) - 1)
    place, kind, counts, joined = np.uint64(0), np.uint8(0), np.uint8(0), np.uint8(0)
    for i in range(len(points)):
        before, kind_before, counted = place, kind, counts
        place, kind = places[min(points[i], last)], kinds[i]
        counts = np.uint8(kind != SEPARATOR)
        at = (before >> _HALF_WORD) + (place & _COLUMN)
        strong = (bits[at >> _THREE] >> np.uint8(at & _SEVEN)) & _YES
        joined = counted & counts & (strong | ((kind_before & kind) >> _YES))
        apart = joined ^ _YES
        end[ended], begin[begun] = i, i
        ended += counted & apart
        begun += counts & apart
    end[ended] = len(points)
    return begin[:begun], end[: ended + counts]
