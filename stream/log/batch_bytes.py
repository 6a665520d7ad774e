"""A fetched batch -> its bytes unpacked, or why it is not unpacked: the sizes in it are a producer's word.

A broker takes a batch by its packed size, and 19 kB of zstd can unpack to 800 MB. Here a batch unpacks to at most
`kafka.max_batch_bytes` and holds at most MOST_RECORDS. What is larger, or cannot be unpacked though its checksum is
right, is passed over as one record that stands at its last offset: whoever reads texts makes a dead letter of it.
"""

import struct
from typing import Any

from kafka.errors import CorruptRecordError

from stream.bounded import GZIP, LZ4, SNAPPY, ZSTD, DamagedError, TooLargeError, unpacked
from stream.log.client_internals import packed, packed_old, put_unpacked, time_of
from stream.log.protocol import Record, Records, Unread

MOST_RECORDS = 1 << 19  # 48 bytes each once split; a batch of as many bytes as are allowed has fewer, if it is of texts
LEAST_RECORD_BYTES = 7  # size, attributes, time, offset, key, value and headers, a byte each
CODECS = {1: GZIP, 2: SNAPPY, 3: LZ4, 4: ZSTD}
MAGIC = 2  # batches of brokers since 0.11; older ones are split by the client's code
TOO_LARGE, DAMAGED = "too_large", "damaged"
_MOST_COUNT = 1 << 31
_LENGTH = struct.Struct(">i")


def content(batch: Any, most_bytes: int) -> tuple[memoryview, int]:
    """The bytes of the records of a `DefaultRecordBatch`, and where they begin.

    Raises TooLargeError, DamagedError.
    """
    data, at = packed(batch)
    if batch.compression_type:
        data, at = memoryview(_unpacked(batch.compression_type, data[at:], most_bytes)), 0
    count = batch.records_count
    if count > MOST_RECORDS:
        raise TooLargeError(f"{count} records")
    if not 0 <= count * LEAST_RECORD_BYTES <= len(data) - at:
        raise DamagedError(f"{count} records in {len(data) - at} bytes")
    return data, at


def unpack_old(batch: Any, most_bytes: int) -> None:
    """Unpack a `LegacyRecordBatch` in its place, so that the client's own code finds it unpacked."""
    if not batch.compression_type:
        return
    if batch.magic == 0 and batch.compression_type == 3:
        raise DamagedError("lz4 as brokers before 0.10 framed it")
    data, at = packed_old(batch)
    try:
        (key_bytes,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size + max(key_bytes, 0)
        (value_bytes,) = _LENGTH.unpack_from(data, at)
    except struct.error as error:
        raise DamagedError(str(error)) from error
    at += _LENGTH.size
    put_unpacked(batch, _unpacked(batch.compression_type, data[at : at + value_bytes], most_bytes))


def unread(batch: Any, partition: int, reason: str) -> Records:
    """One record in place of all of a batch."""
    is_new = batch.magic == MAGIC
    (data, _), last = (packed(batch), batch.last_offset) if is_new else (packed_old(batch), batch.base_offset)
    records = Records.of([Record(partition, int(last), time_of(batch), None, bytes(data))], partition)
    return records.standing_for(Unread(reason, min(max(1, batch.records_count), _MOST_COUNT) if is_new else 1))


def _unpacked(codec: int, content: memoryview, most_bytes: int) -> bytes:
    if codec not in CODECS:
        raise CorruptRecordError(f"no codec has the number {codec}")
    return unpacked(CODECS[codec], content, most_bytes)
