"""Recognise copies and near copies, so that a text posted a thousand times counts once.

The fingerprint of a text is a hash of its countable characters; case, width, digits and punctuation do not matter. The
fingerprint of a long text is made of the smallest and largest hash of its substrings of `STRETCH` characters, so small
changes mostly keep it: texts that share a fraction `r` of all their substrings have equal fingerprints with probability
about `r * r` (min-wise hashing: Broder 1997); exact copies always, texts without a common substring never.
Bounded: `capacity` fingerprints per window.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sketches.candidates import contains
from sketches.hashing import U64, SubstringHash, mixed_basic
from sketches.kernels import kernel
from stream.text.runs import DIGIT, I64, U8, U32, Runs

STRETCH = 8
LONG = 24  # characters of a long text; shorter ones, such as titles, may differ by the very word that is new


@dataclass(slots=True)
class Seen:
    """The fingerprints of the texts a window already has, at most `capacity`."""

    capacity: int
    names: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))  # sorted

    def fresh(self, names: U64) -> npt.NDArray[np.bool_]:
        """(n,) whether each text, by its fingerprint (`text_names`), is the first of its kind."""
        new = ~contains(self.names, names)
        distinct, first = np.unique(names[new], return_index=True)
        is_first = np.zeros(len(names), bool)
        is_first[np.flatnonzero(new)[first]] = True
        room = self.capacity - len(self.names)
        if len(distinct) > room:  # fingerprints beyond the capacity are not stored, and their texts count each time
            distinct = np.sort(names[new][np.sort(first)[:room]])
            is_first |= new & ~contains(distinct, names)
        self.names = np.insert(self.names, np.searchsorted(self.names, distinct), distinct)
        return is_first


def text_names(runs: Runs) -> U64:
    """(texts,) the 64-bit fingerprint of each text."""
    return names_of(runs.points, runs.kinds, runs.starts, mixed_basic(), STRETCH, LONG)


@kernel("stream.text.runs_numba")
def names_of(points: U32, kinds: U8, starts: I64, basic: U64, stretch: int, long: int) -> U64:
    """`text_names` from the columns of `Runs`; texts of at least `long` characters are hashed by substrings."""
    counted = (kinds != 0) & (kinds != DIGIT)
    places = np.concatenate((np.zeros(1, np.int64), np.cumsum(counted)))[starts]
    begin, end = places[:-1], places[1:]
    hashes = SubstringHash(points[counted])
    names = hashes.names(begin, end)
    are_long = np.flatnonzero(end - begin >= long)
    if len(are_long):
        stretches = np.arange(int(places[-1]) - stretch + 1)
        found = np.append(
            hashes.names(stretches, stretches + stretch), np.uint64(0)
        )  # so that the last end is a valid index
        edges = np.stack((begin[are_long], end[are_long] - stretch + 1), axis=1).ravel()
        least, greatest = (each.reduceat(found, edges)[::2] for each in (np.minimum, np.maximum))
        names[are_long] = least * np.uint64(3) ^ greatest
    return names
