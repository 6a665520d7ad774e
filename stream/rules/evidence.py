"""word tables + a word -> what is known of it as of now: texts, first mention, neighbours, sources, examples.

Cost: a binary search in each table for each word, all words at once, and a sort of their facets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.events.events import Neighbours
from stream.text.runs import I64
from stream.words.context_counts import VALUE_BITS, total
from stream.words.examples import Example
from stream.words.word_table import LEFT, RIGHT, WordTable

_VALUE = np.uint64((1 << 40) - 1)
Row = tuple[WordTable, int]
"""A table and the row of a word in it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one word as of now; `stopped_by` is the first rule it fails, or None.

    `p` is the p-value of `chance.p_value`, `unity` the probability of `unity.unity`, `weak` where weak links cut it:
    nowhere for a piece. `counted` is the key its texts are counted by: its own, but for a word that grew out of a
    piece.
    """

    word: str
    key: int
    count: int
    first_s: float
    baseline: float
    score: float
    left: Neighbours
    right: Neighbours
    sources: int | None
    examples: tuple[Example, ...]
    p: float = 1.0
    unity: float = 1.0
    weak: tuple[int, ...] = ()
    counted: int = 0
    stopped_by: str | None = None

    @property
    def grown(self) -> bool:
        """Whether it grew out of a piece."""
        return self.counted != self.key


class Gathered:
    """What tables say of some words: one look at each table for all of them. `keys` are sorted, shape (n,)."""

    def __init__(self, tables: Sequence[WordTable], keys: U64) -> None:
        self._tables, self.keys = tables, keys
        self._rows = np.full((len(tables), len(keys)), -1)
        words, facets, counts = [], [], []
        for table, rows in zip(tables, self._rows, strict=True):
            if not len(table):
                continue
            place = np.minimum(np.searchsorted(table.keys, keys), len(table) - 1)
            there = np.flatnonzero(table.keys[place] == keys)
            rows[there] = place[there]
            begin, end = (np.searchsorted(table.facet_rows, place[there] + more) for more in (0, 1))
            mine = _ranges(begin, end)
            words.append(np.repeat(there, end - begin))
            facets.append(table.facets[mine])
            counts.append(table.facet_counts[mine])
        none = np.zeros(0, np.int64)
        self._word, self._facet, self._count = total(
            np.concatenate([none, *words]), np.concatenate([none.astype(np.uint64), *facets]),
            np.concatenate([none, *counts]),
        )  # fmt: skip
        self._begin = np.searchsorted(self._word, np.arange(len(keys) + 1))

    def rows(self, key: int) -> list[Row]:
        """Where a word stands, the first mention first."""
        column = self._rows[:, self._place(key)]
        rows = [(self._tables[number], int(column[number])) for number in np.flatnonzero(column >= 0).tolist()]
        return sorted(rows, key=lambda found: float(found[0].first_s[found[1]]))

    def facets(self, key: int, kind: int) -> dict[int, int]:
        """Values of one kind of facet (`words.LEFT`…) of a word, with their counts."""
        begin, end = self._begin[self._place(key) :][:2]
        facets = self._facet[begin:end]
        mine = facets >> VALUE_BITS == np.uint64(kind)
        return dict(zip((facets[mine] & _VALUE).tolist(), self._count[begin:end][mine].tolist(), strict=True))

    def top_shares(self) -> F64:
        """(n,) the share of the most frequent neighbour of each word, on the side where it is greater."""
        share = np.zeros(len(self.keys))
        for kind in (LEFT, RIGHT):
            mine = self._facet >> VALUE_BITS == np.uint64(kind)
            beside = np.bincount(self._word[mine], self._count[mine], len(self.keys))
            named, top = mine & (self._facet & _VALUE != 0), np.zeros(len(self.keys))
            np.maximum.at(top, self._word[named], self._count[named])
            share = np.maximum(share, top / np.maximum(beside, 1))
        return share

    def _place(self, key: int) -> int:
        return int(np.searchsorted(self.keys, np.uint64(key)))


def _ranges(begin: I64, end: I64) -> I64:
    """Every position from each `begin` to its `end`, one range after the other."""
    length = end - begin
    places: I64 = np.arange(length.sum()) + np.repeat(begin - np.cumsum(length) + length, length)
    return places


def neighbours_of(beside: Mapping[int, int] | Mapping[str, int]) -> Neighbours:
    """Of how often each stands there. An edge (0 or "") is nobody: it is free, and counts for no share."""
    named = [count for value, count in beside.items() if value]
    return Neighbours(len(named), round(max(named) / sum(beside.values()), 4) if named else 0.0)
