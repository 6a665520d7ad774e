"""The kernels of `runs` and `near_duplicates` as loops for numba."""

from collections.abc import Sequence

import numpy as np

from sketches.hashing import BASE_AT, MIX_AT, U64
from sketches.loops_numba import finalize, loop, murmur3, premix
from stream.text.runs import DIGIT, I32, I64, IDEOGRAPH, LETTER, U8, U32

_BASIC = np.uint32(0xFFFF)  # the last code point of the basic plane
_ZEROS = 32  # characters among which a zero is looked for at once


def text_starts(points: U32, texts: Sequence[str]) -> I64 | None:
    """None where there are zeros within a text."""
    begins: I64 = starts(points, len(texts))
    return begins if len(begins) else None


def folded(written: U32, *tables: np.ndarray) -> tuple[U32, U8, U32, I64]:
    """Some arrays can be written to and some cannot; the loop is compiled for one of the two."""
    view = written.view()
    view.flags.writeable = False
    columns: tuple[U32, U8, U32, I64] = fold(view, *tables)
    return columns


@loop
def starts(points: U32, texts: int) -> I64:
    """Where each text begins, found by the zero behind it; nothing if there are zeros within a text."""
    begins, number = np.zeros(texts + 2, np.int64), 0
    for first in range(0, len(points), _ZEROS):
        some = points[first : first + _ZEROS]
        zeros = 0
        for point in some:  # many at once, and in long texts there is none in most of them
            zeros += point == 0
        if number + zeros > texts:
            return begins[:0]
        if zeros:
            for i in range(len(some)):
                begins[number + 1] = first + i + 1
                number += some[i] == 0
    return begins[: texts + 1]


@loop
def fold(written: U32, starts: I64, folding: U32, kind_of: U8, every_kind: U8) -> tuple[U32, U8, U32, I64]:
    """`runs.folded`."""
    points, kinds = np.empty(len(written), np.uint32), np.empty(len(written), np.uint8)
    kept, dropped = np.empty(len(written), np.uint32), np.empty(len(written) + 1, np.int32)
    before, alike, number = np.uint32(0), 0, 0
    for i in range(len(written)):
        point = folding[written[i]]
        alike = alike + 1 if point == before else 1
        before = point
        points[number], kinds[number], kept[number] = point, kind_of[written[i]], written[i]
        number += 1
        if alike > 2:  # nearly never
            kind = every_kind[point]
            dropped[i + 1 - number] = i
            number -= (kind == IDEOGRAPH) | ((alike > 3) & (kind == LETTER))
    return points[:number], kinds[:number], kept[:number], _moved(starts, dropped[: len(written) - number])


@loop
def _moved(starts: I64, dropped: I32) -> I64:
    """Where the texts begin when characters have been dropped, whose places are sorted."""
    begins, before = starts.copy(), 0
    for text in range(len(begins) if len(dropped) else 0):
        while before < len(dropped) and dropped[before] < starts[text]:
            before += 1
        begins[text] -= before
    return begins


@loop
def mixed_point(point: np.uint32, basic: U64) -> np.uint64:
    return basic[point] if point <= _BASIC else murmur3(premix(np.uint64(point)), basic[MIX_AT])


@loop
def names_of(points: U32, kinds: U8, starts: I64, basic: U64, stretch: int, long: int) -> U64:
    """`near_duplicates.names_of`."""
    names = np.empty(len(starts) - 1, np.uint64)
    base, top = basic[BASE_AT], np.uint64(1)  # top: what the first character of a stretch stands behind its last weighs
    for _ in range(stretch - 1):
        top *= base
    for text in range(len(names)):
        first, last = starts[text], starts[text + 1]
        mixed, length = np.empty(last - first, np.uint64), 0
        for at in range(first, last):
            mixed[length] = mixed_point(points[at], basic)
            length += (kinds[at] != 0) & (kinds[at] != DIGIT)
        name = np.uint64(0)
        if length < long:
            for at in range(length - 1, -1, -1):
                name = name * base + mixed[at]
            names[text] = finalize(name)
            continue
        for at in range(length - 1, length - stretch - 1, -1):
            name = name * base + mixed[at]
        least = greatest = finalize(name)
        for at in range(length - stretch - 1, -1, -1):
            name = (name - mixed[at + stretch] * top) * base + mixed[at]
            least, greatest = min(least, finalize(name)), max(greatest, finalize(name))
        names[text] = (least * np.uint64(3)) ^ greatest
    return names
