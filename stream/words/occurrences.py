"""pieces -> occurrences of words in order of word, and how words are written.

Law: in order of name, those of one word in reading order. Cost: one sort of the batch's pieces.
"""

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64, SubstringHash, mixed_basic
from sketches.kernels import kernel
from stream.segmentation.cut import Pieces
from stream.text.runs import DIGIT, I32, I64, U8, U32, Runs

PLACE_BITS = 24  # of a name, for its place among those of a batch
_PLACE = np.uint64((1 << PLACE_BITS) - 1)


def occurrences(pieces: Pieces, max_length: int) -> tuple[U64, I32, I32]:
    """(name, begin, end) of the pieces of 2 to `max_length` characters that are not all digits. Shapes (n,)."""
    runs = pieces.runs
    return in_order_of_name(pieces.begin, pieces.end, runs.points, runs.kinds, max_length, mixed_basic())


@kernel("stream.words.occurrences_numba")
def in_order_of_name(begin: I32, end: I32, points: U32, kinds: U8, longest: int, basic: U64) -> tuple[U64, I32, I32]:
    """What `occurrences` gives; `basic` is `hashing.mixed_basic`."""
    length = end - begin
    wanted = np.flatnonzero((length >= 2) & (length <= longest))
    begin, end = begin[wanted], end[wanted]
    perhaps = np.flatnonzero(kinds[begin] == DIGIT)
    digits = np.concatenate((np.zeros(1, np.int32), np.cumsum(kinds == DIGIT, dtype=np.int32)))
    numbers = perhaps[digits[end[perhaps]] - digits[begin[perhaps]] == end[perhaps] - begin[perhaps]]
    begin, end = np.delete(begin, numbers), np.delete(end, numbers)
    names = SubstringHash(points).names(begin, end)
    order = stable_order(names)
    return names[order], begin[order], end[order]


def spelled(runs: Runs, begin: I32, end: I32) -> npt.NDArray[np.str_]:
    """Words as their first text writes them. A numpy string ends before its trailing zeros, as our words do."""
    longest = int((end - begin).max(initial=1))
    words: npt.NDArray[np.str_] = spell(begin, end, runs.written, longest).view(f"<U{longest}").ravel()
    return words


@kernel("stream.words.occurrences_numba")
def spell(begin: I32, end: I32, written: U32, longest: int) -> U32:
    """(n, longest) the code points of words, zeros behind the last character of each."""
    length = end - begin
    column = np.arange(longest)
    points = written[begin[:, None] + np.minimum(column, length[:, None] - 1)] * (column < length[:, None])
    spelt: U32 = points.astype("<u4")
    return spelt


def stable_order(names: U64) -> I64:
    """As `argsort(kind="stable")`, several times faster: the upper bits of each name and its place are one number.

    Where two different names share those bits (of a million names, in one case of some hundred) it is sorted anew.
    """
    if len(names) <= 1 << PLACE_BITS:
        both = np.sort(_embedded(names))
        order = (both & _PLACE).astype(np.int64)
        if np.array_equal(differs(both >> np.uint64(PLACE_BITS)), differs(names[order])):
            return order
    return np.argsort(names, kind="stable")


def _embedded(names: U64) -> U64:
    """The upper bits of each name, and its place in the lower ones."""
    return (names & ~_PLACE) | np.arange(len(names), dtype=np.uint64)


def differs(values: U64 | I32 | I64) -> npt.NDArray[np.bool_]:
    """(n,) whether each value is another than the one before it; the first one is."""
    return np.concatenate((np.ones(min(1, len(values)), bool), values[1:] != values[:-1]))
