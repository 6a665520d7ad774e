"""Texts -> units, of which words are made: a character of an unspaced script, or a whole token of letters and digits.

Units and the separators between them are rows, in the order of the text; each text has an edge before and after it. A
single blank between two tokens is not a separator, so `new york` can be a word; any other character is one. Case, width
and repetition are folded as in `text.runs`: 哈哈哈哈 becomes 哈哈. Invisible characters are skipped. Keys are 64-bit
hashes of folded units with the finder's seed, not indices of a dictionary, which would grow without bound.

Cost: some thirty passes of numpy over the characters.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from sketches.hashing import BASE, U64, finalize
from sketches.kernels import kernel
from stream.text.runs import I32, I64, SCRIPTS, U8, U16, U32, folding

BOOL = npt.NDArray[np.bool_]
Rows = tuple[U64, U8, BOOL, U32, U16, I32, I32, U64]

EDGE, SPACE, PUNCTUATION, QUOTE = 0, 1, 2, 3  # separators; of several in a row the greatest stands for all
HAN, HIRAGANA, KATAKANA, HANGUL, OTHER = 4, 5, 6, 7, 8  # characters that are units
LETTERS, DIGITS, MIXED = 9, 10, 11  # tokens
IGNORED, APOSTROPHE = 12, 13  # kinds of characters only
QUOTES = '"“”‘「」『』《》〈〉#＃【】()（）[]［］{}〔〕*_`'
_RANGES = (
    (HAN, ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x323AF), (0xF900, 0xFAFF), (0x3005, 0x3007))),
    (HIRAGANA, ((0x3041, 0x3096), (0x309D, 0x309E))),
    (KATAKANA, ((0x30A1, 0x30FA), (0x30FC, 0x30FE))),
    (HANGUL, ((0xAC00, 0xD7A3),)),
    *((OTHER, SCRIPTS[name][1]) for name in ("thai", "lao", "khmer", "burmese", "tibetan")),
)  # written without spaces too; of Tibetan the mark between syllables is a character of the word
_IGNORED = ((0x00AD, 0x00AD), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F),
            (0xFEFF, 0xFEFF), (0xE0100, 0xE01EF))  # fmt: skip
LONGEST = 1 << 17  # units of a text that get keys which do not depend on their place


@dataclass(frozen=True, slots=True)
class Units:
    """The rows of a batch of texts. Shapes (n,)."""

    keys: U64  # of the unit; of separators 0
    kinds: U8
    spaced: BOOL  # whether a blank stands before it within a word
    begin: U32  # first character in its text
    length: U16  # characters
    text: I32  # which text of the batch
    place: I32  # which row of its text
    prefix: U64  # sum of key * BASE ** place of all rows of the batch before it: see `grams`

    def __len__(self) -> int:
        return len(self.keys)

    def grams(self, rows: I64, units: int | I64) -> U64:
        """Return the keys of the strings of `units` units that begin at these rows."""
        return grams(self.prefix, self.place, rows, units)


def grams(prefix: U64, place: I32, rows: I64, units: int | I64) -> U64:
    """Return the keys of the strings of `units` units that begin at these rows. Equal strings have equal keys.

    `rows + units` must be a row of the same text, which always exists, because each text ends with an edge.
    """
    return finalize((prefix[rows + units] - prefix[rows]) * powers(LONGEST)[1].take(place[rows], mode="clip"))


def units_of(points: U32, starts: I64, seed: int) -> Units:
    """The rows of texts as `runs.encoded` gives them.

    >>> from stream.text.runs import encoded
    >>> units = units_of(*encoded(["天气 iPhone 15，好"]), 1)
    >>> units.kinds.tolist(), units.length.tolist()
    ([0, 4, 4, 1, 9, 10, 2, 4, 0], [0, 1, 1, 0, 6, 2, 0, 1, 0])
    """
    mix = np.uint64((seed + 1) * BASE % (1 << 64))
    return Units(*rows_of(points, starts, folding(), kind_table(), powers(LONGEST)[0], mix))


@kernel("stream.horizon.units_numba")
def rows_of(points: U32, starts: I64, folding: U32, kind_of: U8, powers: U64, mix: np.uint64) -> Rows:
    """Return the columns of `Units`.

    `folding` and `kind_of` are indexed by code point, `powers` are those of the base.
    """
    folded, kinds = folding.take(points), kind_of.take(points)
    kinds[starts[1:] - 1] = EDGE
    unit_at, length, unit_kind, before = _found(folded, kinds)
    texts = np.searchsorted(starts, unit_at, "right") - 1
    keys = _keys(folded, kinds, unit_at, length, powers, mix)
    return _rows(keys, unit_kind, unit_at, length, texts, before, starts, kinds, powers)


def _found(folded: U32, kinds: U8) -> tuple[I64, I64, U8, I64]:
    """Return for each unit its first character, its length and kind, and the end of the unit before it."""
    at = np.flatnonzero(kinds != IGNORED)
    kinds, folded = kinds[at], folded[at]
    token = (kinds == LETTERS) | (kinds == DIGITS)
    joins = np.zeros(len(at), bool)  # an apostrophe between two letters
    joins[1:-1] = (kinds[1:-1] == APOSTROPHE) & token[:-2] & (kinds[2:] == LETTERS)
    token |= joins
    single = (kinds >= HAN) & (kinds <= OTHER)
    if len(at) > 2:  # of a repeated character two are left
        same = folded[1:] == folded[:-1]
        single[2:] &= ~(same[1:] & same[:-1])
    first = token.copy()
    first[1:] &= ~token[:-1]
    last = token.copy()
    last[:-1] &= ~token[1:]
    begin = np.flatnonzero(first | single)
    end = begin.copy()
    end[token[begin]] = np.flatnonzero(last)
    letters = np.cumsum(np.concatenate(([0], token & (kinds != DIGITS))))
    digits = np.cumsum(np.concatenate(([0], kinds == DIGITS)))
    has_letters, has_digits = letters[end + 1] > letters[begin], digits[end + 1] > digits[begin]
    unit_kind = np.where(token[begin], np.where(has_letters & has_digits, MIXED, np.where(has_digits, DIGITS, LETTERS)),
                         kinds[begin]).astype(np.uint8)  # fmt: skip
    begins, ends = at[begin], at[end] + 1
    before = np.concatenate((np.zeros(1, np.int64), ends[:-1]))[: len(begins)]
    return begins, ends - begins, unit_kind, before


def _keys(folded: U32, kinds: U8, begin: I64, length: I64, powers: U64, mix: np.uint64) -> U64:
    """Return the keys of the units: hashes of their folded characters, without ignored ones and fourth repetitions."""
    if not len(begin):
        return np.zeros(0, np.uint64)
    counted = kinds != IGNORED
    if len(folded) > 3:
        same = (folded[1:] == folded[:-1]) & (kinds[1:] == LETTERS)
        counted[3:] &= ~(same[2:] & same[1:-1] & same[:-2])
    mixed = finalize(folded.astype(np.uint64) + mix) * counted
    rank = np.cumsum(counted)
    starts = np.concatenate((np.zeros(1, np.int64), begin))
    within = np.arange(len(folded)) - np.repeat(starts, np.diff(np.append(starts, len(folded))))
    exponent = rank - np.take(rank, np.arange(len(folded)) - within)
    terms = np.concatenate((np.zeros(1, np.uint64), np.cumsum(mixed * powers.take(exponent, mode="clip"))))
    return finalize(terms[begin + length] - terms[begin]) | np.uint64(1)


def _rows(
    keys: U64, unit_kind: U8, at: I64, length: I64, texts: I64, before: I64, starts: I64, kinds: U8, powers: U64
) -> Rows:
    """Return the units with the separators between them and an edge on both sides of each text."""
    number = len(starts) - 1
    first = np.ones(len(at), bool)
    first[1:] = texts[1:] != texts[:-1]
    floor = np.where(first, starts[texts], before)
    separator = _greatest(kinds, floor, at)
    is_token = unit_kind >= LETTERS
    spaced = (separator == SPACE) & is_token & ~first
    spaced[1:] &= is_token[:-1]
    parted = (separator > EDGE) & ~spaced & ~first
    size = np.bincount(texts, 1 + parted, number).astype(np.int64) + 2
    row_starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(size)))
    rows = np.arange(len(at)) + np.cumsum(parted) + 2 * texts + 1
    total = int(row_starts[-1])
    row_keys, row_kinds, row_spaced, row_begin, row_length = (
        np.zeros(total, kind) for kind in (np.uint64, np.uint8, bool, np.uint32, np.uint16)
    )
    row_keys[rows], row_kinds[rows], row_spaced[rows] = keys, unit_kind, spaced
    row_begin[rows], row_length[rows] = at - starts[texts], np.minimum(length, 0xFFFF)
    row_kinds[rows[parted] - 1] = separator[parted]
    quoted = first & (separator == QUOTE)
    row_kinds[rows[quoted] - 1] = QUOTE  # 《 at the beginning of a text is a quote, not an edge
    last = np.flatnonzero(np.append(first[1:], True)) if len(at) else np.zeros(0, np.int64)
    closing = _greatest(kinds, at[last] + length[last], starts[texts[last] + 1] - 1)
    row_kinds[rows[last[closing == QUOTE]] + 1] = QUOTE
    text = np.repeat(np.arange(number, dtype=np.int32), size)
    place = (np.arange(total) - row_starts[text]).astype(np.int32)
    terms = row_keys * powers.take(place, mode="clip")
    prefix = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms)[:-1])) if total else terms
    return row_keys, row_kinds, row_spaced, row_begin, row_length, text, place, prefix


def _greatest(kinds: U8, begin: I64, end: I64) -> U8:
    """Return (n,) the strongest separator among the characters of each stretch, EDGE for an empty one."""
    strength = np.where(kinds <= QUOTE, kinds, np.where(kinds == APOSTROPHE, PUNCTUATION, 0)).astype(np.uint8)
    result = np.zeros(len(begin), np.uint8)
    for kind in (SPACE, PUNCTUATION, QUOTE):
        there = np.concatenate((np.zeros(1, np.int64), np.cumsum(strength == kind)))
        result[there[end] > there[begin]] = kind
    return result


@cache
def kind_table() -> U8:
    """Return (0x110000,) the kind of each unfolded code point."""
    table = np.full(0x110000, PUNCTUATION, np.uint8)
    for point in (*range(0x3100), *range(0xA000, 0x20000)):
        category = unicodedata.category(chr(point))
        if category in ("Nd",):
            table[point] = DIGITS
        elif category[0] in "LM" and category != "Me":
            table[point] = LETTERS
        elif category[0] == "Z" or chr(point).isspace():
            table[point] = SPACE
    for kind, ranges in _RANGES:
        for first, last in ranges:
            table[first : last + 1] = kind
    for character in QUOTES:
        table[ord(character)] = QUOTE
    for character in "'’":
        table[ord(character)] = APOSTROPHE
    table[ord("\n")] = PUNCTUATION  # a line ends what stands in it
    table = table[folding()]
    for first, last in _IGNORED:
        table[first : last + 1] = IGNORED
    return table


@cache
def powers(length: int) -> U64:
    """Return (2, length) the powers of the base, and of its inverse modulo 2 ** 64."""
    base = np.array([[BASE], [pow(BASE, -1, 1 << 64)]], np.uint64)
    steps = np.concatenate((np.ones((2, 1), np.uint64), np.repeat(base, length - 1, axis=1)), axis=1)
    return np.cumprod(steps, axis=1, dtype=np.uint64)
