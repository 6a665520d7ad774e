"""Strings -> their first mention in each text of the horizon; and which strings occur only as a part of a longer one.

A mention is looked for only where all links of a string stand. A link is three adjacent units; the pair for a string of
two units, the unit for one of one (`horizon.units`). Cost: with numba one step for each row that holds a string's
rarest link, with numpy one for every row of the buffer; then a few passes over the rows where a mention may begin.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.kernels import kernel
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings
from stream.horizon.units import HAN, LETTERS, grams, kind_table, units_of
from stream.text.runs import I32, I64, encoded

BOOL = npt.NDArray[np.bool_]
Values = TypeVar("Values", I64, U64)
LINK = 3  # units
_REMEMBERED = 4  # lists of words


@dataclass(frozen=True, slots=True)
class Mentions:
    """The first mention of each string in each text, sorted by string and text. Shapes (n,)."""

    string: I64
    row: I64
    text: I64

    def counts(self, strings: int) -> I64:
        """Return (strings,) the number of texts that hold each."""
        return np.bincount(self.string, minlength=strings)

    def chosen(self, which: BOOL) -> "Mentions":
        """Return the mentions of the chosen strings, with the strings renumbered."""
        number = np.cumsum(which) - 1
        kept = which[self.string]
        return Mentions(number[self.string[kept]], self.row[kept], self.text[kept])


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Strings with their links: shapes (n,), for links (m,)."""

    keys: U64
    units: I64
    slots: I32  # of all links, string by string
    first: I64  # where the links of each string begin in `slots`


def mentions(buffer: Buffer, strings: Strings) -> Mentions:
    """Find the mentions of strings whose `row` is in the buffer."""
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
    """Return (strings,) whether the same neighbour stands beside a string in all its mentions, so that the longer
    is meant.
    """
    kind, slot = buffer.rows["kind"], buffer.rows["slot1"]
    closed = np.zeros(len(strings), bool)
    if not len(strings):
        return closed
    begins = np.flatnonzero(np.append(True, told.string[1:] != told.string[:-1]))
    for rows in (told.row - 1, told.row + strings.units[told.string]):
        beside = np.where(kind[rows] >= HAN, slot[rows], 0)
        least, most = np.minimum.reduceat(beside, begins), np.maximum.reduceat(beside, begins)
        closed |= (least == most) & (least > 0)
    return closed


def mentions_of_word(buffer: Buffer, word: str, seed: int) -> Mentions:
    """Find the mentions of any word; there are none if it does not consist of units."""
    return _mentions(buffer, _wanted(buffer, [word], seed)[0])


def counts_of_words(buffer: Buffer, words: list[str], seed: int) -> I64:
    """Return (words,) the number of texts that hold each; 0 if a word does not consist of units."""
    wanted, which = _wanted(buffer, words, seed)
    found = _mentions(buffer, wanted).counts(len(wanted.keys))
    return np.append(found, 0)[which]


def texts_of_words(buffer: Buffer, words: list[str], seed: int) -> list[I64]:
    """Return the sorted numbers of the texts that hold each word; empty if a word does not consist of units."""
    wanted, which = _wanted(buffer, words, seed)
    told = _mentions(buffer, wanted)
    return _by_word(told.text, told, which)


def names_of_words(buffer: Buffer, words: list[str], seed: int) -> list[U64]:
    """Return the sorted fingerprints of the texts that hold each word; empty if a word does not consist of units."""
    wanted, which = _wanted(buffer, words, seed)
    told = _mentions(buffer, wanted)
    names = buffer.texts["name"][told.text]
    return _by_word(names[np.lexsort((names, told.string))], told, which)


def _by_word(values: Values, told: Mentions, which: I64) -> list[Values]:
    """Return for each word the values of its mentions; `which` is the string of each word, -1 for none."""
    ends = np.append(np.cumsum(told.counts(int(which.max(initial=-1)) + 1)), 0)  # the last one for none
    begins = np.append(0, ends[:-1])
    begins[-1] = 0
    return [values[begin:end] for begin, end in zip(begins[which].tolist(), ends[which].tolist(), strict=True)]


def texts_that_show(buffer: Buffer, word: str) -> int:
    """Return how many texts contain a word as it is written here, in any part of them, links and names included."""
    points, sought = buffer.all_points, encoded([word])[0][:-1]
    at = np.flatnonzero(points[: len(points) - len(sought)] == sought[0])
    for step in range(1, len(sought)):
        at = at[points[at + step] == sought[step]]
    for own, step in ((sought[0], -1), (sought[-1], len(sought))):
        if kind_table()[own] >= LETTERS:  # a token is not looked for within a longer one
            at = at[kind_table()[points[at + step]] < LETTERS]
    first = buffer.texts["point"] - buffer.texts["point"][:1]
    return len(np.unique(np.searchsorted(first, at, "right")))


