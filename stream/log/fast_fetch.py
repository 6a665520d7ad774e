"""Decodes fetched bytes into `Records` without a Python step for each record: a faster decoder for kafka-python.

The client's own decoder makes about twenty calls a record and returns a tuple of thirteen fields, which is half of the
cost of reading. This one finds where the key and value of each record lie, in a numba loop for large batches, and reads
headers only on demand (`record_headers`). It is put into one consumer object, never into the library, and only if the
installed version was tested (`client_internals`). It also bounds memory, which the client does not: `batch_bytes`
limits what a batch unpacks to, and one poll ends after FILL_BYTES are unpacked, however many records were asked for.
`tests/stream/log/test_fast_fetch.py` compares it with the client's own decoder.
"""

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

from sketches.kernels import kernel
from stream.bounded import DamagedError, TooLargeError
from stream.log.batch_bytes import DAMAGED, MAGIC, TOO_LARGE, content, unpack_old, unread
from stream.log.protocol import Record, Records
from stream.log.record_headers import varint
from stream.text.runs import I64

FILL_BYTES = 4 << 20  # unpacked, of one partition, until a poll has enough
MOST_BYTES = 16 << 20  # a batch unpacks to, where nobody says otherwise


def record_of(one: Any, partition: int) -> Record:
    """Convert a record that the client decoded to our `Record`."""
    return Record(partition, one.offset, (one.timestamp or 0) / 1000, one.key, one.value)  # the oldest name no time


class Taken:
    """The list of `Records` that the client collects; its length is the number of records in it.

    If `as_many` is given the length is that number instead, which makes the client stop collecting in this poll.
    """

    def __init__(self, batches: list[Records], as_many: int = 0) -> None:
        self._batches, self._as_many = batches, as_many

    def __iter__(self) -> Iterator[Records]:
        return iter(self._batches)

    def __len__(self) -> int:
        return self._as_many or sum(map(len, self._batches))


class FastRecords(Fetcher.PartitionRecords):  # type: ignore[misc]
    """What was fetched of one partition; the client's generator yields a `Records` for each batch."""

    def __init__(self, *args: Any, most_bytes: int = MOST_BYTES, **options: Any) -> None:
        self._most_bytes, self._unpacked_bytes = most_bytes, 0
        self._ready: deque[Records] = deque()  # unpacked and not yet taken
        self._number = 0  # of records in it: to add them up for every batch would cost more with every batch
        super().__init__(*args, **options)
        self._following: int = self.next_fetch_offset  # after what is unpacked

    def take(self, n: int) -> Taken:
        """Return the next records, at most `n`, and stop after FILL_BYTES were unpacked in this call.

        As in the client, an error is raised only after the records before it were returned.
        """
        self._maybe_raise_next_inline_exception()
        self._unpacked_bytes = 0
        try:
            while self._number < n and self._unpacked_bytes < FILL_BYTES and self.record_iterator is not None:
                batch = next(self.record_iterator, None)  # ends by draining itself
                if batch is None:
                    break
                self._ready.append(batch)
                self._number += len(batch)
                self._unpacked_bytes += len(batch.data)
        except Exception as error:
            if not self._ready:
                raise
            self._next_inline_exception = error
        taken, room = list[Records](), n
        while self._ready and room > 0:
            first = self._ready.popleft()
            if len(first) > room:
                self._ready.appendleft(first.between(room, len(first)))
                first = first.between(0, room)
            taken.append(first)
            room -= len(first)
        self._number -= n - room
        self.next_fetch_offset = int(taken[-1].offsets[-1]) + 1 if self._ready else self._following
        return Taken(taken, n if taken and self._unpacked_bytes >= FILL_BYTES else 0)

    def _maybe_skip_record(self, _: Any) -> bool:
        return False  # the client asks it of what the generator yields, and batches have left out what is to be skipped

    def _unpack_records(self, tp: Any, records: Any, *_: Any) -> Any:
        while (batch := records.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"batch at offset {batch.base_offset} of {tp} failed its checksum")
            unpacked = self._unpacked(batch, tp.partition)
            if batch.magic == MAGIC:
                self.leader_epoch = batch.leader_epoch
                following = batch.next_offset  # compaction keeps it, though the last record may be gone
            else:
                following = int(unpacked.offsets[-1]) + 1 if len(unpacked) else self._following
            unpacked = unpacked.between(int(np.searchsorted(unpacked.offsets, self.fetch_offset)), len(unpacked))
            self.records_read += len(unpacked)
            self.bytes_read += batch.size_in_bytes if batch.magic == MAGIC else len(unpacked)
            self._following = max(self._following, following)
            if len(unpacked):
                yield unpacked
        self.drain()

    def _unpacked(self, batch: Any, partition: int) -> Records:
        try:
            if batch.magic != MAGIC:
                unpack_old(batch, self._most_bytes)
                return Records.of([record_of(record, partition) for record in batch], partition)
            if batch.is_control_batch:
                return Records.of([], partition)
            return unpack(batch, partition, self._most_bytes)
        except TooLargeError:
            return unread(batch, partition, TOO_LARGE)
        except (DamagedError, CorruptRecordError):  # its checksum is right, so it is no better the next time
            return unread(batch, partition, DAMAGED)


