"""The log on a real Kafka fulfils the contract, and survives broker faults."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.codec import has_lz4

from stream.errors import BrokerError, StalledError, UsageError
from stream.log import client_internals, kafka_client, kafka_sink, stall_watch
from stream.log import kafka as kafka_log
from stream.log.kafka import KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.protocol import Polled, Record
from stream.log.settings import KafkaSettings
from stream.state.chunks import SLOTS, Assembler, StateRecord, split
from stream.state.snapshots import StateLog, read_states
from tests.broker.cluster import Cluster, free_ports
from tests.stream.log.log_contract import (
    PATIENCE_S,
    LogContract,
    assigned_to,
    begin,
    fill,
    polled_until,
    records_from,
)

LONG = 3 << 20


def settings(servers: str, **others: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=servers, session_timeout_s=3.0, **others)


def create(servers: str, topic: str, partitions: int = 1, **configs: str) -> str:
    configs = {key.replace("_", "."): value for key, value in configs.items()}
    with KafkaAdminClient(bootstrap_servers=servers) as admin:
        admin.create_topics({topic: {"num_partitions": partitions, "configs": configs}}, wait_for_metadata=True)
    return topic


class KafkaEdge:
    def __init__(self, servers: str, prefix: str, closers: ExitStack) -> None:
        self.servers, self.prefix, self.closers = servers, prefix, closers
        self.settings = settings(servers)

    def topic(self, partitions: int = 1) -> str:
        return create(self.servers, f"{self.prefix}texts", partitions)

    def source(self, topic: str, group: str | None = None, max_records: int = 5000) -> KafkaSource:
        group = group and self.prefix + group
        return self.closers.enter_context(closing(KafkaSource(self.settings, topic, group, "test", max_records)))

    def sink(self) -> KafkaSink:
        return self.closers.enter_context(closing(KafkaSink(self.settings, "test")))

    def trim(self, topic: str, partition: int, before: int) -> None:
        with KafkaAdminClient(bootstrap_servers=self.servers) as admin:
            admin.delete_records({TopicPartition(topic, partition): before})


@pytest.fixture
def edge(kafka: str, topic_prefix: str) -> Iterator[KafkaEdge]:
    with ExitStack() as closers:
        yield KafkaEdge(kafka, topic_prefix, closers)


class TestKafkaLog(LogContract):
    @pytest.fixture
    def edge(self, kafka: str, topic_prefix: str) -> Iterator[KafkaEdge]:
        with ExitStack() as closers:
            yield KafkaEdge(kafka, topic_prefix, closers)


NEEDS_LZ4 = pytest.mark.xfail(not has_lz4(), raises=UsageError, strict=True, reason="lz4 is not among our dependencies")


def test_a_join_longer_than_a_poll_is_not_forgotten(edge: KafkaEdge) -> None:
    """It begins anew when the partitions become known, and kafka-python loses it if `poll` times out meanwhile."""
    for attempt in range(3):
        topic = create(edge.servers, f"{edge.prefix}{attempt}")
        source = edge.source(topic, f"group-{attempt}")
        deadline_s = time.monotonic() + PATIENCE_S
        while not source.poll(0.005).assigned:
            assert time.monotonic() < deadline_s, "never assigned"


def test_a_join_that_ends_between_two_polls_is_not_repeated(edge: KafkaEdge) -> None:
    """Else every slow member would make all others rebalance, again and again: a dozen times here."""
    source = edge.source(edge.topic(), "counters")
    deadline_s = time.monotonic() + PATIENCE_S
    while not source.poll(0.01).assigned:
        task = source._consumer._coordinator._join_task
        while task is not None and not (task.is_done or isinstance(task, client_internals._Ended)):
            assert time.monotonic() < deadline_s, "the join does not end"
            time.sleep(0.01)
        assert time.monotonic() < deadline_s, "never assigned"
    assert source.term <= 2  # the second when the partitions become known


@pytest.mark.parametrize("compression", ["zstd", pytest.param("lz4", marks=NEEDS_LZ4), "gzip", "none"])
def test_each_compression_is_read_back(edge: KafkaEdge, compression: str) -> None:
    topic = edge.topic()
    with closing(KafkaSink(settings(edge.servers, compression=compression), "test")) as sink:
        values = fill(sink, topic, 50)
    assert [record.value for record in records_from(begin(edge.source(topic)), 50)] == values


def test_headers_go_with_a_record(edge: KafkaEdge) -> None:
    topic, sink = edge.topic(), edge.sink()
    sink.send(topic, b"k", b"\xff", [("reason", b"not UTF-8"), ("offset", b"17")])
    sink.flush()
    consumer = KafkaConsumer(bootstrap_servers=edge.servers, auto_offset_reset="earliest")
    with consumer:
        consumer.assign([TopicPartition(topic, 0)])
        (records,) = consumer.poll(timeout_ms=10_000).values()
    assert records[0].headers == [("reason", b"not UTF-8"), ("offset", b"17")]


def test_what_is_in_flight_is_bounded(edge: KafkaEdge) -> None:
    topic = edge.topic()
    sink = edge.closers.enter_context(closing(KafkaSink(edge.settings, "test", outstanding_bytes=100_000)))
    in_flight = []
    for _ in range(200):
        sink.send(topic, None, bytes(10_000), partition=0)
        in_flight.append(sink._sent_bytes)
    assert max(in_flight) <= 100_000
    assert min(in_flight[20:]) > 80_000  # only the oldest is waited for: the others go on
    assert sink.flush() == {(topic, 0): 0}


def test_a_refused_write_fails_and_the_sink_continues(edge: KafkaEdge) -> None:
    topic, sink = edge.topic(), edge.sink()
    with pytest.raises(BrokerError, match="MessageSizeTooLarge"):
        sink.send(topic, None, noise(2 << 20))  # waited for, as it is more than may be in flight
        sink.flush()
    values = fill(sink, topic, 3)
    assert [record.value for record in records_from(begin(edge.source(topic)), 3)] == values


def test_no_broker_is_an_error_that_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_client, "BOOTSTRAP_TIMEOUT_S", 0.5)
    nobody = settings(f"127.0.0.1:{free_ports(1)[0]}")
    before = set(threading.enumerate())
    source, sink = KafkaSource(nobody, "raw-text", None, "test"), KafkaSink(nobody, "test")
    with pytest.raises(BrokerError, match="cannot connect"):
        source.poll(0.1)
    assert source.poll(0.0) == Polled([])  # not yet time to try again
    with pytest.raises(BrokerError, match="cannot connect"):
        sink.send("raw-text", None, b"v")
    source.close()
    sink.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.mark.parametrize("wrong", [{"ssl_cafile": "/no/such/file", "security_protocol": "SSL"}, {"compression": "lzo"}])
def test_a_failure_that_waiting_cannot_fix_is_a_usage_error(edge: KafkaEdge, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="kafka"):
        KafkaSink(settings(edge.servers, **wrong), "test").send("raw-text", None, b"v")


def test_a_source_and_a_sink_survive_the_broker_going_and_coming(
    start_cluster: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_client, "REQUEST_TIMEOUT_S", 2.0)
    monkeypatch.setattr(kafka_sink, "FIRST_DELIVERY_S", 2.0)
    cluster = start_cluster()
    topic = create(cluster.bootstrap_servers, "raw-text")
    mine = settings(cluster.bootstrap_servers)
    with closing(KafkaSource(mine, topic, "counters", "test")) as source, closing(KafkaSink(mine, "test")) as sink:
        fill(sink, topic, 5)
        begin(source)
        seen = {record.offset: record for record in records_from(source, 5)}
        cluster.stop(0)
        sink.send(topic, None, b"while it is away", partition=0)
        with pytest.raises(BrokerError):
            sink.flush()
        poll_into(seen, source, 1.0)
        cluster.start(0)
        fill(sink, topic, 5)
        deadline_s = time.monotonic() + PATIENCE_S
        while len(seen) < 10:
            poll_into(seen, source, 0.2)
            assert time.monotonic() < deadline_s, f"{len(seen)} of 10 records came"
    assert [record.value for record in seen.values()][-5:] == [f"第{n}条".encode() for n in range(5)]


def test_a_stalled_partition_makes_the_source_replace_its_client(
    edge: KafkaEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall_watch, "STALL_S", 0.5)
    monkeypatch.setattr(stall_watch, "STALL_POLLS", 3)
    topic, sink = edge.topic(), edge.sink()
    source = edge.source(topic, "counters")
    begin(source)
    source._consumer.pause(TopicPartition(topic, 0))  # as a client does that has lost its way
    values = fill(sink, topic, 5)
    with pytest.raises(StalledError, match=r"partitions \[0\] return nothing"):
        polled_until(source, lambda polled: polled.records)
    assert [record.value for record in records_from(begin(source), 5)] == values


def test_a_partition_that_is_held_or_read_to_its_end_is_left_alone(
    edge: KafkaEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall_watch, "STALL_S", 0.05)
    monkeypatch.setattr(stall_watch, "STALL_POLLS", 2)
    topic, sink = edge.topic(2), edge.sink()
    for partition in (0, 1):
        sink.send(topic, None, b"v", partition=partition)
    sink.flush()
    source = begin(edge.source(topic, "counters"))
    source.hold([1])
    assert [record.partition for record in records_from(source, 1)] == [0]
    assert not any(source.poll(0.02).records for _ in range(50))


def test_a_member_with_a_name_comes_back_without_a_rebalance(edge: KafkaEdge) -> None:
    """Its partitions wait for it as long as its session lasts, and nobody else notices."""
    topic = edge.topic(2)
    group = f"{edge.prefix}counters"

    def member(name: str) -> KafkaSource:
        named = replace(edge.settings, instance=name, session_timeout_s=20.0)
        return edge.closers.enter_context(closing(KafkaSource(named, topic, group, "test")))

    first, other = member("pod-0"), member("pod-1")
    owned: dict[KafkaSource, frozenset[int]] = {}
    deadline_s = time.monotonic() + PATIENCE_S
    while sorted(map(len, owned.values())) != [1, 1]:
        for source in (first, other):
            if (polled := source.poll(0.05)).assigned is not None:
                owned[source] = polled.assigned
        assert time.monotonic() < deadline_s
    term = other.term
    first.close()
    again = member("pod-0")
    assert assigned_to(again) == owned[first]
    assert all(other.poll(0.05).assigned is None for _ in range(20))
    assert other.term == again.term == term


def test_a_member_that_does_not_poll_leaves_and_reads_nothing_that_others_own(
    edge: KafkaEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, sink = edge.topic(), edge.sink()
    monkeypatch.setattr(kafka_log, "MAX_POLL_S", 3.0)  # as long as the session of these tests
    busy = edge.source(topic, "leaders")
    begin(busy)
    monkeypatch.undo()
    heir = edge.source(topic, "leaders")
    polled_until(heir, lambda polled: polled.assigned == {0})  # while the other computes, and computes
    heir.seek(0, None)
    values = fill(sink, topic, 3)
    assert not busy.owned()
    assert [record.value for record in records_from(heir, 3)] == values
    assert busy.poll(0.5).records == []


def poll_into(seen: dict[int, Record], source: KafkaSource, timeout_s: float) -> None:
    """As a worker does: an error is tried again, a new fence sought to where it was."""
    try:
        polled = source.poll(timeout_s)
    except BrokerError:
        return
    for partition in polled.assigned or ():
        source.seek(partition, len(seen))
    for record in polled.records:
        assert record.offset == len(seen)
        seen[record.offset] = record


def noise(count: int, seed: int = 1) -> bytes:
    """Bytes that no codec shrinks, alike in every run."""
    return random.Random(seed).randbytes(count)


def state(next_offset: int, size: int = 10) -> StateRecord:
    parts = {"sketch": noise(size, next_offset), "empty": b""}
    return StateRecord("3/1700000000", next_offset, parts, {"version": 1, "rate": 0.5})


def read(edge: KafkaEdge, topic: str, from_offset: int | None = None) -> dict[str, StateRecord]:
    with closing(edge.source(topic)) as source:
        return read_states(source, Assembler(), from_offset=from_offset)


def test_a_state_is_read_back_by_the_next_owner(edge: KafkaEdge) -> None:
    topic = edge.topic()
    log = StateLog(edge.sink(), topic)
    assert read(edge, topic) == {}
    log.resume("3/1700000000", None)
    for next_offset in (10, 20, 30):
        hint = log.write([state(next_offset, LONG)])
    found = read(edge, topic)
    assert found == {"3/1700000000": state(30, LONG)}
    assert found == read(edge, topic, hint) == read(edge, topic, 10_000)


def test_a_writer_killed_between_chunks_leaves_the_state_before(edge: KafkaEdge) -> None:
    topic, sink = edge.topic(), edge.sink()
    log = StateLog(sink, topic)
    log.resume("3/1700000000", None)
    for next_offset in (10, 20, 30):
        log.write([state(next_offset, LONG)])
    whole = read(edge, topic)["3/1700000000"]
    assert whole.place is not None
    for key, value in list(split(state(40, LONG), "B" if whole.place.slot == "A" else "A"))[:2]:
        sink.send(topic, key, value, partition=0)
    sink.flush()
    assert read(edge, topic) == {"3/1700000000": state(30, LONG)}
    heir = StateLog(sink, topic)
    heir.resume(whole.name, read(edge, topic)[whole.name])
    heir.write([state(50)])
    assert read(edge, topic) == {"3/1700000000": state(50)}


def test_compaction_keeps_the_whole_state_next_to_a_half_written_one(edge: KafkaEdge) -> None:
    topic = create(edge.servers, f"{edge.prefix}states", cleanup_policy="compact", segment_ms="50",
                   min_cleanable_dirty_ratio="0.01")  # fmt: skip
    sink = edge.sink()
    log = StateLog(sink, topic)
    log.resume("3/1700000000", None)
    for next_offset in range(10, 100, 10):
        log.write([state(next_offset, LONG)])
    whole = read(edge, topic)["3/1700000000"]
    assert whole.place is not None
    half = list(split(state(500, LONG), "B" if whole.place.slot == "A" else "A"))[:2]
    few = len(SLOTS) * len([*split(whole, "A")]) + 4  # of nine records as many chunks as two have, and what comes after
    deadline_s = time.monotonic() + PATIENCE_S
    while len(records := everything(edge, topic)) > few:
        for key, value in half:  # the open segment is never compacted: writing closes it
            sink.send(topic, key, value, partition=0)
        sink.flush()
        assert time.monotonic() < deadline_s, f"{len(records)} messages are still there"
    assert read(edge, topic) == {"3/1700000000": state(90, LONG)}


def everything(edge: KafkaEdge, topic: str) -> list[Record]:
    with closing(begin(edge.source(topic))) as source:
        end, records = source.ends()[0], []
        while (source.position(0) or 0) < end:
            records += source.poll(0.2).records
    return records
