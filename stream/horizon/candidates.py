"""Finds strings in the latest texts that may be new words.

A candidate is a string of 1 to `most_units` units within a run that has a *new link* (a triple; of two units a pair; or
one token) that at most `few` texts of the past held, and of which each link is in several texts of the horizon. Only
strings of texts that came since the last look can have become more frequent, so only those are listed.
Cost: a few passes over the units of these texts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.horizon.buffer import Buffer
from stream.horizon.past_memory import PastMemory
from stream.horizon.units import DIGITS, HAN, LETTERS
from stream.text.runs import I32, I64

BOOL = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Strings:
    """Distinct strings, with shapes (n,). `row` is the row of the buffer at which one mention begins."""

    keys: U64
    row: I64
    units: I64

    def __len__(self) -> int:
        return len(self.keys)

    def chosen(self, which: I64 | BOOL) -> "Strings":
        return Strings(self.keys[which], self.row[which], self.units[which])


class NewLinks:
    """Tells which links are new; the memory of the past is asked once for each link in a look."""

    def __init__(self, buffer: Buffer, past: PastMemory, few: int) -> None:
        self._buffer, self._past, self._few = buffer, past, few

    def are_new(self, slots: I32) -> BOOL:
        """Return (n,) whether at most `few` texts of the past held the unit, pair or triple of each slot."""
        distinct, inverse = np.unique(slots, return_inverse=True)
        new: BOOL = (self._past.counts(self._buffer.index.keys[distinct]) <= self._few)[inverse]
        return new


def candidates(buffer: Buffer, past: PastMemory, first_row: int, least: int, few: int, most_units: int) -> Strings:
    """Return the candidates that begin at or after `first_row` of the buffer and whose links are all in `least`
    texts.
    """
    kind, counts = buffer.rows["kind"], buffer.index.counts
    slots = {size: buffer.rows[f"slot{size}"] for size in (1, 2, 3)}
    links = NewLinks(buffer, past, few)
    rows = np.flatnonzero((kind[first_row:] >= HAN) & (counts[slots[1][first_row:]] >= least)) + first_row
    new = np.zeros(len(rows), bool)
    found: list[tuple[I64, int]] = []
    for units in range(1, most_units + 1):
        last = rows + units - 1
        if units > 1:
            link = slots[2][rows] if units == 2 else slots[3][last - 2]
            held = counts[link] >= least
            rows, last, new, link = rows[held], last[held], new[held], link[held]
        if not len(rows):
            break
        token = np.flatnonzero((kind[last] >= LETTERS) & ~new)
        new[token] = links.are_new(slots[1][last[token]])
        if units == 1:
            found.append((rows[new & (kind[rows] != DIGITS) & (buffer.rows["length"][rows] > 1)], 1))
            continue
        asked = np.flatnonzero(~new)
        of_link = new.copy()
        of_link[asked] = links.are_new(link[asked])
        if units > 2:  # that a pair is new does not make a longer string new: its triples tell
            new = of_link
        found.append((rows[of_link], units))
    return _distinct(buffer, found)


def _distinct(buffer: Buffer, found: list[tuple[I64, int]]) -> Strings:
    rows = np.concatenate([rows for rows, _ in found] or [np.zeros(0, np.int64)])
    units = np.repeat([units for _, units in found], [len(rows) for rows, _ in found]).astype(np.int64)
    keys, which = np.unique(buffer.grams(rows, units), return_index=True)
    return Strings(keys, rows[which], units[which])
