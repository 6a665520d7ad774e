"""How many texts hold the parts of a string, in the horizon and in the past: every beginning and every end of it.

A part that also occurs outside the string (as 演唱会 occurs outside 檀健次演唱会) shows that the string is a phrase.
"""

from dataclasses import dataclass

import numpy as np

from sketches.count_min import F64
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings
from stream.horizon.mentions import mentions
from stream.horizon.past_memory import PastMemory
from stream.horizon.units import LETTERS
from stream.text.runs import I64

NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Parts:
    """Shapes (n,): part `i` is the first or the last units of string `string[i]`."""

    string: I64
    is_end: np.ndarray
    units: I64
    first: I64  # its first row
    counts: F64  # texts of the horizon that hold it
    past: F64  # texts of the past that hold it, at most; 0 for a single character, of which nothing is remembered
    counts_as_word: np.ndarray  # whether it is more than a single character


def parts_of(buffer: Buffer, past: PastMemory, strings: Strings) -> Parts:
    """Return all beginnings and ends of the strings, without the strings themselves."""
    columns = [(np.flatnonzero(strings.units > units), units) for units in range(1, int(strings.units.max(initial=1)))]
    string = np.concatenate([np.tile(some, 2) for some, _ in columns] or [np.zeros(0, np.int64)])
    is_end = np.concatenate([np.repeat([False, True], len(some)) for some, _ in columns] or [np.zeros(0, bool)])
    cut = np.concatenate([np.full(2 * len(some), units) for some, units in columns] or [np.zeros(0, np.int64)])
    units = np.where(is_end, strings.units[string] - cut, cut)
    first = strings.row[string] + np.where(is_end, cut, 0)
    counts = _counts(buffer, first, units)
    single = (units == 1) & (buffer.rows["kind"][first] < LETTERS)
    return Parts(
        string, is_end, units, first, counts, np.where(single, 0.0, past_of(buffer, past, first, units)), ~single
    )


def _counts(buffer: Buffer, first: I64, units: I64) -> F64:
    """Return (n,) the number of texts of the horizon that hold each string."""
    counts = np.zeros(len(first))
    for size in (1, 2, 3):
        mine = units == size
        counts[mine] = buffer.index.counts[buffer.rows[f"slot{size}"][first[mine]]]
    long = np.flatnonzero(units > 3)
    if len(long):
        keys, which, inverse = np.unique(buffer.grams(first[long], units[long]), return_index=True, return_inverse=True)
        strings = Strings(keys, first[long][which], units[long][which])
        counts[long] = mentions(buffer, strings).counts(len(strings))[inverse]
    return counts


def past_of(buffer: Buffer, past: PastMemory, first: I64, units: I64) -> F64:
    """Return (n,) an upper bound of the texts of the past that held each string: the least of its links."""
    size = np.minimum(units, 3)
    steps = units - size + 1
    owner = np.repeat(np.arange(len(first)), steps)
    at = first[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(steps) - steps, steps)
    keys, inverse = np.unique(buffer.grams(at, size[owner]), return_inverse=True)
    least = np.full(len(first), NEVER)
    np.minimum.at(least, owner, past.counts(keys)[inverse])
    return least
