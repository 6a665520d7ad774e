"""State records survive crashes, reordering and damage, or are not returned at all."""

import random
from collections.abc import Iterable, Sequence
from itertools import count

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import BrokerError
from stream.log.kafka_sink import BATCH_BYTES
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.state import chunks as codec
from stream.state.chunks import HEADER, MOST_OFFSET, SLOTS, Assembler, Seal, StateRecord, chunk_key, split
from stream.state.snapshots import StateLog, read_states

TOPIC = "pair-sketches"
PLAIN = st.text(st.characters(codec="utf-8"), max_size=8)
PARTS = st.dictionaries(PLAIN, st.binary(max_size=300), max_size=3)
META = st.dictionaries(PLAIN, st.one_of(PLAIN, st.integers(), st.floats(allow_nan=False)), max_size=3)
RECORDS = st.builds(StateRecord, PLAIN, st.integers(0, 2**62), PARTS, META)


@pytest.fixture(autouse=True, scope="module")
def small_chunks() -> Iterable[int]:
    """Chunks of 40 bytes, so that small records have many; the size they have for users."""
    users = codec.PAYLOAD_BYTES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "PAYLOAD_BYTES", 40)
        yield users


def record(next_offset: int, size: int = 100, name: str = "3") -> StateRecord:
    """Bytes that cannot be compressed: `size` of them make some 5 + size / 40 chunks."""
    return StateRecord(name, next_offset, {"sketch": random.Random(next_offset).randbytes(size)}, {"seed": 7})


def returned(messages: Iterable[tuple[bytes | None, bytes | None]], assembler: Assembler) -> list[StateRecord]:
    return [found for key, value in messages if (found := assembler.add(key, value))]


def last(messages: Iterable[tuple[bytes | None, bytes | None]]) -> StateRecord | None:
    found = returned(messages, Assembler())
    return found[-1] if found else None


@given(RECORDS, st.sampled_from(SLOTS))
def test_a_record_comes_back_as_it_was(original: StateRecord, slot: str) -> None:
    assembler = Assembler()
    assert returned(split(original, slot), assembler) == [original]
    assert not assembler.unreadable
    assert assembler.incomplete == 0


@given(RECORDS, st.randoms())
def test_the_order_of_its_messages_does_not_matter(original: StateRecord, rng: random.Random) -> None:
    messages = list(split(original, "A"))
    rng.shuffle(messages)
    assert returned(messages, Assembler()) == [original]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=6), st.data())
def test_a_log_cut_anywhere_leaves_the_last_whole_record(sizes: list[int], data: st.DataObject) -> None:
    """Compacted or not: the writer died after `cut` messages."""
    writes = [list(split(record(n + 1, size), SLOTS[n % 2])) for n, size in enumerate(sizes)]
    messages = [message for write in writes for message in write]
    cut = data.draw(st.integers(0, len(messages)))
    ends = [sum(map(len, writes[: n + 1])) for n in range(len(writes))]
    whole = [record(n + 1, sizes[n]) for n, end in enumerate(ends) if end <= cut]
    expected = whole[-1] if whole else None
    assert last(messages[:cut]) == expected
    assert last(compacted(messages[:cut])) == expected


def compacted(messages: Sequence[tuple[bytes | None, bytes | None]]) -> list[tuple[bytes | None, bytes | None]]:
    """The last message of each key, in order of offset, deletions gone: as Kafka leaves them in the end."""
    latest = {key: offset for offset, (key, _) in enumerate(messages)}
    return [messages[offset] for offset in sorted(latest.values()) if messages[offset][1] is not None]