def unpack(batch: Any, partition: int, most_bytes: int = MOST_BYTES) -> Records:
    """Return the records of a `DefaultRecordBatch`.

    Raises CorruptRecordError if its lengths contradict one another, TooLargeError and DamagedError as
    `batch_bytes.content`.
    """
    (data, at), count = content(batch, most_bytes), batch.records_count
    try:
        columns = columns_of(data, at, count)
    except (IndexError, ValueError, OverflowError) as error:
        raise CorruptRecordError(f"batch at offset {batch.base_offset}: {error!r}") from error
    milliseconds, offsets, key_begin, key_end, begin, end = columns.T
    if count and (offsets[0] < 0 or (offsets[1:] <= offsets[:-1]).any() or offsets[-1] > batch.last_offset_delta):
        raise CorruptRecordError(f"batch at offset {batch.base_offset}: its records are not in order of offset")
    at_ms = np.full(count, batch.max_timestamp) if batch.timestamp_type else milliseconds + batch.first_timestamp
    return Records(partition, data, offsets + batch.base_offset, at_ms / 1000, key_begin, key_end, begin, end,
                   is_headed=True)  # fmt: skip


@kernel("stream.log.fast_fetch_numba")
def columns_of(data: memoryview, at: int, count: int) -> I64:
    """Find where the parts of `count` records lie; the first begins at `at`. The result is an int64 array (count, 6).

    Columns: time (ms) and offset, both relative to the batch; begin and end of the key; begin and end of the value. For
    a missing key or value the begin is greater than the end. Raises ValueError or IndexError if the lengths contradict
    one another. Cost in Python: 3 us a record.
    """
    return np.fromiter(chain.from_iterable(_rows(data, at, count)), np.int64).reshape(count, 6)


def _rows(data: memoryview, at: int, count: int) -> Iterator[tuple[int, ...]]:
    for _ in range(count):
        size, at = varint(data, at)
        end = at + size
        milliseconds, at = varint(data, at + 1)  # a byte of attributes, not in use, stands before it
        offset, at = varint(data, at)
        size, at = varint(data, at)
        key = (at, at + size)
        size, at = varint(data, at + max(size, 0))
        value = (at, at + size)
        at += max(size, 0)
        headers, at = varint(data, at)
        if at > end or (headers == 0 and at != end) or end > len(data):
            raise ValueError(f"a record that should end at {end} goes on to {at}")
        at = end
        yield milliseconds, offset, *key, *value
    if at != len(data):
        raise ValueError(f"{len(data)} bytes, records in {at} of them")
