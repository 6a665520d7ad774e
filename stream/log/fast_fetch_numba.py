"""The compiled loop behind `fast_fetch`: finds where the parts of each record of a batch lie."""

import numpy as np

from sketches.loops_numba import loop
from stream.text.runs import I64, U8

COLUMNS = 6  # of a record
MANY = 16  # records of a batch for which the loop pays: batches of states have few


@loop
def _varint(data: U8, at: int) -> tuple[int, int]:
    """Decode a zigzag varint; return its value and where it ends, which is beyond the data if the number is not
    complete.
    """
    value, shift = np.uint64(0), np.uint64(0)
    while at < len(data) and shift < 64:
        byte = np.uint64(data[at])
        value |= (byte & np.uint64(127)) << shift
        at, shift = at + 1, shift + np.uint64(7)
        if byte < 128:
            return int(np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1))), at
    return 0, len(data) + 1


def columns_of(data: memoryview, at: int, count: int) -> I64 | None:
    """Run the compiled loop; None for small batches and for contradicting lengths, which the Python version then
    reports.
    """
    if count < MANY:
        return None
    columns = split(np.frombuffer(data, np.uint8), at, min(count, len(data)))
    return columns if len(columns) == count else None


@loop
def split(data: U8, at: int, count: int) -> I64:
    """The same as `fast_fetch.columns_of`; an empty array if lengths contradict one another."""
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
