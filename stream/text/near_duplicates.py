"""texts -> those that are no copies: the same text posted a thousand times is one voice.

A text has a name made of its countable characters; case, width, digits and marks do not matter. A long text is named by
the least and the greatest of the hashes of its stretches of `STRETCH` characters, so that one which was changed a
little mostly keeps its name: two texts of which a share `r` of all their stretches is common get one name with a
probability of about `r * r` (min-wise hashing: Broder 1997), exact copies always, texts without a stretch in common
never. Bounded: `capacity` names a window.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sketches.candidates import contains
from sketches.hashing import U64, SubstringHash, mixed_basic
from sketches.kernels import kernel
from stream.text.runs import DIGIT, I64, U8, U32, Runs

STRETCH = 8
LONG = 24  # characters from which a text is long: shorter ones, such as titles, differ by a word that may be the news


@dataclass(slots=True)
class Seen:
    """Which texts a window has had already: copies of a text are one voice. Bounded by `capacity`."""

    capacity: int
    names: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))  # sorted

    def fresh(self, names: U64) -> npt.NDArray[np.bool_]:
        """(n,) whether each text, by its name (`text_names`), is the first of its kind."""
        new = ~contains(self.names, names)
        distinct, first = np.unique(names[new], return_index=True)
        is_first = np.zeros(len(names), bool)
        is_first[np.flatnonzero(new)[first]] = True
        room = self.capacity - len(self.names)
        if len(distinct) > room:  # who finds no room is not remembered, and new every time
            distinct = np.sort(names[new][np.sort(first)[:room]])
            is_first |= new & ~contains(distinct, names)
        self.names = np.insert(self.names, np.searchsorted(self.names, distinct), distinct)
        return is_first


def text_names(runs: Runs) -> U64:
    """(texts,) the 64-bit name of each text."""
    return names_of(runs.points, runs.kinds, runs.starts, mixed_basic(), STRETCH, LONG)


@kernel("stream.text.runs_numba")
def names_of(points: U32, kinds: U8, starts: I64, basic: U64, stretch: int, long: int) -> U64:
    """`text_names` from the columns of `Runs`; texts of at least `long` characters are named by their stretches."""
    counted = (kinds != 0) & (kinds != DIGIT)
    places = np.concatenate((np.zeros(1, np.int64), np.cumsum(counted)))[starts]
    begin, end = places[:-1], places[1:]
    hashes = SubstringHash(points[counted])
    names = hashes.names(begin, end)
    are_long = np.flatnonzero(end - begin >= long)
    if len(are_long):
        stretches = np.arange(int(places[-1]) - stretch + 1)
        found = np.append(hashes.names(stretches, stretches + stretch), np.uint64(0))  # so that the last end is a place
        edges = np.stack((begin[are_long], end[are_long] - stretch + 1), axis=1).ravel()
        least, greatest = (each.reduceat(found, edges)[::2] for each in (np.minimum, np.maximum))
        names[are_long] = least * np.uint64(3) ^ greatest
    return names
