"""The texts of the horizon as rows of units, with the number of texts that hold each unit, pair and triple.

The horizon is the recent stretch of time that is searched for new words. A unit is one character of an unspaced script
or one token of letters and digits; separators are rows too. Texts are kept in the order in which they came, with their
characters. A text counts once for a key, however often it has it. `leave` removes the oldest texts from all counts and
returns the keys of tokens, pairs and triples that they held, each with the number of those texts, for the memory of the
past.
Memory: about 57 bytes for each unit and 24 for each distinct unit, pair or triple.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.horizon.chains import Chains
from stream.horizon.columns import Columns
from stream.horizon.slot_index import SlotIndex, first_in_text
from stream.horizon.units import HAN, LETTERS, Units, grams
from stream.text.runs import I32, I64, U8, U32
from stream.text.text_batch import TextBatch

_FIRST = (1, 2, 4)  # bits of the column `first`


@dataclass(frozen=True, slots=True)
class Left:
    """Texts that left the horizon: their number, the times they span, and in how many of them each link was."""

    texts: int
    first_s: float
    last_s: float
    keys: U64
    counts: F64


class Buffer:
    """The texts of the horizon in columns."""

    def __init__(self) -> None:
        self.rows = Columns(kind=np.uint8, spaced=bool, begin=np.uint32, length=np.uint16, place=np.int32,
                            prefix=np.uint64, slot1=np.int32, slot2=np.int32, slot3=np.int32,
                            first=np.uint8, back1=np.int32, back2=np.int32, back3=np.int32)  # fmt: skip
        self.texts = Columns(at_s=np.float64, source=np.uint64, offset=np.int64, origin=np.int32, name=np.uint64,
                             row=np.int64, point=np.int64)  # fmt: skip
        self._points = Columns(point=np.uint32)
        self.index, self.chains = SlotIndex(), Chains()
        self.origins: list[tuple[str, int]] = []
        self.remembered: dict[tuple[str, ...], Any] = {}
        """Words that were asked for lately, by `horizon.mentions`."""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def chars(self) -> int:
        return len(self._points)

    def append(self, texts: TextBatch, units: Units, names: U64) -> None:
        """Add texts with their units; `names` (texts,) are the 64-bit fingerprints of the texts."""
        slots, first = self._counted(units)
        row, known = len(self.rows) + self.rows.dropped, len(self.index.counts)
        back = [self.chains.extended(column, row, known) for column in slots]
        row_starts = np.flatnonzero(np.append(True, units.text[1:] != units.text[:-1]))
        self.texts.append(
            at_s=texts.at_s, source=texts.sources, offset=texts.offsets, name=names,
            origin=np.full(len(texts), self._origin(texts.topic, texts.partition)),
            row=row_starts + len(self.rows) + self.rows.dropped,
            point=texts.starts[:-1] + len(self._points) + self._points.dropped,
        )  # fmt: skip
        self._points.append(point=texts.written)
        self.rows.append(kind=units.kinds, spaced=units.spaced, begin=units.begin, length=units.length,
                         place=units.place, prefix=units.prefix, slot1=slots[0], slot2=slots[1], slot3=slots[2],
                         first=first, back1=back[0], back2=back[1], back3=back[2])  # fmt: skip

    def leave(self, number: int) -> Left:
        """Remove the oldest `texts` texts, and return what they held."""
        last = self.row_of(number)
        first = self.rows["first"][:last]
        slots = [self.rows[f"slot{size}"][:last][first & bit > 0] for size, bit in zip((1, 2, 3), _FIRST, strict=True)]
        tokens = self.rows["kind"][:last][first & 1 > 0] >= LETTERS
        known, counts = np.unique(np.concatenate((slots[0][tokens], *slots[1:])), return_counts=True)
        at_s = self.texts["at_s"][:number]
        left = Left(number, float(at_s.min(initial=np.inf)), float(at_s.max(initial=-np.inf)), self.index.keys[known],
                    counts.astype(np.float64))  # fmt: skip
        self.index.count(np.concatenate(slots), -1)
        points = len(self._points) if number == len(self) else int(self.texts["point"][number]) - self._points.dropped
        self.rows.drop(last)
        self.texts.drop(number)
        self._points.drop(points)
        return left

    def row_of(self, text: int) -> int:
        """Return the first row of a text; for the number after the last text, the end of the rows."""
        return len(self.rows) if text >= len(self) else int(self.texts["row"][text]) - self.rows.dropped

    def text_of(self, rows: I64) -> I64:
        """Return (n,) the text of each row."""
        return np.searchsorted(self.texts["row"], rows + self.rows.dropped, "right") - 1

    def grams(self, rows: I64, units: int | I64) -> U64:
        """Return the keys of the strings of `units` units that begin at these rows."""
        return grams(self.rows["prefix"], self.rows["place"], rows, units)

    @property
    def all_points(self) -> U32:
        """The code points of all texts in sequence; the column `point` has the position where each begins."""
        points: U32 = self._points["point"]
        return points

    def _origin(self, topic: str, partition: int) -> int:
        if (topic, partition) not in self.origins:
            self.origins.append((topic, partition))
        return self.origins.index((topic, partition))

    def _counted(self, units: Units) -> tuple[tuple[I32, I32, I32], U8]:
        """Return the slots of the unit, pair and triple that begin at each row, and whether each is the first in
        its text.
        """
        slots = np.zeros(len(units), np.int32), np.zeros(len(units), np.int32), np.zeros(len(units), np.int32)
        first = np.zeros(len(units), np.uint8)
        rows = [starts_of(units.kinds, size) for size in (1, 2, 3)]
        keys = np.concatenate([grams(units.prefix, units.place, some, size + 1) for size, some in enumerate(rows)])
        found = self.index.add(keys)
        texts = np.concatenate([units.text[some] for some in rows])
        is_first = first_in_text(found, texts, len(self.index.counts))
        self.index.count(found[is_first], 1)
        done = 0
        for column, some, bit in zip(slots, rows, _FIRST, strict=True):
            column[some] = found[done : done + len(some)]
            first[some] |= np.where(is_first[done : done + len(some)], np.uint8(bit), np.uint8(0))
            done += len(some)
        return slots, first


def starts_of(kinds: U8, size: int) -> I64:
    """Return the rows at which that many adjacent units begin."""
    is_unit = kinds >= HAN
    together = is_unit[: max(0, len(kinds) - size + 1)].copy()
    for step in range(1, size):
        together &= is_unit[step : step + len(together)]
    return np.flatnonzero(together)
