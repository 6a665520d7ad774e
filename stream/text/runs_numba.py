"""The compiled loops of `runs` and `near_duplicates`; each gives the same result as the numpy version."""

from collections.abc import Sequence

import numpy as np

from sketches.hashing import BASE_AT, MIX_AT, U64
from sketches.loops_numba import finalize, loop, murmur3, premix
from stream.text.near_duplicates import HASHES, KEYS, LONG, SHINGLE, STRETCH
from stream.text.runs import DIGIT, I32, I64, IDEOGRAPH, LETTER, U8, U32

_BASIC = np.uint32(0xFFFF)  # the last code point of the basic plane
_ZEROS = 32  # characters among which a zero is looked for at once
_HASH, _MIX = np.uint32(0x23), np.uint32(0x9E3779B1)
_HIGHEST = np.uint32(0xFFFFFFFF)
_WORD = np.uint64(32)


def text_starts(points: U32, texts: Sequence[str]) -> I64 | None:
    """Return None if there are zeros within a text."""
    begins: I64 = starts(points, len(texts))
    return begins if len(begins) else None


def folded(written: U32, *tables: np.ndarray) -> tuple[U32, U8, U32, I64]:
    """Call the loop with arrays in the one form (writable or not) for which it is compiled."""
    view = written.view()
    view.flags.writeable = False
    columns: tuple[U32, U8, U32, I64] = fold(view, *tables)
    return columns


@loop
def starts(points: U32, texts: int) -> I64:
    """Return where each text begins, found by the zero after each; empty if there are zeros within a text."""
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
    """The same as `runs.folded`."""
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
    """Return where the texts begin after characters at these sorted places were dropped."""
    begins, before = starts.copy(), 0
    for text in range(len(begins) if len(dropped) else 0):
        while before < len(dropped) and dropped[before] < starts[text]:
            before += 1
        begins[text] -= before
    return begins


@loop
def mixed_point(point: np.uint32, basic: U64) -> np.uint64:
    return basic[point] if point <= _BASIC else murmur3(premix(np.uint64(point)), basic[MIX_AT])


def fingerprints_of(
    points: U32, kinds: U8, starts: I64, basic: U64, factors: np.ndarray
) -> tuple[U64, U64]:  # fmt: skip
    """Some arrays can be written to and some cannot; the loop is compiled for one of the two."""
    points = points.view()
    points.flags.writeable = False
    columns: tuple[U64, U64] = prints(points, kinds, starts, basic, factors)
    return columns


@loop
def _whole(mixed: U64, base: np.uint64) -> np.uint64:
    name = np.uint64(0)
    for at in range(len(mixed) - 1, -1, -1):
        name = name * base + mixed[at]
    return finalize(name)


@loop
def _tags(points: U32, kinds: U8, first: int, last: int, basic: U64) -> np.uint64:
    """Return the sum of the hashes of the hashtags, each up to the next character that is not countable."""
    tags, at = np.uint64(0), first
    while at + 1 < last:
        if points[at] == _HASH and kinds[at + 1] != 0:
            name, power, base = np.uint64(0), np.uint64(1), basic[BASE_AT]
            at += 1
            while kinds[at] != 0:
                if kinds[at] != DIGIT:
                    name += mixed_point(points[at], basic) * power
                    power *= base
                at += 1
            tags += finalize(name)
        else:
            at += 1
    return tags


@loop
def _top(base: np.uint64, stretch: int) -> np.uint64:
    """Return the weight of the first character of the stretch that began one place before."""
    top = np.uint64(1)
    for _ in range(stretch):
        top *= base
    return top


@loop
def _extremes(mixed: U64, base: np.uint64, top: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the least and the greatest hash of the stretches."""
    name = np.uint64(0)
    for at in range(len(mixed) - 1, len(mixed) - STRETCH - 1, -1):
        name = name * base + mixed[at]
    least = greatest = finalize(name)
    for at in range(len(mixed) - STRETCH - 1, -1, -1):
        name = name * base + mixed[at] - mixed[at + STRETCH] * top
        least, greatest = min(least, finalize(name)), max(greatest, finalize(name))
    return least, greatest


@loop
def _lower(shingle: np.uint64, factors: np.ndarray, mins: np.ndarray) -> None:
    low = np.uint32(finalize(shingle) >> _WORD)
    for number in range(HASHES):
        mins[number] = min(mins[number], np.uint32(low * factors[number]))


@loop
def _sign(mixed: U64, base: np.uint64, top: np.uint64, factors: np.ndarray, signature: U64) -> None:
    """Fill in a signature."""
    mins, name = np.full(HASHES, _HIGHEST, np.uint32), np.uint64(0)
    for at in range(len(mixed) - 1, len(mixed) - SHINGLE - 1, -1):
        name = name * base + mixed[at]
    _lower(name, factors, mins)
    for at in range(len(mixed) - SHINGLE - 1, -1, -1):
        name = name * base + mixed[at] - mixed[at + SHINGLE] * top
        _lower(name, factors, mins)
    for number in range(HASHES):
        bits = np.uint64(np.uint32(mins[number] * _MIX) >> np.uint32(28))
        signature[number // 16] |= bits << np.uint64(4 * (number % 16))


@loop
def prints(points: U32, kinds: U8, starts: I64, basic: U64, factors: np.ndarray) -> tuple[U64, U64]:
    """`near_duplicates.fingerprints_of`."""
    number = len(starts) - 1
    keys, signatures = np.zeros((number, KEYS), np.uint64), np.zeros((number, 2), np.uint64)
    base = basic[BASE_AT]
    long_top, short_top = _top(base, STRETCH), _top(base, SHINGLE)
    for text in range(number):
        first, last = starts[text], starts[text + 1]
        mixed, length, has_tag = np.empty(last - first, np.uint64), 0, False
        for at in range(first, last):
            has_tag |= points[at] == _HASH
            mixed[length] = mixed_point(points[at], basic)
            length += (kinds[at] != 0) & (kinds[at] != DIGIT)
        tags = _tags(points, kinds, first, last, basic) if has_tag else np.uint64(0)
        mixed = mixed[:length]
        keys[text, 0] = finalize(_whole(mixed, base) + tags + np.uint64(3))
        if length >= LONG:
            least, greatest = _extremes(mixed, base, long_top)
            keys[text, 1] = finalize(least + tags + np.uint64(1))
            keys[text, 2] = finalize(greatest + tags + np.uint64(2))
            _sign(mixed, base, short_top, factors, signatures[text])
    return keys, signatures
