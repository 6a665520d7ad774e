"""texts, read twice -> words: the article's batch job, exact.

苏剑林 2016 (kexue.fm/archives/3913): count characters and pairs of neighbours in a run; a pair is strong if it
occurs `min_count` times and `ln(total * n_ab / (n_a * n_b)) >= min_pmi`, with `total` the number of pairs; cut every
run wherever two neighbours are not a strong pair; count the pieces, the last one of a run too, and drop those under
`min_count`. Runs are those of `Alphabet.article()`; letters and digits are characters like any other, nothing is folded
and nothing forgotten. His other step, dropping rare characters, changes nothing: a pair is no more frequent than either
of its characters.

Invariant: no hash decides anything. The alphabet has fewer than 2 ** 15 characters, so a pair is a number of 32 bits
and a piece of up to four characters one of 60; longer pieces are counted as strings.
Cost: for each distinct pair 12 bytes, at most 1.8 GB for all there can be; for each distinct word of up to four
characters 16, and for each longer one a string; time is that of sorting the pairs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite, log

import numpy as np
import numpy.typing as npt

from sketches.compiled import compiled
from stream.stages.exact_counts import ExactCounts, Keys
from stream.stages.runs import I32, U32, Alphabet, Runs, encoded
from stream.stages.segment import cut_where
from stream.stages.strong_bits import StrongBits
from stream.stages.tally import pack

Codes = npt.NDArray[np.uint16]
_CODE_BITS = 15
_MASK = (1 << _CODE_BITS) - 1
_SHORT = 4  # the longest word that fits into 64 bits
_PMI_ROUNDING = 1e-9  # float64 is off by less than 1e-14 here; what is nearer to the threshold is settled exactly


@dataclass(frozen=True, slots=True)
class DiscoverSettings:
    min_count: int = 10
    min_pmi: float = 1.0
    min_length: int = 1

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        wrong = [(key, "must be at least 1") for key in ("min_count", "min_length") if getattr(self, key) < 1]
        if not isfinite(self.min_pmi):
            wrong.append(("min_pmi", "must be a finite number"))
        return wrong


class PairCounts:
    """First pass: every character and every pair of neighbours."""

    def __init__(self) -> None:
        self._chars = np.zeros(1 << _CODE_BITS, np.int64)
        self._pairs = ExactCounts(np.uint32, cells=_codes() ** 2)
        self.total = 0
        """Adjacent pairs so far."""

    @property
    def chars(self) -> int:
        """Countable characters so far."""
        return int(self._chars.sum())

    def add(self, texts: Sequence[str]) -> None:
        """Count a batch."""
        runs, codes = _coded(texts)
        if loops := compiled("stream.stages.exact_loops"):
            counts, pairs = loops.coded_pairs(codes, _codes())
        else:
            counts, pairs = np.bincount(codes, minlength=1 << _CODE_BITS), _pairs(codes)[runs.inner]
        counts[0] = 0
        self._chars += counts[: 1 << _CODE_BITS]
        self._pairs.add(pairs)
        self.total += len(pairs)

    def strong(self, settings: DiscoverSettings) -> StrongBits:
        """The strong pairs of everything counted, by the very numbers of `math.log(total * n_ab / (n_a * n_b))`."""
        pairs, counts = self._pairs.at_least(settings.min_count)
        left, right = np.divmod(pairs, np.uint32(_codes()))
        n_left, n_right = self._chars[left], self._chars[right]
        pmi = np.log(self.total * counts.astype(np.float64) / (n_left.astype(np.float64) * n_right))
        strong = pmi >= settings.min_pmi
        for row in np.flatnonzero(np.abs(pmi - settings.min_pmi) < _PMI_ROUNDING).tolist():
            ratio = self.total * int(counts[row]) / (int(n_left[row]) * int(n_right[row]))
            strong[row] = log(ratio) >= settings.min_pmi
        _, _, points = _alphabet()
        return StrongBits(pack(points[left[strong]], points[right[strong]]))


class WordCounts:
    """Second pass: the same texts, cut at every pair that is not strong.

    >>> texts = ["天气好，天气热，好天气"]
    >>> first = PairCounts()
    >>> first.add(texts)
    >>> settings = DiscoverSettings(min_count=2, min_pmi=0.5)  # 天气: ln(6 * 3 / (3 * 3)) = 0.69
    >>> second = WordCounts(first.strong(settings))
    >>> second.add(texts)
    >>> second.words(settings)
    [('天气', 3), ('好', 2)]
    """

    def __init__(self, strong: StrongBits) -> None:
        self._strong = strong
        self._single = np.zeros(1 << _CODE_BITS, np.int64)
        self._short = ExactCounts(np.uint64)
        self._long: Counter[str] = Counter()
        self.chars = 0
        """Countable characters so far."""

    def add(self, texts: Sequence[str]) -> None:
        """Cut a batch and count its pieces."""
        runs, codes = _coded(texts)
        if self._added_by_loops(runs, codes):
            return
        pieces = cut_where(runs, ~self._strong.joins(runs.points))
        length = pieces.end - pieces.begin
        self._single += np.bincount(codes[pieces.begin[length == 1]], minlength=1 << _CODE_BITS)
        for size in range(2, _SHORT + 1):
            self._short.add(_packed(codes, pieces.begin[length == size], size))
        self._long.update(_slices(runs, pieces.begin[length > _SHORT], pieces.end[length > _SHORT]))
        self.chars += int(length.sum())

    def _added_by_loops(self, runs: Runs, codes: Codes) -> bool:
        loops, exact = compiled("stream.stages.loops"), compiled("stream.stages.exact_loops")
        if not (loops and exact and (tables := self._strong.tables)):
            return False
        begin, end = loops.cut(runs.points, runs.kinds, *tables)
        single, keys, first, last = exact.packed(codes, begin, end, _SHORT, _CODE_BITS)
        self._single += single[: 1 << _CODE_BITS]
        self._short.add(keys)
        order = np.argsort(exact.named_alike(codes, first, last))
        *long, counts = exact.grouped(codes, first[order], last[order])
        for word, count in zip(_slices(runs, *long), counts.tolist(), strict=True):
            self._long[word] += count
        self.chars += int((end - begin).sum())
        return True

    def words(self, settings: DiscoverSettings) -> list[tuple[str, int]]:
        """Words and counts, most frequent first, ties in order of code points."""
        found: dict[str, int] = {}
        every = np.arange(1 << _CODE_BITS, dtype=np.uint16)
        often = self._single >= settings.min_count
        single = _packed(every, every[often], 1), self._single[often]
        for keys, counts in (self._short.at_least(settings.min_count), single):
            found |= dict(zip(_spelled(keys), counts.tolist(), strict=True))
        found |= {word: count for word, count in self._long.items() if count >= settings.min_count}
        words = ((word, count) for word, count in found.items() if len(word) >= settings.min_length)
        return sorted(words, key=lambda item: (-item[1], item[0]))


@cache
def _alphabet() -> tuple[Alphabet, Codes, U32]:
    """The article's characters; the code of each code point, from 1, 0 for what separates; and the way back."""
    alphabet = Alphabet.article()
    every = alphabet.runs(["".join(map(chr, range(0x110000)))])
    points = np.flatnonzero(every.kinds).astype(np.uint32)
    assert len(points) < 1 << _CODE_BITS
    codes = np.zeros(0x110000, np.uint16)
    codes[points] = np.arange(1, len(points) + 1)
    return alphabet, codes, np.concatenate((np.zeros(1, np.uint32), points))


