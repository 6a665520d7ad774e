"""Compute the strong pairs from a pair sketch: which neighbouring characters belong together at a given time.

A pair is strong when `ln(total * n_ab / (n_a * n_b)) >= min_pmi` and `n_ab >= min_count`, with `total` the number of
pairs (苏剑林 2016, kexue.fm/archives/3913) and counts decayed to that time. Hysteresis keeps a strong pair until it is
clearly below the thresholds, so that a word does not come and go with the noise of its counts.
For frequent characters the model also has the unbound share (`freedom`): how often they occur outside of strong pairs
(high for 的, 了, 说, 被).
Law: a higher threshold never adds a pair.
Cost: one cell of each candidate pair, whose position is cached until the candidates change, all cells of those that may
be strong, and one estimate for each code point.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from sketches.candidates import contains
from sketches.count_min import F64, I64
from sketches.hashing import U64, buckets, row_seeds
from sketches.pair_sketch import PairSketch
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.segmentation.tally import pack, unpack, word_points

F32 = npt.NDArray[np.float32]
_PART = 1 << 16
_ROUNDING = 1 - 1e-9  # keeps pairs that the exact test may accept
FREQUENT = 60  # times min_count: characters this frequent would have strong pairs if they bound to anything
KEPT = 0.01  # a pair binds a character if it has at least this share of its occurrences


@dataclass(frozen=True, slots=True)
class CohesionSettings:
    """Settings of the section `cohesion`: when a pair is strong, and how often the model is made."""

    min_pmi: float = 2.0
    min_count: float = 5.0
    hysteresis_pmi: float = 0.5
    hysteresis_count: float = 0.5
    refresh_s: float = 5.0

    @property
    def forgotten_count(self) -> float:
        """The count below which a pair is deleted: an eighth of what it needs to stay strong."""
        return self.min_count * self.hysteresis_count / 8

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = []
        if self.min_count <= 0:
            wrong.append(("min_count", "must be greater than 0"))
        if self.hysteresis_pmi < 0:
            wrong.append(("hysteresis_pmi", "must not be negative: a pair would leave before it may enter"))
        if not 0 < self.hysteresis_count <= 1:
            wrong.append(("hysteresis_count", "must be in (0, 1]: the share of min_count at which a pair leaves"))
        if self.refresh_s <= 0:
            wrong.append(("refresh_s", "must be greater than 0"))
        return wrong


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """Sorted keys and their counts. Shapes (n,)."""

    keys: U64
    counts: npt.NDArray[np.uint32]

    def of(self, keys: U64) -> npt.NDArray[np.uint32]:
        """Return the count of each key, 0 if it is not listed. Shape as `keys`."""
        found = np.zeros(len(keys), np.uint32)
        if len(self.keys):
            place = np.searchsorted(self.keys, keys)
            place[place == len(self.keys)] = 0
            hit = self.keys[place] == keys
            found[hit] = self.counts[place[hit]]
        return found

    @classmethod
    def joined(cls, several: Sequence["KeyCounts"]) -> "KeyCounts":
        """Merge tables; each key may be in one of them only."""
        keys = np.concatenate([one.keys for one in several])
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], np.concatenate([one.counts for one in several])[order])


@dataclass(frozen=True, slots=True)
class StrongPairs:
    """The model: strong pairs (packed, sorted), the PMI and the decayed count of each, as of `as_of_s`. Shapes (n,).

    `frequent` are the sorted code points of frequent characters, `freedom` the unbound share of each: the share of its
    occurrences outside of strong pairs. Shapes (m,). `tables` are other tables stored with the model, by name.
    """

    version: int
    as_of_s: float
    pairs: U64
    pmi: F32
    counts: F32
    frequent: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))
    freedom: F32 = field(default_factory=lambda: np.zeros(0, np.float32))
    tables: dict[str, KeyCounts] = field(default_factory=dict)
    _bits: list[AdjacencyBitmap] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def empty(cls) -> "StrongPairs":
        return cls(0, 0.0, np.zeros(0, np.uint64), np.zeros(0, np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def columns(self) -> tuple[U64, F32, F32]:
        return self.pairs, self.pmi, self.counts

    @property
    def bits(self) -> AdjacencyBitmap:
        """The look-up that texts are cut with; built when first used."""
        if not self._bits:
            self._bits.append(AdjacencyBitmap(self.pairs))
        return self._bits[0]

    def pmi_of(self, pairs: U64) -> F32:
        """PMI of each pair, -inf if it is not strong. Shape as `pairs`."""
        return self._look_up(pairs, self.pmi, -np.inf)

    def counts_of(self, pairs: U64) -> F32:
        """Decayed count of each pair, nan if it is not strong. Shape as `pairs`."""
        return self._look_up(pairs, self.counts, np.nan)

    def rarest_link(self, word: str) -> float:
        """The smallest decayed count among the inner links of a word; inf if none is a strong pair."""
        points = word_points(word)
        found = self._look_up(pack(points[:-1], points[1:]), self.counts, np.inf)
        return float(found.min(initial=np.inf))

    def _look_up(self, pairs: U64, values: F32, missing: float) -> F32:
        found = np.full(len(pairs), missing, np.float32)
        if len(self.pairs):
            place = np.searchsorted(self.pairs, pairs)
            place[place == len(self.pairs)] = 0
            hit = self.pairs[place] == pairs
            found[hit] = values[place[hit]]
        return found

    def freedom_of(self, character: str) -> float:
        """The unbound share of a character, 0 to 1; 0 for a rare one."""
        place = int(np.searchsorted(self.frequent, np.uint64(ord(character))))
        found = place < len(self.frequent) and int(self.frequent[place]) == ord(character)
        return float(self.freedom[place]) if found else 0.0

    def links(self, word: str) -> list[float]:
        """PMI of each inner link of a word; -inf for a weak one."""
        points = word_points(word)
        return [float(value) for value in self.pmi_of(pack(points[:-1], points[1:]))]


def refresh(sketch: PairSketch, as_of_s: float, settings: CohesionSettings, previous: StrongPairs) -> StrongPairs:
    """Return the next version of the model. Candidates too rare to stay strong are dropped from the sketch."""
    scale = sketch.scale_at(as_of_s)
    of_char = _counts_of_chars(sketch, sketch.candidates.items, scale)
    pairs, counts = _perhaps_strong(sketch, of_char, scale, settings)
    pmi = _pmi(counts, of_char, pairs, sketch.pairs.total * scale)
    strong = _strong(pairs, pmi, counts, settings, previous)
    columns = pairs[strong], pmi[strong].astype(np.float32), counts[strong].astype(np.float32)
    if previous.version % 16 == 15:
        _forget(sketch, scale, settings.min_count * settings.hysteresis_count / 2)
    free = freedom(columns[0], columns[2], of_char, FREQUENT * settings.min_count)
    return StrongPairs(previous.version + 1, as_of_s, *columns, *free)


def _perhaps_strong(sketch: PairSketch, of_char: F64, scale: float, settings: CohesionSettings) -> tuple[U64, F64]:
    """Return the candidates that may be strong, sorted, with their decayed counts. Shapes (m,).

    No row of the sketch under-counts, so a candidate that one row rules out is not looked up in the next; most are
    ruled out by the first.
    """
    total, least_count = sketch.pairs.total * scale, settings.min_count * settings.hysteresis_count
    times = np.exp(settings.min_pmi - settings.hysteresis_pmi)
    places = sketch.candidates.located(partial(sketch.pairs.places_in, 0))
    found = []
    for part in _parts(len(places)):
        pairs = sketch.candidates.items[part]
        with np.errstate(divide="ignore", invalid="ignore"):
            least = np.fmax(least_count, _by_chance(of_char, pairs, total) * times) * _ROUNDING
        found.append(_enough(pairs, sketch.pairs.table[0].take(places[part]) * scale, least))
    pairs, counts, least = map(np.concatenate, zip(*found, strict=True))
    for row in range(1, sketch.pairs.rows):
        more = sketch.pairs.table[row].take(sketch.pairs.places_in(row, pairs)) * scale
        pairs, counts, least = _enough(pairs, np.minimum(counts, more), least)
    return pairs, counts


def _enough(pairs: U64, counts: F64, least: F64) -> tuple[U64, F64, F64]:
    kept = np.flatnonzero(counts >= least)
    return pairs[kept], counts[kept], least[kept]


def _strong(pairs: U64, pmi: F64, counts: F64, settings: CohesionSettings, previous: StrongPairs) -> I64:
    """Return (m,) which pairs are strong; the thresholds are lower for pairs that were strong before."""
    strong = (pmi >= settings.min_pmi) & (counts >= settings.min_count)
    least_pmi, least_count = settings.min_pmi - settings.hysteresis_pmi, settings.min_count * settings.hysteresis_count
    held = np.flatnonzero(~strong & (pmi >= least_pmi) & (counts >= least_count))
    strong[held] = contains(previous.pairs, pairs[held])
    return np.flatnonzero(strong)


def _forget(sketch: PairSketch, scale: float, least: float) -> None:
    """Drop candidates below a count, part by part to bound the memory."""
    estimate = sketch.pairs.estimate
    sketch.candidates.forget(
        lambda pairs: np.concatenate([estimate(pairs[part]) for part in _parts(len(pairs))]) * scale, least
    )


def _parts(length: int) -> Iterator[slice]:
    """Slices of an array small enough for the cache; at least one, even if the array is empty."""
    return (slice(first, first + _PART) for first in range(0, max(1, length), _PART))


def measure(sketch: PairSketch, pairs: U64, as_of_s: float) -> tuple[F64, F64]:
    """Return PMI and decayed count of any pairs, strong or not. Shapes as `pairs`."""
    scale = sketch.scale_at(as_of_s)
    counts = sketch.pairs.estimate(pairs) * scale
    return pmi_from(sketch, pairs, counts, scale), counts


def pmi_from(sketch: PairSketch, pairs: U64, counts: F64, scale: float) -> F64:
    """Return the natural-log PMI of pairs from their counts as of now. Shape as `pairs`."""
    return _pmi(counts, _counts_of_chars(sketch, pairs, scale), pairs, sketch.pairs.total * scale)


def _pmi(counts: F64, of_char: F64, pairs: U64, total: float) -> F64:
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi: F64 = np.log(counts / _by_chance(of_char, pairs, total))
    pmi[np.isnan(pmi)] = -np.inf
    return pmi


def _by_chance(of_char: F64, pairs: U64, total: float) -> F64:
    """Return (n,) how often each pair would occur if its characters were independent."""
    left, right = unpack(pairs)
    expected: F64 = of_char.take(left.view(np.int64)) * of_char.take(right.view(np.int64)) / total
    return expected


def _counts_of_chars(sketch: PairSketch, pairs: U64, scale: float) -> F64:
    """Return the counts of all code points up to the greatest in the pairs.

    Selecting those present would take longer.
    """
    most = max(int(half.max(initial=0)) for part in _parts(len(pairs)) for half in unpack(pairs[part]))
    places = _places_of_points(*sketch.chars.shape, most | 0xFFFF)
    counts: F64 = sketch.chars.table[0].take(places[0])
    seen = np.flatnonzero(counts)  # for most code points the first row alone is 0
    counts[seen] = sketch.chars.estimate_at(places[:, seen]) * scale
    return counts


@lru_cache(maxsize=1)
def _places_of_points(rows: int, width: int, seed: int, most: int) -> I64:
    """Return (rows, most + 1) the cells in which a sketch of that shape counts each code point."""
    return buckets(np.arange(most + 1, dtype=np.uint64), row_seeds(seed, rows), width)


def freedom(strong: U64, counts: F32, of_char: F64, least: float) -> tuple[U64, F32]:
    """Return the sorted characters with at least that count, and the unbound share of each.

    `strong` and `counts` (n,) are the strong pairs. A pair with less than `KEPT` of a character's occurrences does not
    bind it: 说 forms pairs with the names of all people in the news. Letters and digits are never cut, bound or not.
    """
    frequent = np.flatnonzero(of_char >= least)
    frequent = frequent[frequent > 0x7F]
    bound = np.zeros(len(of_char))
    for half in unpack(strong):
        side = half.astype(np.intp)
        bound += np.bincount(side, counts * (counts >= KEPT * of_char[side]), len(of_char))
    share = np.maximum(0.0, 1 - bound[frequent] / of_char[frequent])
    return frequent.astype(np.uint64), share.astype(np.float32)
