"""Texts -> fingerprints, and whether two fingerprints are of copies (`are_alike`).

Texts that differ only in case, width, digits and punctuation have the same *name*; a hashtag is the exception, it
changes the name, because a text with another hashtag says something else. A text of fewer than `LONG` characters is a
copy only of a text with the same name. A longer one also has two *keys*, the least and the greatest hash of its
stretches of `STRETCH` characters, which similar texts often share, and a *signature*: 32 min-wise hashes of its
stretches of `SHINGLE` characters, four bits of each (Broder 1997; Li and König 2010). Two texts that share a key are
copies if at least `ALIKE` of these hashes are equal, which estimates the share of common stretches: a footer or the
title of a series does not make two texts copies, and an added comment does not make them different.
Cost: 32 multiplications a character of long texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64, SubstringHash, finalize, mixed_basic
from sketches.kernels import kernel
from stream.text.runs import DIGIT, I64, U8, U32, Runs

STRETCH, SHINGLE = 8, 4  # characters
LONG = 24  # characters of a long text; shorter ones, such as titles, may differ by the very word that is new
HASHES = 32  # of a signature
ALIKE = 22  # of them equal: copies have .8 of their shingles in common, others of the same series less than half
_HASH, _MIX = 0x23, np.uint32(0x9E3779B1)
_LOWEST = np.uint64(0x1111_1111_1111_1111)
KEYS = 3


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The fingerprints of n texts; 0 stands for a key that a short text does not have."""

    keys: U64  # (n, 3): the name, the least and the greatest hash
    signatures: U64  # (n, 2)

    @property
    def names(self) -> U64:
        """(n,) the 64-bit name of each text."""
        names: U64 = self.keys[:, 0]
        return names

    def between(self, first: int, last: int) -> "Fingerprints":
        """Return the fingerprints of texts [first, last)."""
        return Fingerprints(self.keys[first:last], self.signatures[first:last])

    @classmethod
    def joined(cls, several: Sequence["Fingerprints"]) -> "Fingerprints":
        """Concatenate the fingerprints of one or more batches."""
        if len(several) == 1:
            return several[0]
        return cls(np.concatenate([one.keys for one in several]), np.concatenate([one.signatures for one in several]))


def fingerprints(points: U32, kinds: U8, starts: I64) -> Fingerprints:
    """Compute fingerprints; `points`, `kinds` and `starts` are columns of `Runs`: folded, countable, begin of each
    text.
    """
    return Fingerprints(*fingerprints_of(points, kinds, starts, mixed_basic(), factors()))


def text_names(runs: Runs) -> U64:
    """Return (texts,) the 64-bit name of each text."""
    return fingerprints(runs.points, runs.kinds, runs.starts).names


def are_alike(some: U64, others: U64) -> npt.NDArray[np.bool_]:
    """Return (n,) whether texts with these signatures, (n, 2), are copies of each other."""
    differ = some ^ others
    differ |= differ >> np.uint64(1)
    differ |= differ >> np.uint64(2)
    alike: npt.NDArray[np.bool_] = HASHES - np.bitwise_count(differ & _LOWEST).sum(axis=1, dtype=np.int64) >= ALIKE
    return alike


@cache
def factors() -> npt.NDArray[np.uint32]:
    """Return (HASHES,) odd numbers; multiplying the hashes of stretches by each gives a different order."""
    return (finalize(np.arange(1, HASHES + 1, dtype=np.uint64)) >> np.uint64(32)).astype(np.uint32) | np.uint32(1)


@kernel("stream.text.runs_numba")
def fingerprints_of(
    points: U32, kinds: U8, starts: I64, basic: U64, factors: npt.NDArray[np.uint32]
) -> tuple[U64, U64]:
    """Return the columns of `Fingerprints`."""
    counted = (kinds != 0) & (kinds != DIGIT)
    places = np.concatenate((np.zeros(1, np.int64), np.cumsum(counted)))
    ends = places[starts]
    hashes = SubstringHash(points[counted])
    keys, signatures = np.zeros((len(starts) - 1, KEYS), np.uint64), np.zeros((len(starts) - 1, 2), np.uint64)
    tags = _tags(points, kinds, starts, places, hashes)
    keys[:, 0] = finalize(hashes.names(ends[:-1], ends[1:]) + tags + np.uint64(3))
    are_long = np.flatnonzero(np.diff(ends) >= LONG)
    if len(are_long):
        begin, end, total = ends[are_long], ends[are_long + 1], int(ends[-1])
        least, greatest = (_over(each, hashes, total, begin, end, STRETCH) for each in (np.minimum, np.maximum))
        keys[are_long, 1] = finalize(least + tags[are_long] + np.uint64(1))
        keys[are_long, 2] = finalize(greatest + tags[are_long] + np.uint64(2))
        signatures[are_long] = _signatures(hashes, total, begin, end, factors)
    return keys, signatures


def _over(each: np.ufunc, hashes: SubstringHash, total: int, begin: I64, end: I64, stretch: int) -> U64:
    """Return (texts,) the least or greatest hash of the stretches of each long text."""
    found: U64 = each.reduceat(_stretches(hashes, total, stretch), _edges(begin, end, stretch))[::2]
    return found


def _stretches(hashes: SubstringHash, total: int, stretch: int) -> U64:
    first = np.arange(total - stretch + 1)
    return np.append(hashes.names(first, first + stretch), np.uint64(0))  # so that the last end is a valid index


def _edges(begin: I64, end: I64, stretch: int) -> I64:
    return np.stack((begin, end - stretch + 1), axis=1).ravel()


def _signatures(hashes: SubstringHash, total: int, begin: I64, end: I64, factors: npt.NDArray[np.uint32]) -> U64:
    low = (_stretches(hashes, total, SHINGLE) >> np.uint64(32)).astype(np.uint32)
    edges, found = _edges(begin, end, SHINGLE), np.zeros((len(begin), 2), np.uint64)
    for number, factor in enumerate(factors):
        least = np.minimum.reduceat(low * factor, edges)[::2]
        bits = ((least * _MIX) >> np.uint32(28)).astype(np.uint64)
        found[:, number // 16] |= bits << np.uint64(4 * (number % 16))
    return found


def _tags(points: U32, kinds: U8, starts: I64, places: I64, hashes: SubstringHash) -> U64:
    """Return (texts,) the sum of the hashes of the hashtags, each up to the next character that is not countable."""
    tags = np.zeros(len(starts) - 1, np.uint64)
    marks = np.flatnonzero((points[:-1] == _HASH) & (kinds[1:] != 0)) if len(points) else np.zeros(0, np.int64)
    if len(marks):
        uncounted = np.flatnonzero(kinds == 0)
        end = uncounted[np.searchsorted(uncounted, marks + 1)]
        text = np.searchsorted(starts, marks, "right") - 1
        np.add.at(tags, text, hashes.names(places[marks + 1], places[end]))
    return tags
