"""Words and their corpus, read once more -> how well each word holds together, and how freely it occurs.

For every word, over all its occurrences within runs, whether or not the cut found them:

    link_pmi       the least PMI of its neighbouring characters, ln(total * n_ab / (n_a * n_b)); 0 for independent ones
    left_entropy,  entropy of the characters before and after it, in nats; each edge of a run counts as a new neighbour:
    right_entropy  0 if it is always the same character, so that the word is a part of a longer one
    freedom        the share of occurrences at the beginning, or the end, of a run; the lesser of the two
    unity          the least PMI of two parts it can be split into, ln(total * n_word / (n_left * n_right)): low for a
                   phrase of frequent words, however strong the links within them are

A word of one character has neither links nor parts: its link_pmi and unity are None.
Guarantee: exact; no result depends on a hash. All substrings of the words are numbered, by length; one of L characters
is found in the text by the numbers of its two substrings of L - 1. Cost: 16 bytes a substring, and 16 for each distinct
word and neighbour; a binary search for each character of the text and each length at which a substring is found there,
together two to three a character.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.corpus.discover import Codes, coded
from stream.corpus.exact_counts import ExactCounts
from stream.text.runs import I64, points_of

COLUMNS = ("link_pmi", "left_entropy", "right_entropy", "freedom", "unity")
_CODES = 1 << 16
_PORTION = 1 << 20
_HALF, _CODE_BITS, _CODE = np.uint64(32), np.uint64(16), np.uint64(_CODES - 1)


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of one word; the module describes them."""

    link_pmi: float | None
    left_entropy: float
    right_entropy: float
    freedom: float
    unity: float | None

    @property
    def entropy(self) -> float:
        """The lesser of both sides' entropies, which a filter compares."""
        return min(self.left_entropy, self.right_entropy)


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """The minima a word must reach, None for no filter; a minimum is not applied to a word that has no such score."""

    link_pmi: float | None = None
    entropy: float | None = None
    freedom: float | None = None
    unity: float | None = None

    @property
    def asked(self) -> bool:
        """Whether there is any filter."""
        return any(getattr(self, name) is not None for name in self.__slots__)

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        given = ((f"min_{name}", getattr(self, name)) for name in self.__slots__)
        return [(key, "must be a finite number") for key, value in given if value is not None and not isfinite(value)]

    def passes(self, scores: Scores) -> bool:
        """Whether a word reaches every minimum."""
        for name in self.__slots__:
            least, found = getattr(self, name), getattr(scores, name)
            if least is not None and found is not None and found < least:
                return False
        return True