@given(RECORDS, RECORDS, st.data())
def test_a_flipped_bit_is_counted_and_never_returns_anything_else(
    old: StateRecord, new: StateRecord, data: st.DataObject
) -> None:
    messages: list[tuple[bytes, bytes]] = [*split(old, "A"), *split(new, "B")]
    at = data.draw(st.integers(0, len(messages) - 1))
    part = data.draw(st.integers(0, 1))
    damaged = bytearray(messages[at][part])
    bit = data.draw(st.integers(0, len(damaged) * 8 - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    pair = (bytes(damaged), messages[at][1]) if part == 0 else (messages[at][0], bytes(damaged))
    assembler = Assembler()
    found = returned([*messages[:at], pair, *messages[at + 1 :]], assembler)
    assert assembler.unreadable.total() == 1
    assert all(one in (old, new) for one in found)
    assert len(found) <= 1


@given(st.lists(st.tuples(st.none() | st.binary(max_size=60), st.none() | st.binary(max_size=120)), max_size=20))
def test_garbage_is_counted_and_raises_nothing(messages: list[tuple[bytes | None, bytes | None]]) -> None:
    assembler = Assembler()
    assert returned(messages, assembler) == []
    assert assembler.unreadable.total() == len(messages)


@given(RECORDS, st.binary(max_size=100), st.booleans())
def test_a_checked_chunk_of_nonsense_is_no_record(original: StateRecord, body: bytes, valid_digest: bool) -> None:
    """Checksums right, content wrong: another program's, or another version's."""
    digest = codec.blake2b(body, digest_size=16).digest() if valid_digest else bytes(16)
    key = chunk_key(original.name, "A", 0)
    content = HEADER.pack(codec.MAGIC, 0, 1, original.next_offset, digest) + body
    assembler = Assembler()
    assert assembler.add(key, codec.CHECKSUM.pack(codec.crc32c(content, codec.crc32c(key))) + content) is None
    assert assembler.unreadable.total() == 1


def test_a_chunk_that_another_version_wrote_is_counted_as_such() -> None:
    (key, value), *_ = split(record(1), "A")
    assembler = Assembler()
    assembler.add(key, value[:4] + b"NWS9" + value[8:])
    assert assembler.unreadable == {"other version": 1}


def test_a_record_moved_under_another_name_is_not_read() -> None:
    assembler = Assembler()
    moved = [(key.replace(b"3/", b"4/"), value) for key, value in split(record(1), "A")]
    assert returned(moved, assembler) == []
    assert set(assembler.unreadable) == {"bad checksum"}


def test_an_older_record_is_passed_over_and_an_equal_later_one_wins() -> None:
    again = StateRecord("3", 20, {"sketch": b"again"}, {})
    writes = [record(20), record(10), again]
    messages = [message for write, slot in zip(writes, "ABA", strict=True) for message in split(write, slot)]
    assert returned(messages, Assembler()) == [record(20), again]


def test_names_may_hold_the_mark_that_ends_them() -> None:
    window = record(5, name="3/1700000000/A/0")
    assert returned(split(window, "B"), Assembler()) == [window]


def test_only_wanted_names_are_held() -> None:
    assembler = Assembler(lambda name: name == "3")
    messages = [*split(record(1, name="4"), "A"), *split(record(2), "A")]
    assert returned(messages, assembler) == [record(2)]
    assert not assembler.unreadable


def test_the_incomplete_are_held_within_bounds() -> None:
    assembler = Assembler(seal=Seal(5_000))
    for n in range(200):
        for key, value in list(split(record(n, 400, name=str(n)), "A"))[:-1]:
            assembler.add(key, value)
    held = sum(partial.size_bytes for partial in assembler._partials.values())
    assert held == assembler._bytes <= 5_000
    assert assembler.unreadable["too large to hold"] > 100
    assert returned(split(record(1000), "B"), assembler) == [record(1000)]


def test_a_chunk_fits_in_a_batch(monkeypatch: pytest.MonkeyPatch, small_chunks: int) -> None:
    monkeypatch.setattr(codec, "PAYLOAD_BYTES", small_chunks)
    messages = list(split(record(1, 3_000_000), "A"))
    assert len(messages) == 13
    assert max(len(key) + len(value) for key, value in messages) < BATCH_BYTES


def test_chunks_of_an_older_and_larger_size_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr(codec, "PAYLOAD_BYTES", 890_000)
        messages = list(split(record(1, 2_000_000), "A"))
    assert len(messages) == 3
    assert returned(messages, Assembler()) == [record(1, 2_000_000)]


class Topic:
    """A state topic in memory, with a sink that dies when told to."""

    def __init__(self) -> None:
        self.log = MemoryLog(clock=lambda: 0.0)
        self.log.create(TOPIC)

    def source(self) -> MemorySource:
        return MemorySource(self.log, TOPIC)

    def messages(self) -> list[tuple[bytes | None, bytes | None]]:
        source = self.source()
        source.poll(0)
        source.seek(0, None)
        return [(one.key, one.value) for one in source.poll(0).records]

    def read(self, from_offset: int | None = None) -> dict[str, StateRecord]:
        return read_states(self.source(), Assembler(), from_offset=from_offset)


class DyingSink(MemorySink):
    """Takes this many messages more."""

    def __init__(self, log: MemoryLog, lives: int) -> None:
        super().__init__(log)
        self.lives = lives

    def send(self, *args: object, **kwargs: object) -> None:
        if not self.lives:
            raise BrokerError("killed")
        self.lives -= 1
        super().send(*args, **kwargs)  # type: ignore[arg-type]  # handed through


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30)), min_size=1, max_size=8))
def test_whenever_writers_die_the_last_acknowledged_state_or_a_later_is_read(lives: list[tuple[int, int]]) -> None:
    """Each writer reads what there is, then writes on until its sink dies."""
    topic, acknowledged, next_offset = Topic(), 0, count(1)
    for size, messages in lives:
        writer = StateLog(DyingSink(topic.log, messages), TOPIC)
        found = topic.read().get("3")
        assert (found.next_offset if found else 0) >= acknowledged
        assert last(compacted(topic.messages())) == found
        writer.resume("3", found)
        try:
            for _ in range(3):
                offset = next(next_offset)
                writer.write([record(offset, size)])
                acknowledged = offset
        except BrokerError:
            pass


