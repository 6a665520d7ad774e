"""Finds texts, and mentions of a string, that only repeat earlier text, so that each author's own wording counts once.

*Copies.* A text is a copy if the latest earlier text with one of its keys has the same fingerprint or a similar
signature (`text.near_duplicates`). Keys are kept in two generations. A generation ends when it spans `span_s` seconds
or holds `capacity` keys, and then the older one is dropped. So copies are recognised within `span_s`, unless more texts
came in that time. Within a generation the result does not depend on how texts are batched. Memory: 24 bytes a key.

*Own voices.* A mention of a string does not count

- in a form: most of the text, parts apart from the string included, is the same in nearly all mentions of the string;
- in an affix: the string is in a beginning or an end that most later texts of its source, or of the stream, share.

Digits, marks and mixed tokens are ignored, because they vary. Both are decided from the texts of the horizon, without a
list and without state. The first mention always counts.
Cost: reading `2 * REACH` rows for each mention.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sketches.candidates import contains
from sketches.hashing import U64, finalize
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings
from stream.horizon.mentions import Mentions
from stream.horizon.units import HAN, LETTERS
from stream.text.near_duplicates import KEYS, Fingerprints, are_alike
from stream.text.runs import I64

BOOL = npt.NDArray[np.bool_]
BESIDE, REACH = 16, 32  # units on a side that may be of a form, and the rows that are looked at for them
OF_FORM, FORM_MENTIONS = 0.8, 4  # share of the mentions, and least mentions, that have a pair of units of a form
APART, COVERED = 3, 0.5  # units of a form that stand apart from the string; share of the units that are of the form
NEARLY_ALL = 0.75  # of the units, where one unit less stands apart
OWN = 10  # units beside a string that are of no form: whoever writes so many speaks for himself, above a footer too
AFFIX_ROWS, OF_SOURCE, OF_STREAM = 24, 4, 30  # the longest affix; texts that must have it
MOST = 0.5  # of a source's or the stream's texts
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Generation:
    """The latest text of each key: shapes (n,), keys sorted, and (n, 2)."""

    keys: U64
    signatures: U64

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, keys: U64) -> tuple[BOOL, U64]:
        """Return (n,) whether each key is known, and (n, 2) its signature."""
        if not len(self):
            return np.zeros(len(keys), bool), np.zeros((len(keys), 2), np.uint64)
        return contains(self.keys, keys), self.signatures[np.searchsorted(self.keys, keys) % len(self)]

    def updated(self, keys: U64, signatures: U64) -> "Generation":
        """Return a generation that also has these sorted distinct keys."""
        at, known = np.searchsorted(self.keys, keys), contains(self.keys, keys)
        self.signatures[at[known]] = signatures[known]
        return Generation(np.insert(self.keys, at[~known], keys[~known]),
                          np.insert(self.signatures, at[~known], signatures[~known], axis=0))  # fmt: skip


def _none() -> Generation:
    return Generation(np.zeros(0, np.uint64), np.zeros((0, 2), np.uint64))


class Copies:
    """The keys of recent texts, in two generations."""

    def __init__(self, capacity: int, span_s: float) -> None:
        self._capacity, self._span_s = capacity, span_s
        self._now, self._before = _none(), _none()
        self._since_s = np.inf

    def are_new(self, prints: Fingerprints, at_s: float) -> BOOL:
        """Return (n,) whether each text is not a copy, and remember the texts; `at_s` is the time of the last one."""
        if at_s - self._since_s >= self._span_s or len(self._now) >= self._capacity:
            self._before, self._now, self._since_s = self._now, _none(), at_s
        self._since_s = min(self._since_s, at_s)
        rows = np.flatnonzero(prints.keys.ravel())
        rows = rows[np.argsort(prints.keys.ravel()[rows], kind="stable")]  # of a key, the texts in their order
        keys, signatures = prints.keys.ravel()[rows], prints.signatures[rows // KEYS]
        copies = self._are_copies(keys, signatures, rows % KEYS == 0)
        last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
        self._now = self._now.updated(keys[last], signatures[last])
        are_new = np.ones(len(prints.keys), bool)
        are_new[rows[copies] // KEYS] = False
        return are_new

    def _are_copies(self, keys: U64, signatures: U64, are_names: BOOL) -> BOOL:
        """Return (n,) whether the earlier text with the same key is equal or similar."""
        again = np.append(False, keys[1:] == keys[:-1])[: len(keys)]
        known, latest = again.copy(), np.roll(signatures, 1, axis=0)
        for generation in (self._now, self._before):
            asked = np.flatnonzero(~known)
            there, of_them = generation.find(keys[asked])
            latest[asked[there]], known[asked[there]] = of_them[there], True
        return known & (are_names | are_alike(signatures, latest))

    def state(self) -> dict[str, np.ndarray | float]:
        return {"copies_now": self._now.keys, "copies_now_signatures": self._now.signatures,
                "copies_before": self._before.keys, "copies_before_signatures": self._before.signatures,
                "copies_since": self._since_s}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        self._now, self._before = (_generation(state, name) for name in ("copies_now", "copies_before"))
        self._since_s = float(state["copies_since"])


def _generation(state: dict[str, Any], name: str) -> Generation:
    keys = np.asarray(state[name], np.uint64)
    signatures = state.get(f"{name}_signatures")
    if signatures is None:  # of a version that knew names only
        return Generation(keys, np.zeros((len(keys), 2), np.uint64))
    return Generation(keys, np.array(signatures, np.uint64).reshape(-1, 2))


@dataclass(frozen=True, slots=True)
class _Beside:
    """The units on one side of each mention, the nearest first, 0 for none. Shapes (mentions, BESIDE)."""

    units: I64
    apart: BOOL  # whether anything stands between it and the string but units


def own_voices(buffer: Buffer, strings: Strings, told: Mentions) -> Mentions:
    """Return the mentions that count."""
    if not len(told.row):
        return told
    sides = _beside(buffer, strings, told)
    own = ~(_of_form(told, sides, strings.units[told.string]) | _of_affix(buffer, strings, told))
    own[np.append(True, told.string[1:] != told.string[:-1])] = True
    return Mentions(told.string[own], told.row[own], told.text[own])


def _beside(buffer: Buffer, strings: Strings, told: Mentions) -> tuple[_Beside, _Beside]:
    first, last = _bounds(buffer, told)
    steps = np.arange(REACH)
    before = told.row[:, None] - 1 - steps
    behind = (told.row + strings.units[told.string])[:, None] + steps
    return _nearest(buffer, before, before >= first[:, None]), _nearest(buffer, behind, behind < last[:, None])


def _bounds(buffer: Buffer, told: Mentions) -> tuple[I64, I64]:
    """Return the first row of the text of each mention, and the row after its last."""
    starts = np.append(buffer.texts["row"] - buffer.rows.dropped, len(buffer.rows))
    return starts[told.text], starts[told.text + 1]


def _nearest(buffer: Buffer, rows: I64, inside: BOOL) -> _Beside:
    rows = np.where(inside, rows, 0)
    kind = buffer.rows["kind"][rows]
    real = inside & (kind >= HAN) & (kind <= LETTERS)
    rank = np.cumsum(real, axis=1)
    mention, column = np.nonzero(real & (rank <= BESIDE))
    place = rank[mention, column] - 1
    units, apart = np.zeros((len(rows), BESIDE), np.int64), np.zeros((len(rows), BESIDE), bool)
    units[mention, place] = buffer.rows["slot1"][rows[mention, column]]
    apart[mention, place] = column > place
    return _Beside(units, apart)


def _of_form(told: Mentions, sides: tuple[_Beside, _Beside], own: I64) -> BOOL:
    """Return (mentions,) whether most of the text belongs to a form; `own` are the units of each string."""
    units, of_form, apart = own.copy(), own.copy(), np.zeros(len(own), np.int64)
    for side in sides:
        fixed = _fixed(told, side.units)
        beyond = side.apart | (np.cumsum(~fixed, axis=1) > 0)
        fixed[:, :-1] |= fixed[:, 1:]  # the first of a piece behind a slot
        units += (side.units > 0).sum(axis=1)
        of_form += fixed.sum(axis=1)
        apart += (fixed & beyond).sum(axis=1)
    most = (apart >= APART) & (of_form >= COVERED * units)
    nearly_all = (apart == APART - 1) & (of_form >= NEARLY_ALL * units)
    found: BOOL = (most | nearly_all) & (units - of_form < OWN)
    return found


def _fixed(told: Mentions, units: I64) -> BOOL:
    """Return which units occur with their neighbour on the string's side, or with the string, in nearly all its
    mentions.
    """
    nearer = np.concatenate((np.zeros((len(units), 1), np.int64), units[:, :-1]), axis=1)
    mention, place = np.nonzero(units)
    pairs = (nearer << 32 | units)[mention, place].astype(np.uint64)
    _, pair = np.unique(finalize(told.string[mention].astype(np.uint64) * _ODD + pairs), return_inverse=True)
    once = np.unique(pair * len(units) + mention)  # a pair counts once a mention
    held = np.bincount(once // len(units))
    enough = np.maximum(OF_FORM * np.bincount(told.string), FORM_MENTIONS)
    fixed = np.zeros(units.shape, bool)
    fixed[mention, place] = held[pair] >= enough[told.string[mention]]
    return fixed


def _of_affix(buffer: Buffer, strings: Strings, told: Mentions) -> BOOL:
    """Return (mentions,) whether the string is in a beginning or an end that most texts have."""
    first, last = _bounds(buffer, told)
    end = told.row + strings.units[told.string]
    found = np.zeros(len(told.row), bool)
    for begins, lengths in ((first, end - first), (told.row, last - 1 - told.row)):
        near = np.flatnonzero(lengths <= AFFIX_ROWS)
        names = buffer.grams(begins[near], lengths[near])
        for source, least in ((buffer.texts["source"], OF_SOURCE), (None, OF_STREAM)):
            found[near] |= _shared_by_most(told, near, names, source, len(buffer), least)
    return found


def _shared_by_most(told: Mentions, near: I64, names: U64, source: U64 | None, total: int, least: int) -> BOOL:
    """Return (near,) whether most texts since the first with the affix have it, of the same source or of all."""
    text = told.text[near]
    who = np.zeros(len(near), np.uint64) if source is None else source[text]
    group = finalize(finalize(names + told.string[near].astype(np.uint64) * _ODD) + who)
    _, first, which, several = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    most = several >= least
    if source is not None:
        most &= who[first] > 0
    for number in np.flatnonzero(most).tolist():
        since = int(text[first[number]])
        texts = total - since if source is None else int((source[since:] == who[first[number]]).sum())
        most[number] = several[number] >= MOST * texts
    found: BOOL = most[which]
    return found