class WordScores:
    """Add the texts again, take the scores.

    >>> scores = WordScores(["天气", "好"])
    >>> scores.add(coded(points_of(["天气好，天气热，好天气"])))
    >>> first, second = scores.scores()
    >>> round(first.link_pmi, 3), round(first.right_entropy, 3), round(first.freedom, 3), second.link_pmi
    (0.693, 1.099, 0.333, None)
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._substrings = _Substrings([coded(points_of([word]))[:-1] for word in words])
        self._left, self._right = ExactCounts(np.uint64), ExactCounts(np.uint64)
        self._total = 0

    def add(self, codes: Codes) -> None:
        """Count a batch of texts in the form that `coded` returns."""
        for portion in _portions(codes):
            self._add(portion)

    def _add(self, codes: Codes) -> None:
        codes = np.concatenate((np.zeros(1, np.uint16), codes, np.zeros(1, np.uint16)))
        self._total += int(np.count_nonzero((codes[1:] > 0) & (codes[:-1] > 0)))
        for length, places, words in self._substrings.found(codes):
            numbers = words.astype(np.uint64) << _CODE_BITS
            self._left.add(numbers | codes[places - 1])
            self._right.add(numbers | codes[places + length])

    def scores(self) -> list[Scores]:
        """Return the scores of each word, in the given order. Nothing may be added afterwards."""
        occurrences = self._substrings.occurrences
        sides = [_side(counts, occurrences) for counts in (self._left, self._right)]
        freedom = np.minimum(sides[0][1], sides[1][1])
        columns = (self._substrings.weakest_links(self._total), sides[0][0], sides[1][0], freedom,
                   self._substrings.weakest_splits(self._total))  # fmt: skip
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [Scores(_known(pmi), left, right, free, _known(unity)) for pmi, left, right, free, unity in rows]


@dataclass(slots=True)
class _Group:
    """The words of one length: their indices among all words and, by length - 1, the numbers of their substrings.

    The numbers are arrays (words, substrings of that length).
    """

    words: I64
    numbers: list[I64]

    def counts(self, counts: Sequence[I64], length: int, place: int) -> I64:
        """Return (words,) how often the substring of that length at that place occurs in the texts."""
        return counts[length - 1][self.numbers[length - 1][:, place]]


class _Substrings:
    """All substrings of words; those of one length are numbered from 0 and found by the numbers of two shorter ones."""

    def __init__(self, words: Sequence[Codes]) -> None:
        lengths = np.array([len(word) for word in words], np.int64)
        self._words = len(words)
        self._groups = [_group(words, np.flatnonzero(lengths == length)) for length in np.unique(lengths).tolist()]
        self._keys: list[U64] = []  # by length - 2
        self._counts = [np.zeros(_CODES, np.int64)]  # by length - 1
        for length in range(2, int(lengths.max(initial=1)) + 1):
            longer = [
                group for group in self._groups if len(group.numbers) == length - 1 and group.numbers[-1].shape[1] > 1
            ]
            pairs = [_keys(group.numbers[-1][:, :-1], group.numbers[-1][:, 1:]) for group in longer]
            keys = np.unique(np.concatenate([pair.ravel() for pair in pairs]))
            for group, pair in zip(longer, pairs, strict=True):
                group.numbers.append(np.searchsorted(keys, pair))
            self._keys.append(keys)
            self._counts.append(np.zeros(len(keys), np.int64))
        self._word_of = [np.full(len(counts), -1, np.int64) for counts in self._counts]
        for group in self._groups:
            self._word_of[len(group.numbers) - 1][group.numbers[-1][:, 0]] = group.words

    def found(self, codes: Codes) -> list[tuple[int, I64, I64]]:
        """Count all substrings in the text; yield length, places and numbers of the words in it."""
        found = []
        places, numbers = np.flatnonzero(codes), codes.astype(np.int64)
        for length, (counts, word_of) in enumerate(zip(self._counts, self._word_of, strict=True), 1):
            if length > 1:
                places, numbers = self._longer(length, places, numbers)
            counts += np.bincount(numbers[places], minlength=len(counts))
            words = word_of[numbers[places]]
            found.append((length, places[words >= 0], words[words >= 0]))
        return found

    def _longer(self, length: int, places: I64, numbers: I64) -> tuple[I64, I64]:
        """Return the places of substrings of that length, and their numbers by place, from those of the shorter
        ones.
        """
        there = np.zeros(len(numbers) + 1, bool)
        there[places] = True
        places = places[there[places + 1]]
        keys, wanted = self._keys[length - 2], _keys(numbers[places], numbers[places + 1])
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        hit = keys[place] == wanted
        longer = np.zeros(len(numbers), np.int64)
        longer[places[hit]] = place[hit]
        return places[hit], longer

    @property
    def occurrences(self) -> I64:
        """Return (words,) how often each occurs in the texts."""
        return self._by_word(lambda group: group.counts(self._counts, len(group.numbers), 0)).astype(np.int64)

    def weakest_links(self, total: int) -> F64:
        """Return (words,) the least PMI of two neighbours; NaN for one character."""
        return self._least(total, lambda length: [(1, at, 1, at + 1, 2, at) for at in range(length - 1)])

    def weakest_splits(self, total: int) -> F64:
        """Return (words,) the least PMI of two parts that make up the word; NaN for one character."""
        return self._least(total, lambda length: [(at, 0, length - at, at, length, 0) for at in range(1, length)])

    def _least(self, total: int, splits: Callable[[int], list[tuple[int, int, int, int, int, int]]]) -> F64:
        """Return the least PMI over (length and place of the left part, of the right part, of the whole)."""

        def least(group: _Group) -> F64:
            ratios = [np.full(len(group.words), inf)]
            for split in splits(len(group.numbers)):
                left, right, whole = (group.counts(self._counts, *split[at : at + 2]) for at in (0, 2, 4))
                ratios.append(total * whole.astype(np.float64) / np.maximum(1.0, left.astype(np.float64) * right))
            lowest: F64 = np.min(ratios, axis=0)
            return np.log(lowest, out=np.full(len(lowest), nan), where=(lowest > 0) & (lowest < inf))

        return self._by_word(least)

    def _by_word(self, of_group: Callable[[_Group], F64 | I64]) -> F64:
        values = np.full(self._words, nan)
        for group in self._groups:
            values[group.words] = of_group(group)
        return values


def _group(words: Sequence[Codes], which: I64) -> _Group:
    return _Group(which, [np.array([words[number] for number in which.tolist()], np.int64)])


def _portions(codes: Codes) -> Iterator[Codes]:
    """Yield stretches of about `_PORTION` codes that end at the end of a run, to bound the memory."""
    begin = 0
    while begin < len(codes):
        edges = np.flatnonzero(codes[begin + _PORTION : begin + 2 * _PORTION] == 0)
        end = begin + _PORTION + int(edges[0]) + 1 if len(edges) else len(codes)
        yield codes[begin:end]
        begin = end


def _side(neighbours: ExactCounts, occurrences: I64) -> tuple[F64, F64]:
    """Return (words,) the entropy of the neighbours on one side, and the share of edges."""
    keys, counts = neighbours.at_least(1)
    word, code = (keys >> _CODE_BITS).astype(np.int64), keys & _CODE
    number, edge, all_of = len(occurrences), code == 0, np.maximum(1, occurrences)
    edges = np.bincount(word[edge], counts[edge], number)
    named = np.bincount(word[~edge], counts[~edge] * np.log(counts[~edge]), number)
    return np.log(all_of) - named / all_of, edges / all_of


def _keys(left: I64, right: I64) -> U64:
    """Return two numbers as one."""
    keys: U64 = (left.astype(np.uint64) << _HALF) | right.astype(np.uint64)
    return keys


def _known(value: float) -> float | None:
    return None if isnan(value) else value