def _wanted(buffer: Buffer, words: list[str], seed: int) -> tuple[_Wanted, I64]:
    """Return the distinct words that may have mentions, and for each word its index among them, -1 for none."""
    asked = _asked(buffer, words, seed)
    slots = buffer.index.find(asked.grams)
    there = np.ones(len(asked.keys), bool)
    there[asked.owner[slots == 0]] = False
    number = np.where(there, np.cumsum(there) - 1, -1)
    which = np.full(len(words), -1, np.int64)
    which[asked.whole] = number[asked.inverse]
    links = asked.links[there]
    wanted = _Wanted(asked.keys[there], asked.units[there], slots[there[asked.owner]], np.cumsum(links) - links)
    return wanted, which


@dataclass(frozen=True, slots=True)
class _Asked:
    """Distinct words as units, with shapes (n,) and (m,) for their links."""

    keys: U64
    units: I64
    links: I64  # of each word
    owner: I64  # of each link
    grams: U64  # of each link
    whole: I64  # which of the words asked for are strings of units,
    inverse: I64  # and which of the distinct ones each is


def _asked(buffer: Buffer, words: list[str], seed: int) -> _Asked:
    """Convert words to units; the last lists are cached, because look after look asks for the same words."""
    asked: _Asked | None = buffer.remembered.get(tuple(words))
    if asked is None:
        if len(buffer.remembered) >= _REMEMBERED:
            buffer.remembered.clear()
        asked = buffer.remembered[tuple(words)] = _as_units(words, seed)
    return asked


def _as_units(words: list[str], seed: int) -> _Asked:
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
    return _Asked(keys, length, links, owner, units.grams(at, np.minimum(length, LINK)[owner]), whole, inverse)


def _mentions(buffer: Buffer, wanted: _Wanted) -> Mentions:
    rows, text_rows = buffer.rows, buffer.texts["row"] - buffer.rows.dropped
    return Mentions(*first_mentions(
        rows["slot3"], rows["slot2"], rows["slot1"], rows["back3"], rows["back2"], rows["back1"], rows["prefix"],
        rows["place"], text_rows, buffer.index.counts, buffer.chains.last, rows.dropped, wanted.slots, wanted.first,
        wanted.units, wanted.keys,
    ))  # fmt: skip


@kernel("stream.horizon.buffer_numba")
def first_mentions(
    slot3: I32, slot2: I32, slot1: I32, back3: I32, back2: I32, back1: I32, prefix: U64, place: I32, text_rows: I64,
    counts: I32, last: I64, dropped: int, slots: I32, first: I64, units: I64, keys: U64,
) -> tuple[I64, I64, I64]:  # fmt: skip
    """Return string, row and text of the first mention of each string in each text, sorted by string and text.

    `slot3` to `place` are columns of the buffer, `text_rows` the first row of each text, `counts` and `last` are by
    slot; the others are those of `_Wanted`, of distinct strings. numpy scans all rows, the loop those of the rarest
    link of each string (see `chains`).
    """
    short = [_short(column, len(counts), slots[first], units, size) for size, column in ((1, slot1), (2, slot2))]
    found = short + _long(slot3, (prefix, place), len(counts), slots, first, units, keys)
    string, row = (np.concatenate([part[at] for part in found]) for at in (0, 1))
    order = np.argsort(string * (len(slot3) + 1) + row)
    string, row = string[order], row[order]
    text = np.searchsorted(text_rows, row, "right") - 1
    first_of = np.ones(len(row), bool)
    first_of[1:] = (string[1:] != string[:-1]) | (text[1:] != text[:-1])
    return string[first_of], row[first_of], text[first_of]


def _short(column: I32, known: int, slots: I32, units: I64, size: int) -> tuple[I64, I64]:
    """Return string and row of all mentions of strings of one or two units."""
    which = np.flatnonzero(units == size)
    if not len(which):
        return which, which
    sought = np.zeros(known, bool)
    sought[slots[which]] = True
    rows = np.flatnonzero(sought[column])
    which = which[np.argsort(slots[which])]
    return which[np.searchsorted(slots[which], column[rows])], rows


def _long(
    column: I32, prefixes: tuple[U64, I32], known: int, slots: I32, first: I64, units: I64, keys: U64
) -> list[tuple[I64, I64]]:
    """Return string and row of all mentions of strings of three or more units."""
    which = np.flatnonzero(units >= LINK)
    if not len(which):
        return []
    begins, inside = np.zeros((2, known), bool)
    begins[slots[first[which]]] = True
    inside[slots] = True
    rows, found = np.flatnonzero(begins[column]), []
    for length in range(LINK, int(units[which].max()) + 1):
        if length > LINK:
            rows = rows[inside[column[rows + length - LINK]]]
        mine = which[units[which] == length]
        if len(mine) and len(rows):
            mine = mine[np.argsort(keys[mine])]
            there = grams(*prefixes, rows, length)
            at = np.minimum(np.searchsorted(keys[mine], there), len(mine) - 1)
            hit = keys[mine][at] == there
            found.append((mine[at[hit]], rows[hit]))
    return found
