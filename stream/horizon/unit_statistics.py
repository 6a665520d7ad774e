"""Statistics of the stream's units and pairs: how often each occurred, began or ended a run, and with which neighbours.

The PMI of a pair is `ln(total * (n_ab - 1/2) / (n_a * n_b))`. Its *quantile* among the occurrences of pairs of the same
script makes values comparable between Han with its thousands of characters and Hangul with its syllables. Counts are of
the whole stream; when there are more pairs or units than the capacity, all counts are halved, so recent texts weigh
most and PMI is unchanged. Quantiles come from a sample of the latest pairs and are recomputed when the stream has
grown.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.horizon.bounded_counts import F32, BoundedCounts
from stream.horizon.buffer import starts_of
from stream.horizon.units import HAN, LETTERS, Units, grams
from stream.text.runs import U8

TOKENS, BEGINS, ENDS, BEFORE, AFTER, BOUND_BEFORE, BOUND_AFTER = range(7)
"""Of a unit: occurrences, those that begin or end a run, distinct neighbours, occurrences in strong pairs."""
GROUPS = LETTERS - HAN + 1  # scripts; a pair belongs to that of the greater of its two kinds
STRONG_PMI, STRONG_COUNT = 2.0, 3
_GRID = np.linspace(0, 1, 129)
_SAMPLE = 1 << 13  # pairs by which quantiles are told: their error is 1 / sqrt(4 * sample) = .6 % at most
_GROWN = 1.05  # quantiles are renewed when the stream has so many times the pairs it had
_TOO_FEW = 50  # pairs of a script by which nothing can be told


@dataclass(frozen=True, slots=True)
class PairSample:
    """A sample of pairs in the order in which they came. Shapes (n,)."""

    pairs: U64
    left: U64
    right: U64
    groups: U8


class UnitStatistics:
    """Counts of units and pairs, bounded by the capacities `units` and `pairs`."""

    def __init__(self, units: int, pairs: int) -> None:
        self._most = units, pairs
        self.units, self.pairs = BoundedCounts(7), BoundedCounts(3)
        self.total = 0.0  # occurrences of units
        self._sample = PairSample(*(np.zeros(0, np.uint64),) * 3, np.zeros(0, np.uint8))
        self._grid: F64 = np.zeros((GROUPS, len(_GRID)))
        self._known = np.zeros(GROUPS, bool)
        self._renewed = 0.0

    def learn(self, units: Units) -> None:
        """Count the units and pairs of new texts."""
        rows, pair_rows = starts_of(units.kinds, 1), starts_of(units.kinds, 2)
        keys, pairs = grams(units.prefix, units.place, rows, 1), grams(units.prefix, units.place, pair_rows, 2)
        is_unit = units.kinds >= HAN
        by_row = np.zeros(len(units), np.uint64)
        by_row[rows] = keys
        left, right = by_row[pair_rows], by_row[pair_rows + 1]
        begins, ends = ~is_unit[pair_rows - 1], ~is_unit[np.minimum(pair_rows + 2, len(units) - 1)]
        distinct, which, inverse = np.unique(pairs, return_index=True, return_inverse=True)
        counts = _summed(inverse, len(distinct), np.ones(len(pairs)), begins, ends)
        before = self.pairs.get(distinct)[:, 0]
        new = before == 0
        self.pairs.add(distinct, counts)
        together = before + counts[:, 0]
        strong = (self.pmi(together, left[which], right[which]) >= STRONG_PMI) & (together >= STRONG_COUNT)
        self._learn_units(keys, ~is_unit[rows - 1], ~is_unit[rows + 1],
                          (left, right, strong[inverse]),
                          (left[which[new]], right[which[new]]))  # fmt: skip
        self.total += len(rows)
        self._remember(PairSample(pairs, left, right, groups(units.kinds, pair_rows)))
        self._fit()

    def _learn_units(self, keys: U64, begins: np.ndarray, ends: np.ndarray, together: tuple[U64, U64, np.ndarray],
                     new: tuple[U64, U64]) -> None:  # fmt: skip
        """Count units, how many of them stand in strong pairs, and the new neighbours of each."""
        distinct, inverse = np.unique(keys, return_inverse=True)
        counts = np.zeros((len(distinct), 7), np.float32)
        counts[:, :3] = _summed(inverse, len(distinct), np.ones(len(keys)), begins, ends)
        left, right, strong = together
        for column, some in (
            (AFTER, new[0]),
            (BEFORE, new[1]),
            (BOUND_AFTER, left[strong]),
            (BOUND_BEFORE, right[strong]),
        ):
            counts[:, column] = np.bincount(np.searchsorted(distinct, some), minlength=len(distinct))
        self.units.add(distinct, counts)

    def pmi(self, together: F32, left: U64, right: U64) -> F64:
        """Return (n,) the PMI of pairs with these counts of the units `left` and `right`; -inf for a count of 0."""
        units = self.units.get(np.concatenate((left, right)))[:, TOKENS].astype(np.float64)
        apart = units[: len(left)] * units[len(left) :]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.log(max(self.total, 1.0) * np.maximum(together - 0.5, 0.1) / apart)
        return np.where((together > 0) & (apart > 0), found, -np.inf)

    def quantiles(self, pmi: F64, groups: U8) -> F64:
        """Return (n,) the share of the pairs of the same script with a lower PMI; 0.5 while nothing is known."""
        found = np.full(len(pmi), 0.5)
        for group in np.unique(groups).tolist():
            if self._known[group]:
                mine = groups == group
                found[mine] = np.interp(pmi[mine], self._grid[group], _GRID)
        found[np.isneginf(pmi)] = 0.0
        return found

    def _remember(self, more: PairSample) -> None:
        columns = [np.concatenate((getattr(self._sample, name), getattr(more, name)))[-_SAMPLE:]
                   for name in PairSample.__slots__]  # fmt: skip
        self._sample = PairSample(*columns)
        if self.total >= self._renewed * _GROWN:
            self._renew()

    def _renew(self) -> None:
        """Recompute the quantiles."""
        pmi = self.pmi(self.pairs.get(self._sample.pairs)[:, 0], self._sample.left, self._sample.right)
        for group in range(GROUPS):
            mine = np.sort(pmi[(self._sample.groups == group) & np.isfinite(pmi)])
            self._known[group] = len(mine) >= _TOO_FEW
            if self._known[group]:
                self._grid[group] = np.quantile(mine, _GRID)
        self._renewed = self.total

    def _fit(self) -> None:
        """Halve all counts until they fit the capacities."""
        while len(self.pairs) > self._most[1] or len(self.units) > self._most[0]:
            self.pairs.halve()
            self.units.halve()
            self.total /= 2
            self._renewed /= 2

    def state(self) -> dict[str, np.ndarray | float]:
        pairs, units = self.pairs.columns(), self.units.columns()
        return {"pair_keys": pairs[0], "pair_counts": pairs[1], "unit_keys": units[0], "unit_counts": units[1],
                "unit_total": self.total, "pmi_grid": self._grid, "pmi_known": self._known,
                "pmi_renewed": self._renewed,
                **{f"sample_{name}": getattr(self._sample, name) for name in PairSample.__slots__}}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        self.pairs.restore(np.asarray(state["pair_keys"]), np.asarray(state["pair_counts"]))
        self.units.restore(np.asarray(state["unit_keys"]), np.asarray(state["unit_counts"]))
        self.total, self._renewed = float(state["unit_total"]), float(state["pmi_renewed"])
        self._grid, self._known = np.array(state["pmi_grid"]), np.array(state["pmi_known"], bool)
        self._sample = PairSample(*(np.asarray(state[f"sample_{name}"]) for name in PairSample.__slots__))


def groups(kinds: U8, rows: np.ndarray) -> U8:
    """Return (n,) the script of the pair that begins at each row."""
    group: U8 = np.minimum(np.maximum(kinds[rows], kinds[rows + 1]), LETTERS) - np.uint8(HAN)
    return group


def _summed(inverse: np.ndarray, number: int, *columns: np.ndarray) -> F32:
    """Return (number, columns) the sum of each column over the elements of each number."""
    return np.stack([np.bincount(inverse, column, number) for column in columns], axis=1).astype(np.float32)
