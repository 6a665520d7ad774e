"""Unpacks a fetched record batch within bounds, since a producer can write any size into it.

Input: a batch of kafka-python -> output: its unpacked bytes, or the reason why it was not unpacked. A broker only
checks the packed size of a batch, and 19 kB of zstd can unpack to 800 MB. So a batch may unpack to at most
`kafka.max_batch_bytes` and hold at most MOST_RECORDS records. A batch that is larger, or that cannot be unpacked though
its checksum is right, is skipped: one record at its last offset stands for it, and the role that reads texts writes it
to the dead-letter topic.
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
    """Return the unpacked bytes of a `DefaultRecordBatch` and the position in them where its records begin.

    Raises TooLargeError if a bound is exceeded, DamagedError if the record count contradicts the size.
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
    """Unpack a `LegacyRecordBatch` in place, so that the client's own decoder finds it uncompressed.

    Raises TooLargeError if a bound is exceeded, DamagedError if the batch cannot be unpacked.
    """
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
    """Return one record that stands for a whole batch that was not unpacked; its value is the packed bytes."""
    is_new = batch.magic == MAGIC
    (data, _), last = (packed(batch), batch.last_offset) if is_new else (packed_old(batch), batch.base_offset)
    records = Records.of([Record(partition, int(last), time_of(batch), None, bytes(data))], partition)
    return records.standing_for(Unread(reason, min(max(1, batch.records_count), _MOST_COUNT) if is_new else 1))


def _unpacked(codec: int, content: memoryview, most_bytes: int) -> bytes:
    if codec not in CODECS:
        raise CorruptRecordError(f"no codec has the number {codec}")
    return unpacked(CODECS[codec], content, most_bytes)
