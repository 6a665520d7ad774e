"""What `record_batches` does byte by byte, as a loop for numba: what it means stands there."""

import numpy as np

from sketches.loops import loop
from stream.text.runs import I64, U8

COLUMNS = 6  # of a record: milliseconds and offset after those of the batch, begin and end of key and value


@loop
def _varint(data: U8, at: int) -> tuple[int, int]:
    """A number with its zigzag undone, and where it ends: behind the last byte if there is no end to it."""
    value, shift = np.uint64(0), np.uint64(0)
    while at < len(data) and shift < 64:
        byte = np.uint64(data[at])
        value |= (byte & np.uint64(127)) << shift
        at, shift = at + 1, shift + np.uint64(7)
        if byte < 128:
            return int(np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1))), at
    return 0, len(data) + 1


@loop
def split(data: U8, at: int, count: int) -> I64:
    """(count, COLUMNS) of the records from `at` on; no rows at all where their lengths contradict one another.

    A key or value that is not there begins behind its end.
    """
    records = np.empty((count, COLUMNS), np.int64)
    for number in range(count):
        size, at = _varint(data, at)
        end = at + size
        if size < 0 or end > len(data):
            return records[:0]
        milliseconds, at = _varint(data, at + 1)
        offset, at = _varint(data, at)
        records[number, 0], records[number, 1] = milliseconds, offset
        for part in (2, 4):
            size, at = _varint(data, at)
            records[number, part], records[number, part + 1] = at, at + size
            at += max(size, 0)
        headers, at = _varint(data, at)
        if at > end or (headers == 0 and at != end):
            return records[:0]
        at = end
    return records if at == len(data) else records[:0]
