"""All that the signs of strings are told from, as of one look."""

from dataclasses import dataclass

import numpy as np

from sketches.count_min import F64
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings
from stream.horizon.mentions import Mentions
from stream.horizon.part_counts import Parts
from stream.horizon.past_memory import PastMemory
from stream.horizon.unit_statistics import UnitStatistics, groups
from stream.horizon.units import HAN
from stream.segmentation.pmi_model import StrongPairs
from stream.text.runs import I64, U8


@dataclass(frozen=True, slots=True)
class Evidence:
    """Strings, the texts that hold them, and what is known beside."""

    buffer: Buffer
    past: PastMemory
    statistics: UnitStatistics
    model: StrongPairs
    strings: Strings
    mentions: Mentions
    counts: F64  # (strings,) texts that hold each
    parts: Parts
    now_s: float
    horizon_s: float
    few: int

    def mean(self, values: np.ndarray) -> F64:
        """(strings,) the mean over its mentions of a value of each mention."""
        return np.bincount(self.mentions.string, values, len(self.strings)) / self.counts

    @property
    def sides(self) -> tuple[I64, I64]:
        """(mentions,) the rows before and behind each mention."""
        return self.mentions.row - 1, self.mentions.row + self.strings.units[self.mentions.string]

    def pair_quantiles(self, rows: I64) -> F64:
        """(n,) quantile of the link between each row and the next, 0 where one of them is a separator."""
        kinds: U8 = self.buffer.rows["kind"]
        found = np.zeros(len(rows))
        linked = np.flatnonzero((kinds[rows] >= HAN) & (kinds[rows + 1] >= HAN))
        if len(linked):
            keys, which, inverse = np.unique(
                self.buffer.rows["slot2"][rows[linked]], return_index=True, return_inverse=True
            )
            found[linked] = self._quantiles(rows[linked][which])[inverse]
        return found

    def _quantiles(self, rows: I64) -> F64:
        buffer, statistics = self.buffer, self.statistics
        pmi = statistics.pmi(buffer.grams(rows, 2), buffer.grams(rows, 1), buffer.grams(rows + 1, 1))
        return statistics.quantiles(pmi, groups(buffer.rows["kind"], rows))
