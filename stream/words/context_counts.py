"""Facets of words: how often which value of which kind came with a word, in rows that add up.

A row is (word, facet, count); a facet is kind << 40 | value, with two bits of kind and 40 of value. What the kinds are
is not known here, but that from `SAMPLED` on values are hashes of which only the number matters.
Law: the sum of two lots of rows is the sum of the joined lot; for the other kinds, up to the bound.
Bounded: of each word and kind `FACETS` values stay: the most frequent; of a sampled kind the smallest, from which
`distinct` tells how many there were (bottom-k sketch: Bar-Yossef et al. 2002). Cost: one sort of the rows.
"""

from collections.abc import Collection

import numpy as np

from sketches.hashing import U64
from sketches.kernels import kernel
from stream.text.runs import I32, I64

FACETS = 32
SAMPLED = np.uint64(2)
VALUE_BITS = np.uint64(40)
FACET_BITS = np.uint64(42)
FACET = np.uint64((1 << 42) - 1)
MOST_WORDS = 1 << 22  # so many words and a facet fit into one number together


def total(words: I64 | I32, facets: U64, counts: I32) -> tuple[I32, U64, I32]:
    """Equal rows added up, in order of word and facet. Words are numbers from 0. Shapes (n,) in, (m,) out."""
    if len(words) and int(words.max()) < MOST_WORDS:
        order = np.argsort((words.astype(np.uint64) << FACET_BITS) | facets)
    else:
        order = np.lexsort((facets, words))
    return _total(words[order], facets[order], counts[order])


def counted(words: I64, facets: U64) -> tuple[I32, U64, I32]:
    """`total` within the bound of rows that count once each."""
    if not len(words) or int(words.max()) >= MOST_WORDS:
        return bounded(*total(words, facets, np.ones(len(words), np.int32)), FACETS)
    return counted_keys((words.astype(np.uint64) << FACET_BITS) | facets)


def counted_keys(both: U64) -> tuple[I32, U64, I32]:
    """`counted` of rows with word and facet as one number. Sorts them in place: finding an order takes longer."""
    both.sort()
    return equal_keys(both, FACETS)


@kernel("stream.words.word_table_numba")
def equal_keys(both: U64, most: int) -> tuple[I32, U64, I32]:
    """Equal rows added up, of sorted ones, and no more than `most` of a word and kind."""
    return bounded(*_total((both >> FACET_BITS).astype(np.int64), both & FACET, np.ones(len(both), np.int32)), most)


def _total(words: I64 | I32, facets: U64, counts: I32) -> tuple[I32, U64, I32]:
    """Sorted rows, those that are equal added up."""
    differs = (words[1:] != words[:-1]) | (facets[1:] != facets[:-1])
    heads = np.flatnonzero(np.concatenate((np.ones(min(1, len(words)), bool), differs)))
    added = np.add.reduceat(counts, heads, dtype=np.int32) if len(heads) else counts
    return words[heads].astype(np.int32), facets[heads], added


def bounded(words: I32, facets: U64, counts: I32, most: int) -> tuple[I32, U64, I32]:
    """Sorted rows, no more than `most` of a word and kind."""
    if not len(words):
        return words, facets, counts
    kinds = facets >> VALUE_BITS
    starts = np.flatnonzero(np.concatenate(([True], (words[1:] != words[:-1]) | (kinds[1:] != kinds[:-1]))))
    sizes = np.diff(starts, append=len(words))
    if sizes.max() <= most:
        return words, facets, counts
    large = np.flatnonzero(np.repeat(sizes > most, sizes))  # few have so many values: only theirs are ranked
    groups = np.repeat(np.arange(len(starts))[sizes > most], sizes[sizes > most])
    ranked = large[np.lexsort((np.where(kinds[large] >= SAMPLED, 0, -counts[large]), groups))]
    begins = np.cumsum(sizes[sizes > most]) - sizes[sizes > most]
    rank = np.arange(len(large)) - np.repeat(begins, sizes[sizes > most])
    few = np.ones(len(words), bool)
    few[ranked[rank >= most]] = False
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
