"""Counts <-> bytes: sorted code points as differences, pairs as indices, each column in as few bytes a number as it
needs.

A pair is stored as the index of its right character; for each left character the number of its pairs is stored. Bytes
of the same significance are stored together, which zstd compresses better. Measured on Chinese texts of 100 characters,
as a share of their size as JSON: 0.45 for 12 texts, 0.29 for 125, 0.15 for 1,250.
"""

from collections.abc import Iterator

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.pair_sketch import Tally
from stream.segmentation.tally import pack, unpack

COLUMNS = 5  # arrays of a tally
WIDTHS = {1: "<u1", 2: "<u2", 4: "<u4", 8: "<u8"}


def packed(counts: Tally) -> Iterator[tuple[int, int, bytes]]:
    """Yield the columns of a tally as (bytes a number, count of numbers, content)."""
    left, right = unpack(counts.pairs)
    for column in (
        np.diff(counts.chars, prepend=np.uint64(0)), counts.char_counts,
        np.bincount(np.searchsorted(counts.chars, left), minlength=len(counts.chars)),
        np.searchsorted(counts.chars, right), counts.pair_counts,
    ):  # fmt: skip
        numbers = column.astype("<u8")
        width = next(width for width in WIDTHS if int(numbers.max(initial=0)) < 1 << 8 * width)
        planes = numbers.view("<u1").reshape(len(numbers), 8)[:, :width]
        yield width, len(numbers), planes.T.tobytes()


def unpacked(columns: list[U64], all_pairs: float) -> Tally:
    """Return the tally of its columns. Raises ValueError if they contradict one another."""
    steps, char_counts, rights_of, right, pair_counts = columns
    chars = np.cumsum(steps, dtype=np.uint64)
    _check(len(char_counts) == len(rights_of) == len(chars), "characters")
    _check(len(right) == len(pair_counts) == int(rights_of.sum()), "pairs")
    _check(not len(right) or int(right.max()) < len(chars), "places")
    _check(int(chars.max(initial=0)) < 0x110000, "characters")
    _check(int(rights_of.max(initial=0)) <= len(right), "pairs")  # sums may wrap around
    left = np.repeat(chars, rights_of.astype(np.intp))
    pairs = pack(left.astype(np.uint32), chars[right.astype(np.intp)].astype(np.uint32))
    for items in (chars, pairs):
        _check(bool((items[1:] > items[:-1]).all()), "order")
    return Tally(chars, _counts(char_counts), pairs, _counts(pair_counts), all_pairs)


def read_column(width: int, numbers: int, content: memoryview) -> U64:
    """Decode a column. Raises ValueError if its length is wrong."""
    _check(width in WIDTHS and len(content) == width * numbers, "column")
    wide = np.zeros((numbers, 8), np.uint8)
    wide[:, :width] = np.frombuffer(content, np.uint8).reshape(width, numbers).T
    return wide.view("<u8").reshape(numbers).astype(np.uint64)


def _counts(column: U64) -> F64:
    _check(int(column.max(initial=0)) < 1 << 53, "counts")
    return column.astype(np.float64)


def _check(fits: bool, what: str) -> None:
    if not fits:
        raise ValueError(f"a tally whose {what} do not fit together")
