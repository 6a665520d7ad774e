"""Strings -> the texts of the horizon that hold each.

A mention is looked for only where all links of a string stand (its triples; of two units the pair, of one the unit).
Cost: a look at the slots of every row of the buffer, and a few passes over the rows where a mention may begin.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings
from stream.horizon.units import HAN, units_of
from stream.text.runs import I32, I64, encoded

BOOL = npt.NDArray[np.bool_]
LINK = 3  # units


@dataclass(frozen=True, slots=True)
class Mentions:
    """The first mention of each string in each text, in the order of string and text. Shapes (n,)."""

    string: I64
    row: I64
    text: I64

    def counts(self, strings: int) -> I64:
        """(strings,) texts that hold each."""
        return np.bincount(self.string, minlength=strings)

    def chosen(self, which: BOOL) -> "Mentions":
        """Those of the chosen strings, which are numbered anew."""
        number = np.cumsum(which) - 1
        kept = which[self.string]
        return Mentions(number[self.string[kept]], self.row[kept], self.text[kept])


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Strings by their links: shapes (n,), of the links (m,)."""

    keys: U64
    units: I64
    slots: I32  # of all links, string by string
    first: I64  # where the links of each string begin in `slots`


def mentions(buffer: Buffer, strings: Strings) -> Mentions:
    """Where strings that stand in the buffer stand."""
    size = np.minimum(strings.units, LINK)
    links = strings.units - size + 1
    first = np.cumsum(links) - links
    owner = np.repeat(np.arange(len(links)), links)
    rows = strings.row[owner] + np.arange(len(owner)) - first[owner]
    slots = np.zeros(len(rows), np.int32)
    for units in (1, 2, 3):
        mine = size[owner] == units
        slots[mine] = buffer.rows[f"slot{units}"][rows[mine]]
    return _mentions(buffer, _Wanted(strings.keys, strings.units, slots, first))


def are_closed(buffer: Buffer, strings: Strings, told: Mentions) -> BOOL:
    """(strings,) whether a string never stands without one and the same neighbour: then it is a part of another."""
    kind, slot = buffer.rows["kind"], buffer.rows["slot1"]
    closed = np.zeros(len(strings), bool)
    begins = np.flatnonzero(np.append(True, told.string[1:] != told.string[:-1]))
    for rows in (told.row - 1, told.row + strings.units[told.string]):
        beside = np.where(kind[rows] >= HAN, slot[rows], 0)
        least, most = np.minimum.reduceat(beside, begins), np.maximum.reduceat(beside, begins)
        closed |= (least == most) & (least > 0)
    return closed


def mentions_of_word(buffer: Buffer, word: str, seed: int) -> Mentions:
    """Where a word stands, wherever it comes from; one that is no string of units stands nowhere."""
    return _mentions(buffer, _wanted(buffer, [word], seed)[0])


def counts_of_words(buffer: Buffer, words: list[str], seed: int) -> I64:
    """(words,) how many texts hold each; 0 for what is no string of units."""
    wanted, which = _wanted(buffer, words, seed)
    found = _mentions(buffer, wanted).counts(len(wanted.keys))
    return np.append(found, 0)[which]


def texts_of_words(buffer: Buffer, words: list[str], seed: int) -> list[I64]:
    """The texts that hold each word, by number, in order; none for what is no string of units."""
    wanted, which = _wanted(buffer, words, seed)
    told = _mentions(buffer, wanted)
    several = np.split(told.text, np.searchsorted(told.string, np.arange(1, len(wanted.keys) + 1)))
    return [several[number] if number >= 0 else np.zeros(0, np.int64) for number in which.tolist()]


def _wanted(buffer: Buffer, words: list[str], seed: int) -> tuple[_Wanted, I64]:
    """The distinct words that may stand somewhere, and for each word which of them it is, -1 for none."""
    units = units_of(*encoded(words), seed)
    starts = np.flatnonzero(units.place == 0)
    length = np.diff(np.append(starts, len(units))) - 2
    is_unit = np.concatenate((np.zeros(1, np.int64), np.cumsum(units.kinds >= HAN)))
    whole = np.flatnonzero((length > 0) & (is_unit[starts + 1 + length] - is_unit[starts + 1] == length))
    keys, first, inverse = np.unique(
        units.grams(starts[whole] + 1, length[whole]), return_index=True, return_inverse=True
    )
    row, length = starts[whole[first]] + 1, length[whole[first]]
    links = np.maximum(length - LINK, 0) + 1
    owner = np.repeat(np.arange(len(row)), links)
    at = row[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(links) - links, links)
    slots = buffer.index.find(units.grams(at, np.minimum(length, LINK)[owner]))
    there = np.ones(len(row), bool)
    there[owner[slots == 0]] = False
    number = np.where(there, np.cumsum(there) - 1, -1)
    which = np.full(len(words), -1, np.int64)
    which[whole] = number[inverse]
    links = links[there]
    return _Wanted(keys[there], length[there], slots[there[owner]], np.cumsum(links) - links), which


def _mentions(buffer: Buffer, wanted: _Wanted) -> Mentions:
    parts = [_short(buffer, wanted, units) for units in (1, 2) if (wanted.units == units).any()] + _long(buffer, wanted)
    string = np.concatenate([some for some, _ in parts] or [np.zeros(0, np.int64)])
    row = np.concatenate([some for _, some in parts] or [np.zeros(0, np.int64)])
    order = np.argsort(string * (len(buffer.rows) + 1) + row)
    string, row = string[order], row[order]
    text = buffer.text_of(row)
    first = np.ones(len(row), bool)
    first[1:] = (string[1:] != string[:-1]) | (text[1:] != text[:-1])
    return Mentions(string[first], row[first], text[first])


def _short(buffer: Buffer, wanted: _Wanted, units: int) -> tuple[I64, I64]:
    """All mentions of strings of one or of two units: string and row."""
    which = np.flatnonzero(wanted.units == units)
    slots = wanted.slots[wanted.first[which]]
    column = buffer.rows[f"slot{units}"]
    sought = np.zeros(len(buffer.index.counts), bool)
    sought[slots] = True
    rows = np.flatnonzero(sought[column])
    order = np.argsort(slots)
    return which[order[np.searchsorted(slots[order], column[rows])]], rows


def _long(buffer: Buffer, wanted: _Wanted) -> list[tuple[I64, I64]]:
    """All mentions of strings of three units or more: string and row."""
    which = np.flatnonzero(wanted.units >= LINK)
    if not len(which):
        return []
    column = buffer.rows["slot3"]
    begins, inside = np.zeros((2, len(buffer.index.counts)), bool)
    begins[wanted.slots[wanted.first[which]]] = True
    inside[wanted.slots] = True
    rows, found = np.flatnonzero(begins[column]), []
    for units in range(LINK, int(wanted.units[which].max()) + 1):
        if units > LINK:
            rows = rows[inside[column[rows + units - LINK]]]
        mine = which[wanted.units[which] == units]
        if len(mine) and len(rows):
            mine = mine[np.argsort(wanted.keys[mine])]
            keys, known = buffer.grams(rows, units), wanted.keys[mine]
            at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            hit = known[at] == keys
            found.append((mine[at[hit]], rows[hit]))
    return found
