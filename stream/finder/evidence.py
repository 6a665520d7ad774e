"""The data of one look from which the signs of strings are computed."""

from dataclasses import dataclass

import numpy as np

from sketches.count_min import F64
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import BOOL, Strings
from stream.horizon.mentions import Mentions
from stream.horizon.part_counts import Parts
from stream.horizon.past_memory import PastMemory
from stream.horizon.unit_statistics import STRONG_COUNT, STRONG_PMI, UnitStatistics, groups
from stream.segmentation.pmi_model import StrongPairs
from stream.text.runs import I32, I64


@dataclass(frozen=True, slots=True)
class Links:
    """The links within and beside the strings. Shapes (n,). Entry 0 stands for a separator, which is no link."""

    slots: I32  # sorted, of the pairs
    pmi: F64
    quantile: F64
    strong: BOOL


@dataclass(frozen=True, slots=True)
class Evidence:
    """Candidate strings, their mentions, and the tables that the signs are computed from."""

    buffer: Buffer
    past: PastMemory
    statistics: UnitStatistics
    model: StrongPairs
    strings: Strings
    mentions: Mentions
    counts: F64  # (strings,) texts that hold each
    parts: Parts
    links: Links
    now_s: float
    horizon_s: float
    few: int

    def mean(self, values: np.ndarray) -> F64:
        """Return (strings,) the mean of a value over the mentions of each string."""
        return np.bincount(self.mentions.string, values, len(self.strings)) / self.counts

    @property
    def sides(self) -> tuple[I64, I64]:
        """(mentions,) the rows before and after each mention."""
        return self.mentions.row - 1, self.mentions.row + self.strings.units[self.mentions.string]

    def link_numbers(self, rows: I64) -> I64:
        """Return (n,) the index in `links` of the link between each row and the next, 0 if one of them is a
        separator.
        """
        slots = self.buffer.rows["slot2"][rows]
        return np.searchsorted(self.links.slots, slots)


def links_of(buffer: Buffer, statistics: UnitStatistics, strings: Strings, mentions: Mentions) -> Links:
    """Return the links within strings and across the edges of their mentions."""
    number = strings.units - 1
    inside = np.repeat(strings.row - np.cumsum(number) + number, number) + np.arange(number.sum())
    rows = np.concatenate((inside, mentions.row - 1, mentions.row + strings.units[mentions.string] - 1))
    slots, which = np.unique(buffer.rows["slot2"][rows], return_index=True)
    rows = rows[which]
    if not len(slots) or slots[0] > 0:
        slots, rows = np.append(np.int32(0), slots), np.append(np.int64(0), rows)
    pairs = buffer.grams(rows[1:], 2)
    counts = statistics.pairs.get(pairs)[:, 0]
    pmi = statistics.pmi(counts, buffer.grams(rows[1:], 1), buffer.grams(rows[1:] + 1, 1))
    quantile = statistics.quantiles(pmi, groups(buffer.rows["kind"], rows[1:]))
    strong = (pmi >= STRONG_PMI) & (counts >= STRONG_COUNT)
    return Links(slots, *(np.append(first, rest) for first, rest in ((-np.inf, pmi), (0.0, quantile), (False, strong))))