def test_the_two_slots_alternate_and_a_new_writer_keeps_the_rhythm() -> None:
    topic = Topic()
    slots = []
    for n in range(4):
        writer = StateLog(MemorySink(topic.log), TOPIC)
        writer.resume("3", topic.read().get("3"))
        writer.write([record(n)])
        place = topic.read()["3"].place
        assert place is not None
        slots.append(place.slot)
    assert slots == ["A", "B", "A", "B"]


def test_a_write_without_resume_is_refused_before_it_is_sent() -> None:
    topic = Topic()
    writer = StateLog(MemorySink(topic.log), TOPIC)
    writer.resume("3", None)
    with pytest.raises(LookupError, match="resume before the first write: 4"):
        writer.write([record(1), record(1, name="4")])
    assert {key.split(b"/")[0] for key, _ in topic.messages()} == {b"3"}


def test_a_shorter_write_deletes_the_chunks_left_over() -> None:
    topic = Topic()
    writer = StateLog(MemorySink(topic.log), TOPIC)
    writer.resume("3", None)
    for n, size in enumerate([1000, 1000, 0, 0]):
        writer.write([record(n, size)])
    live = {key for key, value in dict(topic.messages()).items() if value is not None}
    assert live == {key for key, _ in [*split(record(2, 0), "A"), *split(record(3, 0), "B")]}


def test_what_is_deleted_is_gone_and_leaves_no_chunk() -> None:
    topic = Topic()
    writer = StateLog(MemorySink(topic.log), TOPIC)
    for name in ("3", "4"):
        writer.resume(name, None)
        for n in range(3):
            writer.write([record(n, 200, name)])
    heir = StateLog(MemorySink(topic.log), TOPIC)
    heir.resume("3", topic.read()["3"])
    heir.delete("3", "never heard of")
    assert topic.read() == {"4": record(2, 200, "4")}
    assert {key[:2] for key, value in dict(topic.messages()).items() if key and value is not None} == {b"4/"}


def test_a_deletion_that_was_cut_short_is_finished_by_the_next_writer() -> None:
    topic = Topic()
    writer = StateLog(MemorySink(topic.log), TOPIC)
    writer.resume("3", None)
    for n in range(2):
        writer.write([record(n, 300)])
    dying = StateLog(DyingSink(topic.log, 2), TOPIC)
    dying.resume("3", topic.read()["3"])
    with pytest.raises(BrokerError, match="killed"):
        dying.delete("3")
    assert topic.read() == {"3": record(1, 300)}
    heir = StateLog(MemorySink(topic.log), TOPIC)
    heir.resume("3", topic.read()["3"])
    heir.delete("3")
    assert compacted(topic.messages()) == []


def test_a_reader_holds_nothing_of_what_was_deleted() -> None:
    topic = Topic()
    writer = StateLog(MemorySink(topic.log), TOPIC)
    for n in range(20):
        writer.resume(str(n), None)
        writer.write([record(n, name=str(n))])
        writer.delete(str(n))
    assembler = Assembler()
    assert len(returned(topic.messages(), assembler)) == 20
    assert (assembler._chunks, assembler._last, assembler._partials) == ({}, {}, {})


def test_a_deleted_name_may_begin_again_lower() -> None:
    topic = Topic()
    writer = StateLog(MemorySink(topic.log), TOPIC)
    writer.resume("3", None)
    writer.write([record(100)])
    writer.delete("3")
    writer.resume("3", None)
    writer.write([record(5)])
    assert topic.read() == {"3": record(5)}


def test_a_hint_leads_to_the_record_and_a_wrong_one_to_a_full_scan() -> None:
    topic = Topic()
    writer = StateLog(MemorySink(topic.log), TOPIC)
    hints = []
    for name in ("3", "4"):
        writer.resume(name, None)
        hints.append(writer.write([record(1, name=name)]))
    both = {"3": record(1), "4": record(1, name="4")}
    assert topic.read(hints[1]) == {"4": both["4"]}
    assert topic.read(hints[0]) == both
    assert topic.read(10_000) == both
    assert read_states(topic.source(), Assembler(), names=("3",), from_offset=hints[1]) == both


