"""What the stages do to arrays of a batch, as loops for numba; what each means stands with its numpy twin.

Where a loop cannot be foretold (is this character countable, is this pair strong?) it writes every time and moves on
by 0 or 1: a processor that guesses wrong loses as much time as the whole step takes.
"""

import numpy as np

from sketches.count_min import F64
from sketches.hashing import BASE, U64
from sketches.loops import finalize, loop, murmur3, premix
from stream.text.runs import DIGIT, I32, I64, IDEOGRAPH, LETTER, SEPARATOR, U8, U32

_BASE = np.uint64(BASE)
_ONE, _THREE, _SEVEN = np.uint64(1), np.uint64(3), np.uint64(7)
_HALF_WORD, _COLUMN = np.uint64(32), np.uint64(0xFFFFFFFF)
_YES = np.uint8(1)
_PLACE_BITS = np.uint64(24)
_PLACE = np.uint64((1 << 24) - 1)
_WORD_BITS, _LENGTH_BITS = np.uint64(64), np.uint64(9)
_LENGTH, _BEGIN = np.uint64((1 << 9) - 1), np.uint64((1 << 31) - 1)
_SHORT = 4
_HALF = np.uint32(0xFFFF)
_ZEROS = 32  # characters among which a zero is looked for at once


@loop
def starts(points: U32, texts: int) -> I64:
    """`runs.encoded`: where each text begins, found by the zero behind it; nothing if there are zeros within a text."""
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
    """`runs.Alphabet.runs`: the columns of `Runs`."""
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
def neighbours(points: U32, kinds: U8) -> tuple[I32, U32, bool]:
    """`tally.tally`: occurrences by code point, pairs of 16 bits each, and whether there are characters of more."""
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
    """`tally.tally`: sorted pairs of 16 bits each, once as pairs of 32 bits, and how often each stood there."""
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
    """`tally.tally`: the code points that occurred, and how often."""
    number = 0
    chars, counts = np.empty(len(by_point), np.uint64), np.empty(len(by_point), np.float64)
    for point in range(len(by_point)):
        chars[number], counts[number] = point, by_point[point]
        number += by_point[point] != 0
    return chars[:number].copy(), counts[:number].copy()


@loop
def cut(points: U32, kinds: U8, places: U64, bits: U8) -> tuple[I32, I32]:
    """`segment.cut`: (begin, end) of the pieces. A kind is looked at bit by bit: the upper one is set in tokens."""
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


@loop
def with_compounds(begin: I32, end: I32, longest: int) -> tuple[I32, I32]:
    """`segment.with_compounds`: (begin, end)."""
    begins, ends = np.empty(2 * len(begin), np.int32), np.empty(2 * len(begin), np.int32)
    number = 0
    for i in range(len(begin)):
        begins[number], ends[number] = begin[i], end[i]
        number += 1
        if i + 1 < len(begin):
            begins[number], ends[number] = begin[i], end[i + 1]
            length = end[i + 1] - begin[i]
            number += (end[i] == begin[i + 1]) & (length >= 3) & (length <= longest)
    return begins[:number], ends[:number]


@loop
def mixed_point(point: np.uint32, basic: U64) -> np.uint64:
    return basic[point] if point <= _HALF else murmur3(premix(np.uint64(point)), _ONE)


@loop
def _name(points: U32, kinds: U8, begin: int, end: int, basic: U64) -> tuple[np.uint64, bool]:
    """The name of a piece of any length, and whether it is all digits."""
    name, digits = np.uint64(0), True
    for at in range(end - 1, begin - 1, -1):
        name = name * _BASE + mixed_point(points[at], basic)
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
        name = name * _BASE + basic[point & _HALF] * np.uint64(inside)
        digits &= (kinds[at] == DIGIT) | (behind >= length)
        every |= point
    return name, digits, every


@loop
def named(points: U32, kinds: U8, begin: I32, end: I32, longest: int, basic: U64) -> tuple[U64, U64]:
    """`words.occurrences` in reading order: of each the upper bits of its name with its place; and the lower ones with
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
    """`words.occurrences`: what the places in sorted `embedded` point at, and whether names of equal upper bits are
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
def spell(written: U32, begin: I32, end: I32, longest: int) -> U32:
    """`words.spelled`: (n, longest), zeros behind the last character of each."""
    words = np.zeros((len(begin), longest), np.uint32)
    for word in range(len(begin)):
        for at in range(end[word] - begin[word]):
            words[word, at] = written[begin[word] + at]
    return words


@loop
def text_names(points: U32, kinds: U8, starts: I64, basic: U64, stretch: int, long: int) -> U64:
    """`copies.text_names`."""
    names = np.empty(len(starts) - 1, np.uint64)
    top = np.uint64(1)  # what the first character of a stretch stands behind its last one weighs
    for _ in range(stretch - 1):
        top *= _BASE
    for text in range(len(names)):
        first, last = starts[text], starts[text + 1]
        mixed, length = np.empty(last - first, np.uint64), 0
        for at in range(first, last):
            mixed[length] = mixed_point(points[at], basic)
            length += (kinds[at] != 0) & (kinds[at] != DIGIT)
        name = np.uint64(0)
        if length < long:
            for at in range(length - 1, -1, -1):
                name = name * _BASE + mixed[at]
            names[text] = finalize(name)
            continue
        for at in range(length - 1, length - stretch - 1, -1):
            name = name * _BASE + mixed[at]
        least = greatest = finalize(name)
        for at in range(length - stretch - 1, -1, -1):
            name = (name - mixed[at + stretch] * top) * _BASE + mixed[at]
            least, greatest = min(least, finalize(name)), max(greatest, finalize(name))
        names[text] = (least * np.uint64(3)) ^ greatest
    return names
