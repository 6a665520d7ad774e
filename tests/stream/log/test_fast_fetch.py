"""The fast decoder against the client's own, on whatever batches a broker may send."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.legacy_records import LegacyRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords
from kafka.structs import TopicPartition

from sketches import kernels
from stream.log import fast_fetch_numba
from stream.log.fast_fetch import FastRecords, Taken, record_of
from stream.log.protocol import Record

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
@settings(max_examples=100, deadline=None)
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
@settings(max_examples=100, deadline=None)
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
    try:
        found = each(part.take(1000))
    except CorruptRecordError:
        return
    assert found[: len(expected)] == expected
