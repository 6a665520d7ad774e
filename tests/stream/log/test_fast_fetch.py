"""The fast decoder is compared with the client's own, on all kinds of batches that a broker may send."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.legacy_records import LegacyRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords
from kafka.record.util import calc_crc32c, encode_varint
from kafka.structs import TopicPartition

from sketches import kernels
from stream.log import fast_fetch_numba
from stream.log.batch_bytes import MOST_RECORDS
from stream.log.fast_fetch import FastRecords, Taken, record_of
from stream.log.protocol import Record, Records, Unread

ENCODERS = {1: gzip_encode, 2: snappy_encode, 3: lz4_encode, 4: zstd_encode}
AT = TopicPartition("raw-text", 3)
CONTENT = st.none() | st.binary(max_size=40) | st.integers(60, 300).map(bytes) | st.just(bytes(20_000))
HEADERS = st.lists(st.tuples(st.text(max_size=3), st.none() | st.binary(max_size=3)), max_size=2)
RECORDS = st.lists(st.tuples(st.integers(0, 2**41), CONTENT, CONTENT, HEADERS), min_size=1, max_size=150)
CODECS = st.sampled_from([0, 1, 3, 4])  # none, gzip, lz4, zstd
BATCHES = st.lists(st.tuples(RECORDS, CODECS, st.integers(0, 9)), min_size=1, max_size=4)


def batch(records: Any, codec: int, offset: int) -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 1 << 30)
    for number, (at_ms, key, value, headers) in enumerate(records):
        builder.append(number, at_ms, key, value, headers)
    built = bytearray(builder.build())
    struct.pack_into(">q", built, 0, offset)  # as a broker does; the checksum is of what follows
    return bytes(built)


def fetched(batches: Any) -> bytes:
    """Batches one after the other, with gaps between their offsets, as compaction leaves."""
    joined, offset = b"", 5
    for records, codec, gap in batches:
        joined += batch(records, codec, offset + gap)
        offset += gap + len(records)
    return joined


def each(taken: Any) -> list[Record]:
    """One by one, of ours or of the client's."""
    if isinstance(taken, Taken):
        return [record for records in taken for record in records]
    return [record_of(one, AT.partition) for one in taken]


def read(kind: Any, data: bytes, at: int, most: int) -> tuple[list[Record], list[int], bool]:
    """All records, where the next fetch would begin after each lot of at most so many, and whether it is at its end."""
    part, records, following = kind(at, AT, MemoryRecords(data)), [], []
    while part:
        taken = part.take(most)
        records += each(taken)
        following.append(part.next_fetch_offset)
        assert len(taken) <= most
    return records, following, bool(part)


@pytest.fixture(scope="module", params=["numba", "numpy"])
def many(request: pytest.FixtureRequest) -> Iterator[None]:
    """All batches are split by a loop of numba, or none."""
    before = kernels.use(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_fetch_numba, "MANY", 1)
        yield
    kernels.use(before)


@pytest.mark.usefixtures("many")
@settings(max_examples=100)
@given(BATCHES, st.integers(0, 300), st.sampled_from([1, 7, 1000]))
def test_it_reads_what_the_client_reads(batches: Any, at: int, most: int) -> None:
    data = fetched(batches)
    (ours, our_following, _), (theirs, their_following, _) = (
        read(kind, data, at, most) for kind in (FastRecords, Fetcher.PartitionRecords)
    )
    assert ours == theirs
    assert our_following[-1] == max(at, their_following[-1])  # the client would even go back


def test_where_to_fetch_next_is_after_the_last_record_taken() -> None:
    part = FastRecords(0, AT, MemoryRecords(batch([(0, None, b"x", [])] * 5, 0, 40)))
    assert [one.offset for one in each(part.take(3))] == [40, 41, 42]
    assert part.next_fetch_offset == 43 and part
    assert [one.offset for one in each(part.take(3))] == [43, 44]
    assert part.next_fetch_offset == 45 and not part


