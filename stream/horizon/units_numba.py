"""The compiled loops of `units`; they give the same result as the numpy version there."""

import numpy as np

from sketches.hashing import U64
from sketches.loops_numba import finalize, loop
from stream.horizon.units import (
    APOSTROPHE,
    BOOL,
    DIGITS,
    EDGE,
    HAN,
    IGNORED,
    LETTERS,
    MIXED,
    OTHER,
    PUNCTUATION,
    QUOTE,
    SPACE,
)
from stream.text.runs import I32, I64, U8, U16, U32

_TWO, _LONGEST = 2, 0xFFFF
_ONE = np.uint64(1)


def rows_of(
    points: U32, starts: I64, folding: U32, kind_of: U8, powers: U64, mix: np.uint64
) -> tuple[U64, U8, BOOL, U32, U16, I32, I32, U64]:
    """Some arrays can be written to and some cannot; the loops are compiled for one of the two."""
    view = points.view()
    view.flags.writeable = False
    folded, kinds = look_up(view, starts, folding, kind_of)
    columns: tuple[U64, U8, BOOL, U32, U16, I32, I32, U64] = make_rows(
        folded, kinds, starts, *find(folded, kinds), powers, mix
    )
    return columns


@loop
def look_up(points: U32, starts: I64, folding: U32, kind_of: U8) -> tuple[U32, U8]:
    """Return folded characters and their kinds; the end of each text is an edge."""
    folded, kinds = np.empty(len(points), np.uint32), np.empty(len(points), np.uint8)
    for i in range(len(points)):
        folded[i], kinds[i] = folding[points[i]], kind_of[points[i]]
    for text in range(1, len(starts)):
        kinds[starts[text] - 1] = EDGE
    return folded, kinds


@loop
def find(folded: U32, kinds: U8) -> tuple[I64, I64, U8]:
    """Return for each unit its first character, its end and its kind."""
    at, token = np.empty(len(kinds), np.int64), np.empty(len(kinds), np.bool_)
    number = 0
    for i in range(len(kinds)):
        at[number] = i
        number += kinds[i] != IGNORED
    for i in range(number):
        kind = kinds[at[i]]
        token[i] = (kind == LETTERS) | (kind == DIGITS)
    for i in range(1, number - 1):  # an apostrophe between two letters; a token before it is no apostrophe itself
        before = kinds[at[i - 1]]
        behind_token = (before == LETTERS) | (before == DIGITS)
        if kinds[at[i]] == APOSTROPHE and behind_token and kinds[at[i + 1]] == LETTERS:
            token[i] = True
    begin, end, kind_of = np.empty(number, np.int64), np.empty(number, np.int64), np.empty(number, np.uint8)
    units, i = 0, 0
    while i < number:
        kind = kinds[at[i]]
        if token[i]:
            last, letters, digits = i, False, False
            while last < number and token[last]:
                is_digit = kinds[at[last]] == DIGITS
                letters, digits = letters or not is_digit, digits or is_digit
                last += 1
            begin[units], end[units] = at[i], at[last - 1] + 1
            kind_of[units] = MIXED if letters and digits else DIGITS if digits else LETTERS
            units += 1
            i = last
            continue
        if kind >= HAN and kind <= OTHER:
            third = i >= _TWO and folded[at[i]] == folded[at[i - 1]] and folded[at[i - 1]] == folded[at[i - 2]]
            if not third:
                begin[units], end[units], kind_of[units] = at[i], at[i] + 1, kind
                units += 1
        i += 1
    return begin[:units], end[:units], kind_of[:units]


@loop
def _key(folded: U32, kinds: U8, begin: int, end: int, powers: U64, mix: np.uint64) -> np.uint64:
    """Return the key of a unit, ignoring fourth repetitions of a letter."""
    total, exponent, last = np.uint64(0), -1, len(powers) - 1
    for i in range(begin, end):
        repeated = i >= 3
        for back in range(3):
            repeated = repeated and folded[i - back] == folded[i - back - 1] and kinds[i - back] == LETTERS
        if kinds[i] == IGNORED or repeated:
            continue
        exponent += 1
        total += finalize(np.uint64(folded[i]) + mix) * powers[min(exponent, last)]
    return finalize(total) | _ONE


@loop
def _separator(kinds: U8, begin: int, end: int) -> int:
    """Return the strongest separator among the characters of a stretch, EDGE for an empty one."""
    greatest = EDGE
    for i in range(begin, end):
        strength = PUNCTUATION if kinds[i] == APOSTROPHE else int(kinds[i]) if kinds[i] <= QUOTE else EDGE
        greatest = max(greatest, strength)
    return greatest


@loop
def make_rows(
    folded: U32, kinds: U8, starts: I64, begin: I64, end: I64, unit_kind: U8, powers: U64, mix: np.uint64
) -> tuple[U64, U8, np.ndarray, U32, U16, I32, I32, U64]:
    """Return the units with the separators between them and an edge on both sides of each text."""
    texts = len(starts) - 1
    most = 2 * len(begin) + 2 * texts
    keys, row_kinds, spaced = np.zeros(most, np.uint64), np.zeros(most, np.uint8), np.zeros(most, np.bool_)
    first, length = np.zeros(most, np.uint32), np.zeros(most, np.uint16)
    text_of, place = np.empty(most, np.int32), np.empty(most, np.int32)
    row, unit = 0, 0
    for text in range(texts):
        edge = row
        row += 1
        behind = starts[text]
        while unit < len(begin) and begin[unit] < starts[text + 1]:
            separator = _separator(kinds, behind, begin[unit])
            is_first = row == edge + 1
            if is_first:
                if separator == QUOTE:  # 《 at the beginning of a text is a quote, not an edge
                    row_kinds[edge] = QUOTE
            elif separator == SPACE and unit_kind[unit] >= LETTERS and unit_kind[unit - 1] >= LETTERS:
                spaced[row] = True
            elif separator > EDGE:
                row_kinds[row] = separator
                row += 1
            keys[row] = _key(folded, kinds, begin[unit], end[unit], powers, mix)
            row_kinds[row] = unit_kind[unit]
            first[row] = begin[unit] - starts[text]
            length[row] = min(end[unit] - begin[unit], _LONGEST)
            behind = end[unit]
            row += 1
            unit += 1
        if row > edge + 1 and _separator(kinds, behind, starts[text + 1] - 1) == QUOTE:
            row_kinds[row] = QUOTE
        row += 1
        for i in range(edge, row):
            text_of[i], place[i] = text, i - edge
    prefix, total, last = np.empty(row, np.uint64), np.uint64(0), len(powers) - 1
    for i in range(row):
        prefix[i] = total
        total += keys[i] * powers[min(place[i], last)]
    return (keys[:row].copy(), row_kinds[:row].copy(), spaced[:row].copy(), first[:row].copy(), length[:row].copy(),
            text_of[:row].copy(), place[:row].copy(), prefix)  # fmt: skip
