"""Splits texts into runs, maximal stretches of countable characters, for a whole batch in one array.

Width and case are folded if one code point folds to one code point (Ａ, A and a are one character); characters that
fold to several (㎡) or to none are unchanged. Repetition is shortened: two of a repeated ideograph are kept (哈哈),
three of a repeated letter (www, hhh), and all digits.
Guarantee: a run lies within one text, and the characters on both sides of it are not countable.
Cost: one pass to encode, two table look-ups a character.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from sketches.kernels import kernel

U32 = npt.NDArray[np.uint32]
U16 = npt.NDArray[np.uint16]
U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

SEPARATOR, IDEOGRAPH, LETTER, DIGIT = 0, 1, 2, 3  # from LETTER on: characters of tokens, which are never cut

SCRIPTS: dict[str, tuple[int, tuple[tuple[int, int], ...]]] = {
    "han": (IDEOGRAPH, ((0x4E00, 0x9FFF), (0x3005, 0x3007))),
    "han_extended": (IDEOGRAPH, ((0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x323AF))),
    "kana": (IDEOGRAPH, ((0x3041, 0x3096), (0x30A1, 0x30FA), (0x30FC, 0x30FC))),
    "hangul": (IDEOGRAPH, ((0xAC00, 0xD7A3),)),
    "thai": (IDEOGRAPH, ((0xE01, 0xE3A), (0xE40, 0xE4E))),
    "lao": (IDEOGRAPH, ((0xE81, 0xECE), (0xEDC, 0xEDF))),
    "khmer": (IDEOGRAPH, ((0x1780, 0x17D3), (0x17D7, 0x17D7), (0x17DC, 0x17DD))),
    "burmese": (IDEOGRAPH, ((0x1000, 0x103F), (0x1050, 0x108F), (0x109A, 0x109D), (0xA9E0, 0xA9EF), (0xA9FA, 0xA9FE),
                            (0xAA60, 0xAA76), (0xAA7A, 0xAA7F))),
    "tibetan": (IDEOGRAPH, ((0xF00, 0xF00), (0xF0B, 0xF0C), (0xF18, 0xF19), (0xF35, 0xF35), (0xF37, 0xF37),
                            (0xF39, 0xF39), (0xF3E, 0xF84), (0xF86, 0xFBC), (0xFC6, 0xFC6))),
    "latin": (LETTER, ((0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6),
                       (0xF8, 0x2AF), (0x300, 0x36F), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA787),
                       (0xA78B, 0xA7FF), (0xAB30, 0xAB5A), (0xFB00, 0xFB06))),
    "greek": (LETTER, ((0x370, 0x373), (0x376, 0x377), (0x37B, 0x37D), (0x37F, 0x37F), (0x386, 0x386), (0x388, 0x3FF),
                       (0x1F00, 0x1FBC), (0x1FC2, 0x1FFC))),
    "cyrillic": (LETTER, ((0x400, 0x481), (0x48A, 0x52F), (0x1C80, 0x1C8A), (0xA640, 0xA66E), (0xA680, 0xA69D))),
    "digit": (DIGIT, ((0x30, 0x39),)),
}  # fmt: skip
"""What each name in `text.scripts` adds to the countable characters: kind and ranges of code points, both ends in.

IDEOGRAPH is every script that is written without spaces; marks that no letter takes in belong to the script before
them. The syllables of Tibetan are divided by a mark (U+0F0B), which is a character of the word.
"""
ALL = "all"
"""In `text.scripts`: every script there is."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Code points of a batch: consecutive texts, each followed by one separator (0)."""

    points: U32  # (n,) folded
    kinds: U8  # (n,) SEPARATOR, IDEOGRAPH, LETTER or DIGIT
    written: U32  # (n,) as written in the texts
    starts: npt.NDArray[np.int64]  # (texts + 1,) where each text begins; the last is n

    @property
    def inner(self) -> npt.NDArray[np.bool_]:
        """(n - 1,) whether positions i and i + 1 are neighbours within a run."""
        countable = self.kinds != SEPARATOR
        within: npt.NDArray[np.bool_] = countable[:-1] & countable[1:]
        return within

    def spans(self) -> list[tuple[int, int]]:
        """Every run as (begin, end) in `points`.

        >>> points = Alphabet(("han",)).runs(["你好，世界"])
        >>> points.spans()
        [(0, 2), (3, 5)]
        """
        edges = np.flatnonzero(np.diff(np.concatenate(([0], self.kinds != SEPARATOR, [0])).astype(np.int8)))
        return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


class Alphabet:
    """Which characters are countable, and what each is folded to."""

    def __init__(self, scripts: Sequence[str], fold: bool = True) -> None:
        self._kinds = _kinds_of(tuple(scripts)).copy()
        self._fold = folding() if fold else None
        if self._fold is not None:
            self._kinds = self._kinds[self._fold]  # by written character, the kind of what it is folded to

    @classmethod
    def article(cls) -> "Alphabet":
        """Return the characters of the article's code: U+4E00-U+9FA5, 0-9, a-z, A-Z; nothing is folded."""
        alphabet = cls(("digit",), fold=False)
        alphabet._kinds[0x4E00 : 0x9FA5 + 1] = IDEOGRAPH
        alphabet._kinds[0x41 : 0x5A + 1] = alphabet._kinds[0x61 : 0x7A + 1] = LETTER
        return alphabet

    @property
    def countable(self) -> U32:
        """The countable code points, sorted."""
        return np.flatnonzero(self._kinds).astype(np.uint32)

    def runs(self, texts: Sequence[str]) -> Runs:
        """Return the runs of a batch. A lone surrogate is a separator like any uncountable character."""
        return self.runs_of(*encoded(texts))

    def runs_of(self, points: U32, starts: I64) -> Runs:
        """Return the runs of texts in the form that `encoded` returns."""
        if self._fold is None:
            return Runs(points, self._kinds.take(points.astype(np.intp)), points, starts)
        return Runs(*folded(points, starts, self._fold, self._kinds, _kinds_of(tuple(SCRIPTS))))


