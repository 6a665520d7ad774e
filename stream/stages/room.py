"""A table of words -> which of its neighbours and examples there is room for.

A window of a dense stream has words with dozens of distinct neighbours and an example of their own each, in every
window and partition: several times what the words themselves take. Who is news has few of either in one window, so it
is those that are everywhere that lose: values beyond the most frequent, and the examples.
Invariant: no more than asked for stays; where there is room for all, all stay.
"""

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.stages.facets import SAMPLED, VALUE_BITS
from stream.stages.runs import I32

Mask = npt.NDArray[np.bool_]


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


def mentions_with_room(mentions: I32, texts: I32, most: int) -> I32:
    """(n, EXAMPLES) the first mention of each word, of as many as refer to `most` texts: those in fewest come first."""
    first = mentions[:, 0]
    order = np.argsort(texts, kind="stable")
    order = order[first[order] >= 0]
    _, earliest = np.unique(first[order], return_index=True)
    is_another = np.zeros(len(order), bool)
    is_another[earliest] = True
    served = order[np.cumsum(is_another) <= most]
    few = np.full_like(mentions, -1)
    few[served, 0] = first[served]
    return few
