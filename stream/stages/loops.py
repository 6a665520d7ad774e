"""What the stages do to arrays of a batch, as loops for numba; what each means stands with its numpy twin.

Where a loop cannot be foretold (is this character countable, is this pair strong?) it writes every time and moves on
by 0 or 1: a processor that guesses wrong loses as much time as the whole step takes.
"""

import numpy as np

from sketches.hashing import BASE, U64
from sketches.loops import finalize, loop, murmur3, premix
from stream.stages.runs import DIGIT, I32, I64, IDEOGRAPH, LETTER, U8, U32

_BASE = np.uint64(BASE)
_ONE, _THREE, _SEVEN = np.uint64(1), np.uint64(3), np.uint64(7)
_PLACE_BITS = np.uint64(24)
_PLACE = np.uint64((1 << 24) - 1)
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
    kept, begins = np.empty(len(written), np.uint32), np.empty(len(starts), np.int64)
    before, alike, number = np.uint32(0), 0, 0
    begins[0] = 0
    for text in range(len(starts) - 1):
        for i in range(starts[text], starts[text + 1]):
            point = folding[written[i]]
            alike = alike + 1 if point == before else 1
            before = point
            points[number], kinds[number], kept[number] = point, kind_of[written[i]], written[i]
            number += 1
            if alike > 2:  # nearly never
                kind = every_kind[point]
                number -= (kind == IDEOGRAPH) | ((alike > 3) & (kind == LETTER))
        begins[text + 1] = number
    return points[:number], kinds[:number], kept[:number], begins


@loop
def neighbours(points: U32, kinds: U8) -> tuple[I64, U32, bool]:
    """`tally.tally`: occurrences by code point, pairs of 16 bits each, and whether there are characters of more."""
    by_point, pairs = np.zeros(1 << 16, np.int64), np.empty(len(points), np.uint32)
    number, beyond = 0, False
    for i in range(len(points)):
        counts = kinds[i] != 0
        beyond |= counts & (points[i] > _HALF)
        by_point[points[i] & _HALF] += counts
        if i > 0:
            pairs[number] = (points[i - 1] << np.uint32(16)) | points[i]
            number += counts & (kinds[i - 1] != 0)
    return by_point, pairs[:number], beyond


@loop
def repeats(pairs: U32) -> tuple[U64, np.ndarray]:
    """`tally.tally`: sorted pairs of 16 bits each, once as pairs of 32 bits, and how often each stood there."""
    number = int(len(pairs) > 0)
    for i in range(1, len(pairs)):
        number += pairs[i] != pairs[i - 1]
    distinct, counts = np.empty(number, np.uint64), np.empty(number, np.float64)
    at, before = 0, 0
    for i in range(len(pairs)):
        distinct[at] = (np.uint64(pairs[i] >> np.uint32(16)) << np.uint64(32)) | np.uint64(pairs[i] & _HALF)
        counts[at] = i + 1 - before
        if i + 1 < len(pairs) and pairs[i + 1] != pairs[i]:
            at, before = at + 1, i + 1
    return distinct, counts


@loop
def cut(points: U32, kinds: U8, row: I32, column: I32, bits: U8) -> tuple[I32, I32]:
    """`segment.cut`: (begin, end) of the pieces."""
    begin, end = np.empty(len(points), np.int32), np.empty(len(points), np.int32)
    begun = ended = 0
    last_row, last_column = np.uint32(len(row) - 1), np.uint32(len(column) - 1)
    joined = False
    for i in range(len(points)):
        counts = kinds[i] != 0
        begin[begun] = i
        begun += counts & (not joined)
        joined = False
        if i + 1 < len(points):
            at = np.uint64(row[min(points[i], last_row)] + column[min(points[i + 1], last_column)])
            strong = (bits[at >> _THREE] >> np.uint8(at & _SEVEN)) & 1 != 0
            token = (kinds[i] >= LETTER) & (kinds[i + 1] >= LETTER)
            joined = counts & (kinds[i + 1] != 0) & (strong | token)
        end[ended] = i + 1
        ended += counts & (not joined)
    return begin[:begun], end[:ended]


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
def _mixed(point: np.uint32, basic: U64) -> np.uint64:
    return basic[point] if point <= _HALF else murmur3(premix(np.uint64(point)), _ONE)


@loop
def named(points: U32, kinds: U8, begin: I32, end: I32, longest: int, basic: U64) -> tuple[U64, I32, I32]:
    """`words.occurrences`: (name, begin, end) in reading order."""
    names, begins, ends = (
        np.empty(len(begin), np.uint64),
        np.empty(len(begin), np.int32),
        np.empty(len(begin), np.int32),
    )
    number = 0
    for i in range(len(begin)):
        length = end[i] - begin[i]
        if length < 2 or length > longest:
            continue
        name, others = np.uint64(0), 0
        for at in range(end[i] - 1, begin[i] - 1, -1):
            name = name * _BASE + _mixed(points[at], basic)
            others += kinds[at] != DIGIT
        names[number], begins[number], ends[number] = finalize(name), begin[i], end[i]
        number += others > 0
    return names[:number], begins[:number], ends[:number]


@loop
def in_order(embedded: U64, names: U64, begin: I32, end: I32) -> tuple[U64, I32, I32, bool]:
    """`words.occurrences`: what the lower bits of `words.embedded` point at, and whether equal names lie together."""
    called, begins, ends = (
        np.empty(len(names), np.uint64),
        np.empty(len(names), np.int32),
        np.empty(len(names), np.int32),
    )
    together = True
    for i in range(len(names)):
        at = embedded[i] & _PLACE
        called[i], begins[i], ends[i] = names[at], begin[at], end[at]
        if i > 0:
            together &= (called[i] != called[i - 1]) == (embedded[i] >> _PLACE_BITS != embedded[i - 1] >> _PLACE_BITS)
    return called, begins, ends, together


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
            mixed[length] = _mixed(points[at], basic)
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