def encoded(texts: Sequence[str]) -> tuple[U32, I64]:
    """Return the code points of a batch and where each text begins, as in `Runs`."""
    points = points_of(texts)
    return points, text_starts(points, texts)


@kernel("stream.text.runs_numba")
def text_starts(points: U32, texts: Sequence[str]) -> I64:
    """(texts + 1,) where each text begins in `points`, and where the last one ends."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))


def points_of(texts: Sequence[str]) -> U32:
    """Return the code points of a batch, with a 0 after each text."""
    return np.frombuffer("\0".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), "<u4")


@kernel("stream.text.runs_numba")
def folded(written: U32, starts: I64, folding: U32, kind_of: U8, every_kind: U8) -> tuple[U32, U8, U32, I64]:
    """The columns of `Runs`: folded, with two of a repeated ideograph and three of a repeated letter.

    `folding`, `kind_of` and `every_kind` are tables by code point: what each is folded to, its kind where it counts,
    and its kind whether it counts or not.

    >>> runs = Alphabet(("han", "latin", "digit")).runs(["哈哈哈哈哈，WWWWW，10000"])
    >>> "".join(map(chr, runs.points[runs.kinds > 0]))
    '哈哈www10000'
    """
    places = written.astype(np.intp)  # converted once for both look-ups
    points, kinds = folding.take(places), kind_of.take(places)
    same = points[1:] == points[:-1]
    third = same[1:] & same[:-1]
    if not third.any():  # nearly always
        return points, kinds, written, starts
    every = every_kind.take(points[2:].astype(np.intp))
    kept = np.ones(len(points), bool)
    kept[2:] &= ~(third & (every == IDEOGRAPH))
    kept[3:] &= ~(third[1:] & third[:-1] & (every[1:] == LETTER))
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(kept)))
    return points[kept], kinds[kept], written[kept], before[starts]


@cache
def _kinds_of(scripts: tuple[str, ...]) -> U8:
    """Return (0x110000,) the kind of each code point."""
    kinds = np.zeros(0x110000, np.uint8)
    for script in SCRIPTS if ALL in scripts else scripts:
        kind, ranges = SCRIPTS[script]
        for first, last in ranges:
            kinds[first : last + 1] = kind
    return kinds


def count_as(others: Mapping[int, int]) -> None:
    """Count these characters as the ones they map to, in addition to `folding`, from now on and in the whole process.

    It holds for texts and words alike, so call it once, before any of them is read.
    """
    if dict(others) != _counted_as:
        _counted_as.clear()
        _counted_as.update(others)
        for cached in (folding, _folding_map):
            cached.cache_clear()


_counted_as: dict[int, int] = {}


@cache
def folding() -> U32:
    """(0x110000,) what each code point is folded to: NFKC and lower case, if that is a single code point.

    Only letters, radicals, compatibility ideographs and forms of other width; ① and ² are not digits of a word.
    """
    table = np.arange(0x110000, dtype=np.uint32)
    for first, last in (
        (0x41, 0x5A),
        (0xC0, 0x24F),
        (0x370, 0x52F),
        (0x1E00, 0x1FFF),
        (0x2C60, 0x2C7F),
        (0xA640, 0xA69D),
        (0xA722, 0xA7FF),
        (0x2E80, 0x2FDF),
        (0xF900, 0xFAFF),
        (0xFF01, 0xFFEE),
        (0x1D400, 0x1D7FF),  # letters of mathematics, which some write for bold and italic
    ):
        for point in range(first, last + 1):
            simple = unicodedata.normalize("NFKC", chr(point)).casefold()
            if len(simple) == 1:
                table[point] = ord(simple)
    if _counted_as:
        also = table.copy()
        also[list(_counted_as)] = list(_counted_as.values())
        table = also[table]  # what was folded is folded on
    return table


def fold_word(word: str) -> str:
    """Fold a word to the form it is counted in.

    >>> fold_word("Ｉphone14"), fold_word("哈哈哈哈")
    ('iphone14', '哈哈')
    """
    return _repeated().sub(r"\1\1\2\2\2", fold_characters(word))


def fold_characters(text: str) -> str:
    """Fold each character of a text; the length stays the same."""
    return text.translate(_folding_map())


@cache
def _repeated() -> re.Pattern[str]:
    of_kind = {
        wanted: "".join(f"{chr(first)}-{chr(last)}" for kind, ranges in SCRIPTS.values() if kind == wanted
                        for first, last in ranges)
        for wanted in (IDEOGRAPH, LETTER)
    }  # fmt: skip
    return re.compile(rf"([{of_kind[IDEOGRAPH]}])\1{{2,}}|([{of_kind[LETTER]}])\2{{3,}}")


@cache
def _folding_map() -> dict[int, int]:
    table = folding()
    changed = np.flatnonzero(table != np.arange(len(table), dtype=np.uint32))
    return {int(point): int(table[point]) for point in changed}
