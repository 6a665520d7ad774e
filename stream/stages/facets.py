"""Facets of words: how often which value of which kind came with a word, in rows that add up.

A row is (word, facet, count); a facet is kind << 40 | value, with two bits of kind and 40 of value. What the kinds are
is not known here, but that from `SAMPLED` on values are hashes of which only the number matters.
Law: the sum of two lots of rows is the sum of the joined lot; for the other kinds, up to the bound.
Bounded: of each word and kind `FACETS` values stay: the most frequent; of a sampled kind the smallest, from which
`distinct` tells how many there were (bottom-k sketch: Bar-Yossef et al. 2002). Cost: one sort of the rows.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from sketches.compiled import compiled
from sketches.hashing import U64

FACETS = 32
SAMPLED = np.uint64(2)
VALUE_BITS = np.uint64(40)
_FACET_BITS = np.uint64(42)
_FACET = np.uint64((1 << 42) - 1)
_MOST_WORDS = 1 << 22  # so many words and a facet fit into one number together
I64 = npt.NDArray[np.int64]


def summed(words: I64, facets: U64, counts: I64) -> tuple[I64, U64, I64]:
    """`total`, within the bound."""
    loops = compiled("stream.stages.loops")
    if loops and len(words) and int(counts.sum()) >> int(loops.COUNT_BITS) == 0:
        added: tuple[I64, U64, I64] = loops.summed(
            words, facets, counts, int(words.max()) + 1, FACETS, VALUE_BITS, SAMPLED
        )
        return added
    return _bounded(*total(words, facets, counts))


def total(words: I64, facets: U64, counts: I64) -> tuple[I64, U64, I64]:
    """Equal rows added up, in order of word and facet. Words are numbers from 0. Shapes (n,) in, (m,) out."""
    if not len(words):
        return words, facets, counts
    if int(words.max()) < _MOST_WORDS:
        both = (words.astype(np.uint64) << _FACET_BITS) | facets
        order = np.argsort(both)
    else:
        order = np.lexsort((facets, words))
    words, facets = words[order], facets[order]
    heads = np.flatnonzero(np.concatenate(([True], (words[1:] != words[:-1]) | (facets[1:] != facets[:-1]))))
    return words[heads], facets[heads], np.add.reduceat(counts[order], heads)


def counted(words: I64, facets: U64) -> tuple[I64, U64, I64]:
    """`summed` of rows that count once each; numbers are sorted faster than their order is found."""
    if not len(words) or int(words.max()) >= _MOST_WORDS or compiled("stream.stages.loops"):
        return summed(words, facets, np.ones(len(words), np.int64))
    both = np.sort((words.astype(np.uint64) << _FACET_BITS) | facets)
    heads = np.flatnonzero(np.concatenate(([True], both[1:] != both[:-1])))
    distinct = both[heads]
    words, facets = (distinct >> _FACET_BITS).astype(np.int64), distinct & _FACET
    return _bounded(words, facets, np.diff(heads, append=len(both)))


def _bounded(words: I64, facets: U64, counts: I64) -> tuple[I64, U64, I64]:
    if not len(words):
        return words, facets, counts
    kinds = facets >> VALUE_BITS
    starts = np.flatnonzero(np.concatenate(([True], (words[1:] != words[:-1]) | (kinds[1:] != kinds[:-1]))))
    sizes = np.diff(starts, append=len(words))
    if sizes.max() <= FACETS:
        return words, facets, counts
    large = np.flatnonzero(np.repeat(sizes > FACETS, sizes))  # few have so many values: only theirs are ranked
    groups = np.repeat(np.arange(len(starts))[sizes > FACETS], sizes[sizes > FACETS])
    ranked = large[np.lexsort((np.where(kinds[large] >= SAMPLED, 0, -counts[large]), groups))]
    begins = np.cumsum(sizes[sizes > FACETS]) - sizes[sizes > FACETS]
    rank = np.arange(len(large)) - np.repeat(begins, sizes[sizes > FACETS])
    few = np.ones(len(words), bool)
    few[ranked[rank >= FACETS]] = False
    return words[few], facets[few], counts[few]


def distinct(values: Collection[int]) -> int:
    """How many distinct values of a sampled kind there were: exact below `FACETS`, else within some 18 % (one sigma).

    >>> distinct([3, 1, 2]), distinct(range(0, 1 << 40, 1 << 30))
    (3, 1024)
    """
    if len(values) < FACETS:
        return len(values)
    smallest = sorted(values)[:FACETS]
    return round((FACETS - 1) * (1 << 40) / max(1, smallest[-1]))
