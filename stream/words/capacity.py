"""A table of words -> which of its neighbours and examples there is room for.

The words of a dense stream have dozens of distinct neighbours each, and examples of their own, in every window and
partition: several times what they take themselves. Of neighbours those lose who have very many, which is not what is
news in one window; of examples, as of rows, the words in fewest texts.
Invariant: no more than asked for stays; where there is room for all, all stay.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.text.runs import I32
from stream.words.context_counts import SAMPLED, VALUE_BITS

_ROW_BITS = np.uint64(32)
_ROW = np.uint64((1 << 32) - 1)

FACETS_A_WORD = 9  # at most, on the average over the words a table may have
WORDS_AN_EXAMPLE = 4  # of them for each text that is kept as an example
MOST = 1 << 62
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Room:
    """So much a table may have of each, at most."""

    rows: int
    facets: int
    shown: int

    @classmethod
    def of(cls, rows: int) -> "Room":
        """What is kept of a window with so many rows."""
        return cls(rows, FACETS_A_WORD * rows, max(1, rows // WORDS_AN_EXAMPLE))

    def holds(self, rows: int, facets: int, shown: int) -> bool:
        """Whether all of it stays."""
        return rows <= self.rows and facets <= self.facets and shown <= self.shown


ALL = Room(MOST, MOST, MOST)


def facets_with_room(rows: I32, facets: U64, counts: I32, most: int) -> Mask:
    """(m,) which facets stay: of each word and kind equally many, the most frequent; of a sampled kind the smallest.

    `rows` and `facets` are sorted as in a table.
    """
    if len(rows) <= most:
        return np.ones(len(rows), bool)
    kinds = facets >> VALUE_BITS
    heads = np.concatenate(([True], (rows[1:] != rows[:-1]) | (kinds[1:] != kinds[:-1])))
    starts = np.flatnonzero(heads)
    sizes = np.diff(starts, append=len(rows))
    group = np.cumsum(heads) - 1
    rarity = np.where(kinds >= SAMPLED, 0, counts.max() - counts.astype(np.int64))
    order = np.argsort(group * (rarity.max() + 1) + rarity, kind="stable")
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(len(rows)) - np.repeat(starts, sizes)
    return rank < np.searchsorted(np.cumsum(np.bincount(rank)), most, "right")


def mentions_with_room(mentions: I32, texts: I32, shown: int, most: int) -> I32:
    """(n, EXAMPLES) the mentions in `most` of so many texts: those with the first mention of the words that are in
    most texts.
    """
    ranked = np.sort(
        ((int(texts.max(initial=0)) - texts.astype(np.uint64)) << _ROW_BITS) | np.arange(len(texts), dtype=np.uint64)
    )
    first = mentions[(ranked & _ROW).astype(np.int64), 0]
    place = np.arange(len(first))
    earliest = np.empty(shown + 1, np.int64)  # the last of them is of no text at all, which is -1
    earliest[first[::-1]] = place[::-1]
    stay = np.zeros(shown + 1, bool)
    stay[first[earliest[first] == place][:most]] = True
    stay[-1] = False
    few: I32 = np.where(stay[mentions], mentions, np.int32(-1))
    return few