@pytest.mark.parametrize("magic", [0, 1])
def test_batches_of_old_brokers_are_left_to_the_client(magic: int) -> None:
    builder = LegacyRecordBatchBuilder(magic, 0, 1 << 20)
    for offset in range(3):
        builder.append(offset, 1000 + offset, b"k", b"v")
    ours, theirs = (read(kind, bytes(builder.build()), 1, 10)[0] for kind in (FastRecords, Fetcher.PartitionRecords))
    assert [(one.offset, one.key, one.value) for one in ours] == [(1, b"k", b"v"), (2, b"k", b"v")]
    assert ours == theirs


def test_a_wrong_checksum_is_no_record() -> None:
    data = bytearray(batch([(0, None, b"good", [])], 0, 0))
    data[-3] ^= 1
    with pytest.raises(CorruptRecordError):
        FastRecords(0, AT, MemoryRecords(bytes(data))).take(10)


@pytest.mark.usefixtures("many")
@settings(max_examples=100)
@given(RECORDS, st.data())
def test_lengths_that_contradict_one_another_are_never_read_as_records(records: Any, data: st.DataObject) -> None:
    spoilt = bytearray(batch(records, 0, 0))
    spoilt[data.draw(st.integers(61, len(spoilt) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    part = FastRecords(0, AT, MemoryRecords(bytes(spoilt)), check_crcs=False)
    theirs = Fetcher.PartitionRecords(0, AT, MemoryRecords(bytes(spoilt)), check_crcs=False)
    try:
        expected = each(theirs.take(1000))
    except (CorruptRecordError, UnicodeDecodeError):
        return  # ours passes headers over, so it may read what the client does not
    taken = list(part.take(1000))
    if any(records.unread for records in taken):
        return
    found = [record for records in taken for record in records]
    assert found[: len(expected)] == expected


def packed(codec: int, count: int, content: bytes, offset: int, claims: int | None = None) -> bytes:
    """A batch with its checksum right, whatever it holds; as a producer may build it."""
    body = ENCODERS[codec](content)
    head = struct.pack(">hiqqqhii", codec, count - 1, 0, 0, -1, -1, -1, count if claims is None else claims)
    crc = calc_crc32c(head + body)
    return struct.pack(">qiibI", offset, len(head) + len(body) + 9, 0, 2, crc) + head + body


BOMBS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@pytest.mark.parametrize("codec", BOMBS.values(), ids=list(BOMBS))
def test_a_batch_that_unpacks_to_too_much_is_one_record_and_reading_continues_after_it(codec: int) -> None:
    bomb = packed(codec, 3, bytes(3 << 20), 7)
    data = batch([(0, None, b"before", [])], 4, 6) + bomb + batch([(0, None, b"behind", [])], 4, 10)
    part = FastRecords(0, AT, MemoryRecords(data), most_bytes=1 << 20)
    before, stands, behind = part.take(100)
    assert [record.value for record in before] == [b"before"] and [record.value for record in behind] == [b"behind"]
    assert stands.unread == Unread("too_large", 3)
    assert list(stands) == [Record(AT.partition, 9, 0.0, None, bomb)]
    assert part.next_fetch_offset == 11 and not part


def test_honest_batches_as_large_as_the_bound_are_read() -> None:
    data = batch([(0, None, bytes((1 << 20) - 100), [])], 4, 0)
    (records,) = FastRecords(0, AT, MemoryRecords(data), most_bytes=1 << 20).take(1)
    assert records.unread is None and len(records.record(0).value or b"") == (1 << 20) - 100


@pytest.mark.parametrize(
    ("claims", "content", "reason"),
    [
        (1 << 30, bytes(100), "too_large"),
        (MOST_RECORDS + 1, bytes(7 * MOST_RECORDS + 7), "too_large"),
        (1000, bytes(100), "damaged"),
        (-5, bytes(100), "damaged"),
        (1, b"\xff" * 100, "damaged"),
    ],
)
def test_no_memory_is_taken_for_records_that_are_only_declared(claims: int, content: bytes, reason: str) -> None:
    (records,) = FastRecords(0, AT, MemoryRecords(packed(4, 1, content, 0, claims))).take(10)
    assert records.unread is not None and records.unread.reason == reason and len(records) == 1


def test_what_is_not_of_its_codec_is_passed_over() -> None:
    spoilt = bytearray(packed(4, 1, b"text" * 100, 5))
    spoilt[61:65] = b"none"  # where zstd has its magic number
    struct.pack_into(">I", spoilt, 17, calc_crc32c(spoilt[21:]))
    (records,) = FastRecords(0, AT, MemoryRecords(bytes(spoilt))).take(10)
    assert records.unread == Unread("damaged", 1) and records.offsets.tolist() == [5]


def test_a_poll_ends_once_enough_is_unpacked() -> None:
    large = b"".join(batch([(0, None, bytes(3 << 20), [])], 4, number) for number in range(10))
    part, polls = FastRecords(0, AT, MemoryRecords(large)), []
    while part:
        taken = part.take(1000)
        polls.append(len(list(taken)))
        assert len(taken) in (1000, polls[-1])  # as many as were asked for: the client looks for no more
    assert polls == [2, 2, 2, 2, 2, 0]  # that it is at its end only looking tells


@pytest.mark.parametrize("magic", [0, 1])
def test_old_batches_are_bounded_too(magic: int) -> None:
    builder = LegacyRecordBatchBuilder(magic, 1, 1 << 24)
    builder.append(0, 1000, None, bytes(3 << 20))
    data = bytes(builder.build())
    (records,) = FastRecords(0, AT, MemoryRecords(data), most_bytes=1 << 20).take(10)
    assert records.unread == Unread("too_large", 1)
    (records,) = FastRecords(0, AT, MemoryRecords(data), most_bytes=4 << 20).take(10)
    assert records.unread is None and records.record(0).value == bytes(3 << 20)


def test_headers_are_found_where_they_are_asked_for() -> None:
    headers = [("traceparent", b"00-ab"), ("empty", b""), ("other", b"x" * 300)]
    data = batch([(0, b"k", b"v", headers), (0, None, None, headers[:1]), (0, None, b"", [])], 4, 0)
    (records,) = FastRecords(0, AT, MemoryRecords(data)).take(10)
    assert [list(records.headers(number)) for number in range(3)] == [headers, headers[:1], []]
    joined = Records.joined([records, records])
    assert list(joined.headers(4)) == headers[:1]
    assert list(Records.of(list(records), 0).headers(0)) == []  # not kept


def test_bytes_behind_the_last_record_are_damage_however_it_is_split() -> None:
    content = bytes(batch([(0, None, b"x", [])] * 20, 0, 0)[61:]) + b"more"
    (records,) = FastRecords(0, AT, MemoryRecords(packed(4, 20, content, 0))).take(100)
    assert records.unread == Unread("damaged", 20)


@pytest.mark.parametrize("deltas", [(1, 0), (0, 0), (-1, 0), (0, 1 << 40)])
def test_records_out_of_order_are_damage_for_counts_rest_on_offsets(deltas: tuple[int, int]) -> None:
    content = b"".join(
        encoded(len(body)) + body
        for body in (
            b"\0" + encoded(0) + encoded(delta) + encoded(-1) + encoded(1) + b"x" + encoded(0) for delta in deltas
        )
    )
    (records,) = FastRecords(0, AT, MemoryRecords(packed(4, 2, content, 0))).take(10)
    assert records.unread == Unread("damaged", 2)


def encoded(number: int) -> bytes:
    """A varint, zigzag."""
    out = bytearray()
    encode_varint(number, out.append)
    return bytes(out)
