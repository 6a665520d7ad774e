"""text -> runs: maximal stretches of countable characters, for a whole batch of texts in one array.

Width and case are folded one code point to one code point (Ａ, A and a are one character). Characters that fold to
several (㎡) or to none stay as they are. Laughter has no length: of an ideograph repeated without end two are left
(哈哈), of a letter three (www, hhh), of digits all.
Invariant: a run lies within one text, and the characters on both sides of it are not countable.
Cost: one pass to encode, two table look-ups a character.
"""

import re
import unicodedata
from collections.abc import Sequence
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
    "han": (IDEOGRAPH, ((0x4E00, 0x9FFF), (0x3007, 0x3007))),
    "han_extended": (IDEOGRAPH, ((0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x323AF))),
    "kana": (IDEOGRAPH, ((0x3041, 0x3096), (0x30A1, 0x30FA), (0x30FC, 0x30FC))),
    "hangul": (IDEOGRAPH, ((0xAC00, 0xD7A3),)),
    "latin": (LETTER, ((0x41, 0x5A), (0x61, 0x7A))),
    "digit": (DIGIT, ((0x30, 0x39),)),
}
"""What each name in `text.scripts` adds to the countable characters: kind and ranges of code points, both ends in."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Code points of a batch: texts one after the other, one separator (0) behind each."""

    points: U32  # (n,) folded
    kinds: U8  # (n,) SEPARATOR, IDEOGRAPH, LETTER or DIGIT
    written: U32  # (n,) as they stand in the texts
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
    """Which characters count, and what each is folded to."""

    def __init__(self, scripts: Sequence[str], fold: bool = True) -> None:
        self._kinds = _kinds_of(tuple(scripts)).copy()
        self._fold = folding() if fold else None
        if self._fold is not None:
            self._kinds = self._kinds[self._fold]  # of what it is folded to, by the character as it stands

    @classmethod
    def article(cls) -> "Alphabet":
        """The characters of the article's code: U+4E00-U+9FA5, 0-9, a-z, A-Z; nothing is folded."""
        alphabet = cls(("latin", "digit"), fold=False)
        alphabet._kinds[0x4E00 : 0x9FA5 + 1] = IDEOGRAPH
        return alphabet

    @property
    def countable(self) -> U32:
        """The code points that count, sorted."""
        return np.flatnonzero(self._kinds).astype(np.uint32)

    def runs(self, texts: Sequence[str]) -> Runs:
        """The runs of a batch. A lone surrogate is a separator like any other uncountable character."""
        return self.runs_of(*encoded(texts))

    def runs_of(self, points: U32, starts: I64) -> Runs:
        """The runs of texts as `encoded` gives them."""
        if self._fold is None:
            return Runs(points, self._kinds.take(points.astype(np.intp)), points, starts)
        return Runs(*folded(points, starts, self._fold, self._kinds, _kinds_of(tuple(SCRIPTS))))


def encoded(texts: Sequence[str]) -> tuple[U32, I64]:
    """Code points of a batch and where each text begins, as in `Runs`."""
    points = points_of(texts)
    return points, text_starts(points, texts)


@kernel("stream.text.runs_numba")
def text_starts(points: U32, texts: Sequence[str]) -> I64:
    """(texts + 1,) where each text begins in `points`, and where the last one ends."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))


def points_of(texts: Sequence[str]) -> U32:
    """Code points of a batch, a 0 behind each text."""
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
    """(0x110000,) the kind of each code point."""
    kinds = np.zeros(0x110000, np.uint8)
    for script in scripts:
        kind, ranges = SCRIPTS[script]
        for first, last in ranges:
            kinds[first : last + 1] = kind
    return kinds


@cache
def folding() -> U32:
    """(0x110000,) what each code point is folded to: NFKC and lower case, where that is a single code point.

    Only letters, radicals, compatibility ideographs and forms of other width; ① and ² are not digits of a word.
    """
    table = np.arange(0x110000, dtype=np.uint32)
    for first, last in (
        (0x41, 0x5A),
        (0xC0, 0x24F),
        (0x370, 0x52F),
        (0x2E80, 0x2FDF),
        (0xF900, 0xFAFF),
        (0xFF01, 0xFFEE),
    ):
        for point in range(first, last + 1):
            simple = unicodedata.normalize("NFKC", chr(point)).casefold()
            if len(simple) == 1:
                table[point] = ord(simple)
    return table


def fold_word(word: str) -> str:
    """A word as it is counted.

    >>> fold_word("Ｉphone14"), fold_word("哈哈哈哈")
    ('iphone14', '哈哈')
    """
    return _repeated().sub(r"\1\1\2\2\2", fold_characters(word))


def fold_characters(text: str) -> str:
    """A text with each character folded: as long as it was."""
    return text.translate(_folding_map())


@cache
def _repeated() -> re.Pattern[str]:
    ranges = [two for kind, ranges in SCRIPTS.values() if kind == IDEOGRAPH for two in ranges]
    ideographs = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(rf"([{ideographs}])\1{{2,}}|([A-Za-z])\2{{3,}}")


@cache
def _folding_map() -> dict[int, int]:
    table = folding()
    changed = np.flatnonzero(table != np.arange(len(table), dtype=np.uint32))
    return {int(point): int(table[point]) for point in changed}