def test_an_empty_topic_has_no_states_and_a_standby_gives_up() -> None:
    topic = Topic()
    assert topic.read() == {}
    active, standby = (MemorySource(topic.log, TOPIC, "leaders") for _ in range(2))
    active.poll(0)
    seconds = count()
    with pytest.raises(BrokerError, match="no progress"):
        read_states(standby, Assembler(), patience_s=3, clock=lambda: float(next(seconds)))


def forged(body: bytes, next_offset: int = 5, seal: Seal = Seal()) -> list[tuple[bytes, bytes]]:  # noqa: B008
    """A record of one chunk as anybody can write it who may write to the topic."""
    key = chunk_key("3", "A", 0)
    header = HEADER.pack(codec.MAGIC, 0, 1, next_offset, seal.digest(body))
    return [(key, codec.CHECKSUM.pack(codec.crc32c(body, codec.crc32c(header, codec.crc32c(key)))) + header + body)]


def packed(head: bytes, content: bytes = b"") -> bytes:
    return zstandard.ZstdCompressor().compress(codec.LENGTH.pack(len(head)) + head + content)


def test_a_size_that_is_only_declared_is_not_believed() -> None:
    """A frame of zstd whose header says a TiB, in 14 bytes: nothing is allocated for it."""
    frame = b"\x28\xb5\x2f\xfd\xe0" + (1 << 40).to_bytes(8, "little") + b"\x01\x00\x00"
    assembler = Assembler()
    assert returned(forged(frame), assembler) == []
    assert assembler.unreadable == {"too large to hold": 1}


@pytest.mark.parametrize(
    "head",
    [
        b'{"parts":' + b"[" * 100_000,
        b'{"name": "3", "next_offset": 5, "meta": {}, "parts": {"a": 4000000000000}}',
        b'{"name": "3", "next_offset": 5, "meta": {}, "parts": {"a": -1, "b": 1}}',
        b'{"name": "3", "next_offset": 5, "meta": {}, "parts": {"a": true}}',
        b'{"name": "3", "next_offset": 5.0, "meta": {}, "parts": {}}',
        b'{"name": "3", "next_offset": 5, "meta": [], "parts": {}}',
        b'{"name": "3", "next_offset": 5, "meta": {}, "parts": {}, "x": "' + b"y" * (5 << 20) + b'"}',
        b"1" * 5000,
    ],
    ids=["deep", "huge part", "negative part", "true", "float", "list", "large", "long number"],
)
def test_a_head_that_lies_is_no_record(head: bytes) -> None:
    assembler = Assembler()
    assert returned(forged(packed(head)), assembler) == []
    assert assembler.unreadable.total() == 1


@pytest.mark.parametrize("next_offset", [-1, MOST_OFFSET + 1, 2**63 - 1])
def test_an_offset_that_no_log_reaches_is_no_record(next_offset: int) -> None:
    head = b'{"name": "3", "next_offset": %d, "meta": {}, "parts": {}}' % next_offset
    assembler = Assembler()
    assert returned(forged(packed(head), next_offset), assembler) == []
    assert assembler.unreadable.total() == 1


def test_a_record_beyond_the_bound_is_passed_over_and_the_next_one_read() -> None:
    large, small = record(1, 300_000), record(2, 100)
    assembler = Assembler(seal=Seal(200_000))
    assert returned([*split(large, "A"), *split(small, "B")], assembler) == [small]
    assert assembler.unreadable.total() >= 1


@given(RECORDS)
def test_with_a_key_only_what_was_sealed_with_it_is_read(original: StateRecord) -> None:
    ours, theirs, open_to_all = (Seal(key=key) for key in (b"ours", b"theirs", b""))
    for writer in (ours, theirs, open_to_all):
        for reader in (ours, theirs, open_to_all):
            assembler = Assembler(seal=reader)
            expected = [original] if writer == reader else []
            assert returned(split(original, "A", writer), assembler) == expected
            assert bool(assembler.unreadable) == (not expected)


def test_a_forged_offset_does_not_outrank_what_was_sealed() -> None:
    ours = Seal(key=b"ours")
    honest = record(10)
    high = StateRecord("3", 10**9, {}, {})
    assert returned([*split(high, "A"), *split(honest, "B", ours)], Assembler(seal=ours)) == [honest]
