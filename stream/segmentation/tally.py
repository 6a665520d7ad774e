"""Counts characters and pairs of one batch exactly, so that the sketch is updated once for each distinct pair.

Guarantee: the tally of two batches is the sum of their tallies. Cost: one sort of the batch's pairs.
"""

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.kernels import kernel
from sketches.pair_sketch import Tally
from stream.text.runs import U8, U32, Runs

_SHIFT = np.uint64(32)


def tally(runs: Runs) -> Tally:
    """Count characters, and pairs of neighbours within a run.

    >>> from stream.text.runs import Alphabet
    >>> counts = tally(Alphabet(("han",)).runs(["人人好，人"]))
    >>> [chr(c) for c in counts.chars], counts.char_counts.tolist()
    (['人', '好'], [3.0, 1.0])
    >>> [spell(pair) for pair in counts.pairs], counts.total
    (['人人', '人好'], 2.0)
    """
    return Tally(*counts_of(runs.points, runs.kinds))


@kernel("stream.segmentation.cut_numba")
def counts_of(points: U32, kinds: U8) -> tuple[U64, F64, U64, F64]:
    """Return the columns of `Tally` for the columns of `Runs`."""
    countable = kinds != 0
    inner = countable[:-1] & countable[1:]
    by_point = np.bincount(points * countable, minlength=1)
    by_point[0] = 0
    chars = np.flatnonzero(by_point)
    if len(by_point) <= 1 << 16:  # nearly always: a pair fits in 32 bits, which sort in half the time
        packed = ((points[:-1] << np.uint32(16)) | points[1:]) * inner  # no pair of a run is 0
        pairs, pair_counts = np.unique(packed, return_counts=True)
        within = slice(int(len(pairs) > 0 and pairs[0] == 0), None)
        pairs, pair_counts = (
            pack(pairs[within] >> np.uint32(16), pairs[within] & np.uint32(0xFFFF)),
            pair_counts[within],
        )
    else:
        left = np.flatnonzero(inner)
        pairs, pair_counts = np.unique(pack(points[left], points[left + 1]), return_counts=True)
    return chars.astype(np.uint64), by_point[chars].astype(np.float64), pairs, pair_counts.astype(np.float64)


def pack(left: U32, right: U32) -> U64:
    """Return a pair as one number: the left code point in the upper half, the right one in the lower."""
    packed: U64 = (left.astype(np.uint64) << _SHIFT) | right
    return packed


def unpack(pairs: U64) -> tuple[U64, U64]:
    """Return the left and right code points of packed pairs."""
    return pairs >> _SHIFT, pairs & np.uint64(0xFFFFFFFF)


def spell(pair: int | np.uint64) -> str:
    """Return the two characters of a packed pair."""
    return chr(int(pair) >> 32) + chr(int(pair) & 0xFFFFFFFF)


def word_points(word: str) -> npt.NDArray[np.uint32]:
    """Return the code points of a word, shape (length,)."""
    return np.frombuffer(word.encode("utf-32-le", "surrogatepass"), "<u4")
