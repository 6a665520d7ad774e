"""Decayed counts of characters and adjacent pairs in fixed memory: the state of the role `refresh`.

Forward decay (Cormode, Shkapenyuk, Srivastava & Xu 2009): a text of the window that starts at `at_s` adds the weight `2
** (at_s / half_life_s - landmark)`, and a count as of `as_of_s` is the sum times `2 ** (landmark - as_of_s /
half_life_s)`. No periodic pass is needed, order and lateness do not matter, and sketches add up. The landmark is a
whole number of half-lives, so moving it multiplies every cell by an exact power of two.

Guarantee: without input, every count is halved after a half-life; time alone does not change the PMI.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, log
from typing import Self

import numpy as np

from sketches.candidates import Candidates
from sketches.count_min import F64, CountMin
from sketches.hashing import DEFAULT_SEED, U64

_HEADROOM = 64  # half-lives between the landmark and the newest text before the landmark moves
_UNSET = -(1 << 62)  # stored in place of a landmark that no text has set yet


@dataclass(frozen=True, slots=True)
class SketchSettings:
    """Settings of the section `sketches`.

    Memory is `rows * (char_width + pair_width) * 8` bytes for each shard, and 8 bytes for each candidate.
    """

    rows: int = 4
    char_width: int = 1 << 16
    pair_width: int = 1 << 20
    candidates: int = 500_000
    half_life_s: float = 86_400.0
    seed: int | None = None

    @property
    def fixed_seed(self) -> int:
        """The seed; if none was chosen, the same default everywhere."""
        return DEFAULT_SEED if self.seed is None else self.seed

    @property
    def memory_s(self) -> float:
        """The mean age of the counts of a steady stream (s): the time span that they represent."""
        return self.half_life_s / log(2)

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = []
        for key, least in (("rows", 1), ("char_width", 16), ("pair_width", 16), ("candidates", 16)):
            if getattr(self, key) < least:
                wrong.append((key, f"must be at least {least}"))
        widths = ("char_width", "pair_width")
        wrong += [(key, f"must be at most {1 << 31}") for key in widths if getattr(self, key) > 1 << 31]
        if not 0 <= self.fixed_seed < 1 << 63:
            wrong.append(("seed", "must be auto, or from 0 to 9223372036854775807"))
        if self.rows > 64:
            wrong.append(("rows", "must be at most 64"))
        if not self.half_life_s > 0:
            wrong.append(("half_life_s", "must be greater than 0"))
        return wrong


@dataclass(frozen=True, slots=True)
class Tally:
    """Exact counts of one batch: distinct characters and pairs (each sorted) with how often each occurred.

    A tally may hold a share of the pairs only; then `all_pairs` is the number of pairs of the whole batch.
    """

    chars: U64
    char_counts: F64
    pairs: U64
    pair_counts: F64
    all_pairs: float | None = None

    @property
    def total(self) -> float:
        """Adjacent pairs in the batch."""
        return float(self.pair_counts.sum()) if self.all_pairs is None else self.all_pairs


class PairSketch:
    """Decayed counts of characters and pairs, and the candidates among the pairs. Memory is fixed by the settings."""

    __slots__ = ("candidates", "chars", "landmark", "pairs", "settings")

    def __init__(self, settings: SketchSettings) -> None:
        self.settings = settings
        self.chars = CountMin(settings.rows, settings.char_width, settings.fixed_seed)
        self.pairs = CountMin(settings.rows, settings.pair_width, settings.fixed_seed)
        self.candidates = Candidates(settings.candidates)
        self.landmark: int | None = None

    def add(self, tally: Tally, at_s: float, candidate_floor: float) -> None:
        """Count a batch of the window starting at `at_s`; pairs whose count reaches the floor become candidates."""
        weight = self._weight(at_s)
        self.chars.add(tally.chars, tally.char_counts * weight)
        total = self.pairs.total + tally.total * weight  # of the whole batch, which PMI is relative to
        enough = self.pairs.add(tally.pairs, tally.pair_counts * weight, candidate_floor * weight)
        self.pairs.total = total
        self.candidates.add(tally.pairs, self.pairs.estimate, enough)

    def combine(self, sketches: Iterable[Self], changed: Iterable[Self]) -> None:
        """Become the sum of these sketches; the changed ones may have candidates that are not here yet.

        Cached results for the candidates are kept. Cost: one addition of the tables for each sketch.
        """
        self.landmark = None
        for sketch in sketches:
            self._add_tables(sketch)
        if self.landmark is None:  # nothing is counted in any of them
            for one in (self.chars, self.pairs):
                one.scale(0.0)
        for sketch in changed:  # one by one: where there is no room for all, their counts are looked up
            self.candidates.add(sketch.candidates.items, self.pairs.estimate)

    def merge(self, other: Self) -> None:
        """Add another sketch's counts and candidates. Raises ValueError if shapes or half-lives differ."""
        self._add_tables(other)
        self.candidates.add(other.candidates.items, self.pairs.estimate)

    def _add_tables(self, other: Self) -> None:
        if self.settings.half_life_s != other.settings.half_life_s:
            raise ValueError("cannot merge sketches of different half-lives")
        shapes, others = (self.chars.shape, self.pairs.shape), (other.chars.shape, other.pairs.shape)
        if shapes != others:
            raise ValueError(f"cannot merge sketches of shapes {shapes} and {others}")
        if other.landmark is None:
            return
        if self.landmark is None:
            self.landmark = other.landmark
            for mine, theirs in ((self.chars, other.chars), (self.pairs, other.pairs)):
                mine.table[:], mine.total = theirs.table, theirs.total
            return
        newest = max(self.landmark, other.landmark)
        self._move_landmark(newest)
        factor = 2.0 ** (other.landmark - newest)
        for mine, theirs in ((self.chars, other.chars), (self.pairs, other.pairs)):
            mine.table += theirs.table if factor == 1.0 else theirs.table * factor
            mine.total += theirs.total * factor

    def forget(self, as_of_s: float, least: float) -> None:
        """Set cells that have decayed below `least` to zero, and drop candidates below it.

        Each call while a count is so low makes it at most `least` too low.
        """
        scale = self.scale_at(as_of_s)
        if scale <= 0:
            return
        for sketch in (self.chars, self.pairs):
            for row in sketch.table:
                row[row * scale < least] = 0.0
        self.candidates.forget(lambda items: self.pairs.estimate(items) * scale, least)

    def scale_at(self, as_of_s: float) -> float:
        """Return the factor of stored weights at that time: a count as of `as_of_s` = estimate * scale."""
        return 0.0 if self.landmark is None else float(2.0 ** (self.landmark - as_of_s / self.settings.half_life_s))

    def _weight(self, at_s: float) -> float:
        age = at_s / self.settings.half_life_s
        if self.landmark is None:
            self.landmark = floor(age)
        if age - self.landmark > _HEADROOM:
            self._move_landmark(floor(age))
        return float(2.0 ** max(age - self.landmark, -1000.0))

    def _move_landmark(self, landmark: int) -> None:
        if self.landmark is not None and landmark != self.landmark:
            factor = 2.0 ** max(self.landmark - landmark, -1070)
            self.chars.scale(factor)
            self.pairs.scale(factor)
            self.landmark = landmark

    def stored(self) -> dict[str, bytes | memoryview]:
        """Return the state in parts, each in its own simple format; `from_bytes` reads them.

        The tables are not copied, so write the parts before anything more is counted.
        """
        return {
            "landmark": np.array([_UNSET if self.landmark is None else self.landmark], "<i8").tobytes(),
            "chars": self.chars.stored(),
            "pairs": self.pairs.stored(),
            "candidates": self.candidates.items.astype("<u8").tobytes(),
        }

    @classmethod
    def from_bytes(cls, parts: Mapping[str, bytes | memoryview], settings: SketchSettings) -> Self:
        """Restore what `stored` returned. Raises ValueError if a part is missing or has another shape or seed."""
        sketch = cls.__new__(cls)  # with tables of its own it would need the room twice
        sketch.settings = settings
        try:
            sketch.chars = CountMin.from_bytes(parts["chars"], settings.fixed_seed)
            sketch.pairs = CountMin.from_bytes(parts["pairs"], settings.fixed_seed)
            (landmark,) = np.frombuffer(parts["landmark"], "<i8").tolist()
            items = np.frombuffer(parts["candidates"], "<u8").astype(np.uint64)
        except KeyError as missing:
            raise ValueError(f"state of a pair sketch lacks {missing}") from missing
        shapes = (sketch.chars.shape[:2], sketch.pairs.shape[:2])
        expected = ((settings.rows, settings.char_width), (settings.rows, settings.pair_width))
        if shapes != expected:
            raise ValueError(f"sketches of shape {shapes}, but the configuration says {expected}")
        sketch.landmark = None if landmark == _UNSET else landmark
        sketch.candidates = Candidates(settings.candidates, items)
        return sketch