def _codes() -> int:
    """How many codes there are, 0 among them."""
    _, _, points = _alphabet()
    return len(points)


def _coded(texts: Sequence[str]) -> tuple[Runs, Codes]:
    alphabet, codes, _ = _alphabet()
    if loops := compiled("stream.stages.exact_loops"):
        points, starts = encoded(texts)
        found, kinds = loops.coded(points, codes)  # of one kind, for here letters are no tokens
        return Runs(points, kinds, points, starts), found
    runs = alphabet.runs(texts)
    return runs, codes[runs.points]


def _pairs(codes: Codes) -> U32:
    """(n - 1,) every two neighbours as one number; across a separator one half is 0."""
    pairs: U32 = codes[:-1] * np.uint32(_codes()) + codes[1:]
    return pairs


def _packed(codes: Codes, begin: npt.NDArray[np.integer], size: int) -> Keys:
    """Words of `size` characters as numbers: the first one uppermost, 0 behind the last."""
    keys = np.zeros(len(begin), np.uint64)
    for step in range(size):
        keys |= codes[begin + step].astype(np.uint64) << np.uint64(_CODE_BITS * (_SHORT - 1 - step))
    return keys


def _spelled(keys: Keys) -> list[str]:
    """Words from their numbers. A numpy string ends before its trailing zeros, as our words do."""
    _, _, points = _alphabet()
    shifts = np.arange(_SHORT - 1, -1, -1, dtype=np.uint64) * np.uint64(_CODE_BITS)
    spelled: list[str] = points[(keys[:, None] >> shifts) & _MASK].view(f"<U{_SHORT}").ravel().tolist()
    return spelled


def _slices(runs: Runs, begin: I32, end: I32) -> Iterator[str]:
    if not len(begin):
        return
    text = runs.points.tobytes().decode("utf-32-le", "surrogatepass")
    yield from map(text.__getitem__, map(slice, begin.tolist(), end.tolist()))
