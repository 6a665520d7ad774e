"""A corpus, read twice -> its words: the batch job of the article, with exact counts.

苏剑林 2016 (kexue.fm/archives/3913): count characters and adjacent pairs; a pair is strong if it occurs `min_count`
times and `ln(total * n_ab / (n_a * n_b)) >= min_pmi`, with `total` the number of pairs; cut every run between
neighbours that are not a strong pair; count the pieces, the last one of a run too, and drop those under `min_count`.
Runs are those of `Alphabet.article()`: letters and digits are characters like any other, and nothing is folded or
decayed. The article's step of dropping rare characters is omitted, because it changes nothing: a pair is not more
frequent than its characters.

Guarantee: exact; no result depends on a hash. The alphabet has fewer than 2 ** 15 characters, so a pair is a 32-bit
number and a piece of up to four characters one of 60 bits; longer pieces are compared character by character.
Cost: 12 bytes for each distinct pair, at most 1.8 GB for all possible ones; 16 bytes for each distinct word of up to
four characters, and 24 to 48 bytes plus 2 a character for longer ones; the time is that of sorting the rare pairs.
"""

from dataclasses import dataclass
from functools import cache
from math import isfinite, log

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.kernels import kernel
from stream.corpus.exact_counts import ExactCounts, Keys
from stream.corpus.frequent_pairs import FrequentPairs, add_pairs
from stream.corpus.sequence_counts import LongCounts
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.segmentation.cut import bounds_where
from stream.segmentation.tally import pack
from stream.text.runs import I32, I64, U32, Alphabet

Codes = npt.NDArray[np.uint16]
_CODE_BITS = 15
_MASK = (1 << _CODE_BITS) - 1
_SHORT = 4  # the longest word that fits into 64 bits
_TOKEN_CHARS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PMI_ROUNDING = 1e-9  # float64 is off by less than 1e-14 here; what is nearer to the threshold is settled exactly


@dataclass(frozen=True, slots=True)
class DiscoverSettings:
    """The thresholds of the article's method."""

    min_count: int = 10
    min_pmi: float = 1.0
    min_length: int = 1
    whole_tokens: bool = False
    """Letters and digits beside one another are never cut, and a letter alone is no word: not the article's method."""

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = [(key, "must be at least 1") for key in ("min_count", "min_length") if getattr(self, key) < 1]
        if not isfinite(self.min_pmi):
            wrong.append(("min_pmi", "must be a finite number"))
        return wrong


def coded(points: U32) -> Codes:
    """Return the code of each code point, 0 for separators; counting and cutting need only these codes."""
    return looked_up(points, _alphabet()[0])


@kernel("stream.corpus.exact_numba")
def looked_up(points: U32, table: Codes) -> Codes:
    """Return (n,) the code of each point; all points beyond the basic plane are separators, like its last one."""
    return table.take(points, mode="clip")


class PairCounts:
    """The first pass: counts every character and every adjacent pair."""

    def __init__(self, frequent: FrequentPairs | None = None) -> None:
        self._chars = np.zeros(1 << _CODE_BITS, np.int64)
        self._pairs = ExactCounts(np.uint32, cells=_codes() ** 2)
        self._frequent, self._in_cells, self._taken = frequent, False, False
        self.total = 0
        """Adjacent pairs so far."""

    @property
    def chars(self) -> int:
        """The number of countable characters so far."""
        return int(self._chars.sum())

    def another(self, codes: Codes) -> "PairCounts":
        """Return empty counts for other batches of the same text, to be added with `absorb`.

        `codes` is one of the batches.
        """
        self._frequent = self._frequent or FrequentPairs(codes, _codes())
        return PairCounts(self._frequent.another())

    def add(self, codes: Codes) -> None:
        """Count a batch in the form that `coded` returns."""
        self._frequent = frequent = self._frequent or FrequentPairs(codes, _codes())
        if frequent.room < len(codes):
            self._pairs.add_counts(*frequent.taken())
            self._taken = True
        frequent.room -= len(codes)
        pairs, number = add_pairs(codes, self._chars, _codes(), frequent.ranks, frequent.cells)
        self._in_cells |= len(pairs) < number
        self._chars[0] = 0
        self._pairs.add(pairs)
        self.total += number

    def absorb(self, other: "PairCounts") -> None:
        """Add the counts of another object, which must not be used afterwards."""
        if self._frequent and other._frequent and not self._frequent.absorbs(other._frequent):
            self._pairs.add_counts(*other._frequent.taken())
            self._taken = True
        self._taken |= other._taken
        self._in_cells |= other._in_cells
        self._pairs.absorb(other._pairs)
        self._chars += other._chars
        self.total += other.total

    def _often(self, least: int) -> tuple[Keys, I64]:
        """Return the sorted pairs with at least that count, and their counts. Nothing may be added afterwards."""
        if not (self._frequent and self._in_cells):
            return self._pairs.at_least(least)
        if self._taken:  # of a pair some may have been counted here, and some there
            self._pairs.add_counts(*self._frequent.taken())
            return self._pairs.at_least(least)
        often, others = self._frequent.taken(least), self._pairs.at_least(least)
        pairs = np.concatenate((often[0], others[0]))
        order = np.argsort(pairs)
        return pairs[order], np.concatenate((often[1], others[1]))[order]

    def strong(self, settings: DiscoverSettings) -> AdjacencyBitmap:
        """Return the strong pairs, as pairs of codes, with the exact result of `math.log(total * n_ab / (n_a *
        n_b))`.
        """
        pairs, counts = self._often(settings.min_count)
        left, right = np.divmod(pairs, np.uint32(_codes()))
        n_left, n_right = self._chars[left], self._chars[right]
        pmi = np.log(self.total * counts.astype(np.float64) / (n_left.astype(np.float64) * n_right))
        strong = pmi >= settings.min_pmi
        for row in np.flatnonzero(np.abs(pmi - settings.min_pmi) < _PMI_ROUNDING).tolist():
            ratio = self.total * int(counts[row]) / (int(n_left[row]) * int(n_right[row]))
            strong[row] = log(ratio) >= settings.min_pmi
        joined = pack(left[strong], right[strong])
        return AdjacencyBitmap(np.union1d(joined, _token_pairs()) if settings.whole_tokens else joined)


