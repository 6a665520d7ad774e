"""Fetched bytes -> records, several times as fast as kafka-python's own decoder, which is half of what a client costs.

The client unpacks a record through some twenty calls into a tuple of thirteen fields. Here a batch is unpacked in one
loop straight into `Record`s, without headers, which nobody here reads. It is put into one consumer, never into the
library, and only into a version it was tested with; any other keeps its own decoder.
`tests/stream/io/test_record_batches.py` holds it to the client's own. Cost: 1 us a record.
"""

from itertools import repeat
from typing import Any

import kafka
import numpy as np
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

from sketches.compiled import compiled
from stream.io.log import Record
from stream.stages.runs import I64

TESTED = ("3.0.12",)
_TWO_BYTES = (1 << 14) - 1
MANY = 64  # records of a batch from which they are split by a loop of numba: batches of states have few
_MAGIC = 2  # batches of brokers since 0.11; older ones are left to the client's code


def speed_up(consumer: Any) -> bool:
    """Have this consumer return `Record`s; False, and nothing is changed, where its version is not one we know."""
    if kafka.__version__ not in TESTED:
        return False
    consumer._fetcher.PartitionRecords = FastRecords
    return True


def record_of(one: Any, partition: int) -> Record:
    """Ours of one that the client unpacked."""
    return Record(partition, one.offset, (one.timestamp or 0) / 1000, one.key, one.value)  # the oldest name no time


class FastRecords(Fetcher.PartitionRecords):  # type: ignore[misc]
    """What was fetched of one partition; the client's generator yields a list for each batch instead of records."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._ready: list[Record] = []  # unpacked and not yet taken
        super().__init__(*args, **options)
        self._following: int = self.next_fetch_offset  # after what is unpacked

    def take(self, n: int) -> list[Record]:
        """The next records, at most `n`. As in the client, a failure is raised once the records before it are taken."""
        self._maybe_raise_next_inline_exception()
        try:
            while len(self._ready) < n and self.record_iterator is not None:
                batch = next(self.record_iterator, None)  # ends by draining itself
                if batch is None:
                    break
                self._ready += batch
        except Exception as error:
            if not self._ready:
                raise
            self._next_inline_exception = error
        taken, self._ready = self._ready[:n], self._ready[n:]
        self.next_fetch_offset = taken[-1].offset + 1 if self._ready else self._following
        return taken

    def _maybe_skip_record(self, _: Any) -> bool:
        return False  # the client asks it of what the generator yields, and lists have left out what is to be skipped

    def _unpack_records(self, tp: Any, records: Any, *_: Any) -> Any:
        while (batch := records.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"batch at offset {batch.base_offset} of {tp} failed its checksum")
            if batch.magic == _MAGIC:
                self.leader_epoch = batch.leader_epoch
                unpacked = [] if batch.is_control_batch else unpack(batch, tp.partition)
                following = batch.next_offset  # compaction keeps it, though the last record may be gone
            else:
                unpacked = [record_of(record, tp.partition) for record in batch]
                following = unpacked[-1].offset + 1 if unpacked else self._following
            if unpacked and unpacked[0].offset < self.fetch_offset:
                unpacked = [record for record in unpacked if record.offset >= self.fetch_offset]
            self.records_read += len(unpacked)
            self.bytes_read += batch.size_in_bytes if batch.magic == _MAGIC else len(unpacked)
            self._following = max(self._following, following)
            yield unpacked
        self.drain()


def unpack(batch: Any, partition: int) -> list[Record]:
    """The records of a `DefaultRecordBatch`. Raises CorruptRecordError where its lengths contradict one another."""
    batch._maybe_uncompress()
    data, first_ms, count = bytes(batch._buffer), batch.first_timestamp, batch.records_count
    appended_s = batch.max_timestamp / 1000 if batch.timestamp_type else None
    of = (partition, batch.base_offset, first_ms, appended_s)
    try:
        if count >= MANY and (loops := compiled("stream.io.loops")):
            columns = loops.split(np.frombuffer(data, np.uint8), batch._pos, min(count, len(data)))
            if len(columns) == count:  # else the other way finds out what is wrong
                return _by_columns(data, columns, of)
        return _records(data, batch._pos, count, of)
    except (IndexError, ValueError) as error:
        raise CorruptRecordError(f"batch at offset {batch.base_offset}: {error!r}") from error


def _by_columns(data: bytes, columns: I64, of: tuple[int, int, int, float | None]) -> list[Record]:
    """Records of what `loops.split` found."""
    partition, first_offset, first_ms, appended_s = of
    milliseconds, offsets, key_begin, key_end, begin, end = columns.T
    at_s = ((milliseconds + first_ms) / 1000).tolist() if appended_s is None else repeat(appended_s)
    keys = repeat(None) if (key_begin > key_end).all() else _slices(data, key_begin, key_end)
    found = zip(
        repeat(partition), (offsets + first_offset).tolist(), at_s, keys, _slices(data, begin, end), strict=False
    )
    return list(map(tuple.__new__, repeat(Record), found))  # as below, and without a step of Python for each


def _slices(data: bytes, begin: I64, end: I64) -> list[bytes | None]:
    if (begin > end).any():
        return [data[a:b] if a <= b else None for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
    return list(map(data.__getitem__, map(slice, begin.tolist(), end.tolist())))


def _records(data: bytes, at: int, count: int, of: tuple[int, int, int, float | None]) -> list[Record]:
    """Numbers are zigzag varints. A call costs as much as all else, so short ones are read without."""
    partition, first_offset, first_ms, appended_s = of
    records: list[Record] = []
    new = tuple.__new__  # what `Record(…)` ends in, without the call before it
    for _ in range(count):
        size = data[at]
        at += 1
        if size > 127:
            size += (data[at] << 7) - 128
            at += 1
            if size > _TWO_BYTES:
                size, at = _varint(data, at - 2)
        end = at + (size >> 1)
        at += 1  # attributes, not in use
        delta = data[at]
        at += 1
        if delta > 127:
            delta, at = _varint(data, at - 1)
        at_s = (first_ms + ((delta >> 1) ^ -(delta & 1))) / 1000 if appended_s is None else appended_s
        delta = data[at]
        at += 1
        if delta > 127:
            delta += (data[at] << 7) - 128
            at += 1
            if delta > _TWO_BYTES:
                delta, at = _varint(data, at - 2)
        offset = first_offset + ((delta >> 1) ^ -(delta & 1))
        key = value = None
        size = data[at]
        at += 1
        if size > 127:
            size, at = _varint(data, at - 1)
        if not size & 1:  # odd is negative: there is none
            key = data[at : at + (size >> 1)]
            at += size >> 1
        size = data[at]
        at += 1
        if size > 127:
            size += (data[at] << 7) - 128
            at += 1
            if size > _TWO_BYTES:
                size, at = _varint(data, at - 2)
        if not size & 1:
            value = data[at : at + (size >> 1)]
            at += size >> 1
        headers = data[at]
        if at >= end or (not headers and at + 1 != end):
            raise ValueError(f"a record that should end at {end} goes on to {at}")
        at = end
        records.append(new(Record, (partition, offset, at_s, key, value)))
    if at != len(data):
        raise ValueError(f"{len(data)} bytes, records in {at} of them")
    return records


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number as it stands, zigzag not undone, and where it ends."""
    value, shift = 0, 0
    while (byte := data[at]) > 127:
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
    return value | byte << shift, at + 1
