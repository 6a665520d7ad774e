"""The kernels of `occurrences` as loops for numba."""

import numpy as np

from sketches.hashing import BASE_AT, U64
from sketches.loops_numba import finalize, loop
from stream.text.runs import DIGIT, I32, U8, U32
from stream.text.runs_numba import mixed_point

PLACE_BITS, LENGTH_BITS = 24, 9  # packed into 64 bits beside a name
_PLACE = np.uint64((1 << PLACE_BITS) - 1)
_PLACE_BITS, _WORD_BITS, _LENGTH_BITS = np.uint64(PLACE_BITS), np.uint64(64), np.uint64(LENGTH_BITS)
_LENGTH, _BEGIN = np.uint64((1 << LENGTH_BITS) - 1), np.uint64((1 << 31) - 1)
_SHORT = 4  # characters of a word whose name takes no branch
_HALF = np.uint32(0xFFFF)


def in_order_of_name(
    begin: I32, end: I32, points: U32, kinds: U8, longest: int, basic: U64
) -> tuple[U64, I32, I32] | None:
    """None where there are too many pieces for the bits, or two words whose names share their upper bits."""
    if longest >= 1 << LENGTH_BITS or len(begin) > 1 << PLACE_BITS:
        return None
    embedded, left = named(points, kinds, begin, end, longest, basic)
    embedded.sort()  # numpy's own sort takes a third of numba's
    names, begins, ends, alike = in_order(embedded, left)
    return (names, begins, ends) if alike else None


@loop
def _name(points: U32, kinds: U8, begin: int, end: int, basic: U64) -> tuple[np.uint64, bool]:
    """The name of a piece of any length, and whether it is all digits."""
    name, digits = np.uint64(0), True
    for at in range(end - 1, begin - 1, -1):
        name = name * basic[BASE_AT] + mixed_point(points[at], basic)
        digits &= kinds[at] == DIGIT
    return name, digits


@loop
def _short_name(points: U32, kinds: U8, begin: int, length: int, basic: U64) -> tuple[np.uint64, bool, np.uint32]:
    """`_name` of at most `_SHORT` characters: looks at so many, and lets those behind the last weigh nothing.

    Nothing of that is to be foretold. The last of what it gives are the bits of all code points, for it knows those of
    the basic plane alone.
    """
    name, digits, every, last = np.uint64(0), True, np.uint32(0), len(points) - 1
    for after in range(_SHORT):
        behind = _SHORT - 1 - after
        at, inside = min(begin + behind, last), np.uint32(behind < length)
        point = points[at] * inside
        name = name * basic[BASE_AT] + basic[point & _HALF] * np.uint64(inside)
        digits &= (kinds[at] == DIGIT) | (behind >= length)
        every |= point
    return name, digits, every


@loop
def named(points: U32, kinds: U8, begin: I32, end: I32, longest: int, basic: U64) -> tuple[U64, U64]:
    """Occurrences in reading order: of each the upper bits of its name with its place; and the lower ones with
    where it begins and its length, so that what is in no order is fetched at once.
    """
    spans, number = np.empty(len(begin), np.uint64), 0
    for i in range(len(begin)):
        length = end[i] - begin[i]
        spans[number] = (np.uint64(begin[i]) << _LENGTH_BITS) | np.uint64(length)
        number += (length >= 2) & (length <= longest)
    embedded, left, pieces = np.empty(number, np.uint64), np.empty(number, np.uint64), number
    number = 0
    for i in range(pieces):
        first, length = int(spans[i] >> _LENGTH_BITS), int(spans[i] & _LENGTH)
        name, digits, every = _short_name(points, kinds, first, length, basic)
        if every > _HALF or length > _SHORT:
            name, digits = _name(points, kinds, first, first + length, basic)
        name = finalize(name)
        embedded[number] = (name & ~_PLACE) | np.uint64(number)
        left[number] = (name << (_WORD_BITS - _PLACE_BITS)) | spans[i]
        number += not digits
    return embedded[:number], left[:number]


@loop
def in_order(embedded: U64, left: U64) -> tuple[U64, I32, I32, bool]:
    """What the places in sorted `embedded` point at, and whether names of equal upper bits are
    equal, as they nearly always are: else those of two words may stand mixed.
    """
    size, alike = len(embedded), True
    names, begins, ends = np.empty(size, np.uint64), np.empty(size, np.int32), np.empty(size, np.int32)
    for i in range(size):
        rest = left[embedded[i] & _PLACE]
        names[i] = (embedded[i] & ~_PLACE) | (rest >> (_WORD_BITS - _PLACE_BITS))
        begins[i] = (rest >> _LENGTH_BITS) & _BEGIN
        ends[i] = begins[i] + np.int32(rest & _LENGTH)
    for i in range(1, size):
        alike &= (names[i] == names[i - 1]) | ((names[i] ^ names[i - 1]) > _PLACE)
    return names, begins, ends, alike


@loop
def spell(begin: I32, end: I32, written: U32, longest: int) -> U32:
    """`occurrences.spell`."""
    words = np.zeros((len(begin), longest), np.uint32)
    for word in range(len(begin)):
        for at in range(end[word] - begin[word]):
            words[word, at] = written[begin[word] + at]
    return words