class WordCounts:
    """Second pass: the same texts, cut at every pair that is not strong.

    >>> from stream.text.runs import points_of
    >>> codes = coded(points_of(["天气好，天气热，好天气"]))
    >>> first = PairCounts()
    >>> first.add(codes)
    >>> settings = DiscoverSettings(min_count=2, min_pmi=0.5)  # 天气: ln(6 * 3 / (3 * 3)) = 0.69
    >>> second = WordCounts(first.strong(settings))
    >>> second.add(codes)
    >>> second.words(settings)
    [('天气', 3), ('好', 2)]
    """

    def __init__(self, strong: AdjacencyBitmap) -> None:
        self._strong = strong
        self._single = np.zeros(1 << _CODE_BITS, np.int64)
        self._short = ExactCounts(np.uint64)
        self._long = LongCounts()
        self.chars = 0
        """Countable characters so far."""

    def add(self, codes: Codes) -> None:
        """Cut a batch in the form that `coded` returns, and count its pieces."""
        self.chars += int(np.count_nonzero(codes))
        keys, begin, end = cut_codes(codes, self._strong, self._single, _SHORT, _CODE_BITS)
        self._single[0] = 0
        self._short.add(keys)
        self._long.add(codes, begin, end)

    def words(self, settings: DiscoverSettings) -> list[tuple[str, int]]:
        """Return words and counts, most frequent first, ties in order of code points."""
        every = np.arange(1 << _CODE_BITS, dtype=np.uint16)
        often = self._single >= settings.min_count
        short, short_counts = self._short.at_least(settings.min_count)
        long, long_counts = self._long.at_least(settings.min_count)
        order = sorted(range(len(long)), key=lambda at: long[at].tolist())  # few
        keys = np.concatenate((_packed(every, every[often], 1), short))
        begins = np.array([_packed(long[at], np.zeros(1, np.int64), _SHORT)[0] for at in order], np.uint64)
        words = _spelled(keys) + [_alphabet()[1][long[at]].tobytes().decode("utf-32-le") for at in order]
        counts = np.concatenate((self._single[often], short_counts, long_counts[order]))
        by_word = np.lexsort((np.concatenate((keys, begins)), -counts))  # a beginning stands before longer words
        found = zip(map(words.__getitem__, by_word.tolist()), counts[by_word].tolist(), strict=True)
        return [(word, count) for word, count in found if len(word) >= settings.min_length]

    def another(self) -> "WordCounts":
        """Return empty counts for other batches of the same text, to be added with `absorb`."""
        return WordCounts(self._strong)

    def absorb(self, other: "WordCounts") -> None:
        """Add the counts of another object, which must not be used afterwards."""
        self._single += other._single
        self._short.absorb(other._short)
        self._long.absorb(other._long)
        self.chars += other.chars


@kernel("stream.corpus.exact_numba")
def cut_codes(
    codes: Codes, strong: AdjacencyBitmap, single: I64, longest: int, code_bits: int
) -> tuple[Keys, I32, I32]:
    """Cut codes, and count the pieces of one character in `single`.

    Return pieces of up to `longest` characters as numbers, and the begins and ends of longer ones.
    """
    begin, end = bounds_where((codes > 0).astype(np.uint8), ~strong.joins(codes.astype(np.uint32)))
    length = end - begin
    single += np.bincount(codes[begin[length == 1]], minlength=len(single))
    keys = [_packed(codes, begin[length == size], size) for size in range(2, longest + 1)]
    return np.concatenate(keys), begin[length > longest], end[length > longest]


@cache
def _alphabet() -> tuple[Codes, U32]:
    """Return the code of each code point of the basic plane (from 1.

    0 for separators), and the code point of each code.
    """
    points = Alphabet.article().countable
    assert len(points) < 1 << _CODE_BITS and points[-1] < 1 << 16
    codes = np.zeros(1 << 16, np.uint16)
    codes[points] = np.arange(1, len(points) + 1)
    return codes, np.concatenate((np.zeros(1, np.uint32), points))


def _token_pairs() -> U64:
    """Return all pairs of two letters or digits, as codes."""
    codes = _alphabet()[0][np.frombuffer(_TOKEN_CHARS, np.uint8)].astype(np.uint32)
    return pack(np.repeat(codes, len(codes)), np.tile(codes, len(codes)))


def _codes() -> int:
    """Return the number of codes, 0 included."""
    return len(_alphabet()[1])


def _packed(codes: Codes, begin: npt.NDArray[np.integer], size: int) -> Keys:
    """Return words of `size` characters as numbers: the first character in the highest bits, 0 after the last."""
    keys = np.zeros(len(begin), np.uint64)
    for step in range(size):
        keys |= codes[begin + step].astype(np.uint64) << np.uint64(_CODE_BITS * (_SHORT - 1 - step))
    return keys


def _spelled(keys: Keys) -> list[str]:
    """Return the words of these numbers; numpy drops the trailing zeros of a string."""
    points = _alphabet()[1]
    shifts = np.arange(_SHORT - 1, -1, -1, dtype=np.uint64) * np.uint64(_CODE_BITS)
    spelled: list[str] = points[(keys[:, None] >> shifts) & _MASK].view(f"<U{_SHORT}").ravel().tolist()
    return spelled
