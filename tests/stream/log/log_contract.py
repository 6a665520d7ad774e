"""The contract of `stream.log.protocol` as tests that every pair of source and sink must pass; subclasses run them."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import pytest

from stream.log.protocol import Polled, Record, Sink, Source

PATIENCE_S = 30.0


class Context(Protocol):
    """A log to be tested: makes topics and what reads and writes them."""

    def topic(self, partitions: int = 1) -> str: ...
    def source(self, topic: str, group: str | None = None, max_records: int = 5000) -> Source: ...
    def sink(self) -> Sink: ...
    def trim(self, topic: str, partition: int, before: int) -> None: ...


def polled_until(source: Source, true: Callable[[Polled], object]) -> Polled:
    deadline_s = time.monotonic() + PATIENCE_S
    while not true(polled := source.poll(0.2)):
        assert time.monotonic() < deadline_s, "what the test waits for did not come"
    return polled


def assigned_to(source: Source) -> frozenset[int]:
    assigned = polled_until(source, lambda polled: polled.assigned is not None).assigned
    assert assigned is not None
    return assigned


def begin(source: Source, offset: int | None = None) -> Source:
    while not (assigned := assigned_to(source)):
        pass  # whoever joins before the partitions are known is dealt none, and then some
    for partition in assigned:
        source.seek(partition, offset)
    return source


def records_from(source: Source, count: int) -> list[Record]:
    records: list[Record] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while len(records) < count:
        records += source.poll(0.2).records
        assert time.monotonic() < deadline_s, f"{len(records)} of {count} records came"
    return records


def fill(sink: Sink, topic: str, count: int, partitions: int = 1) -> list[bytes]:
    values = [f"第{n}条".encode() for n in range(count)]
    for n, value in enumerate(values):
        sink.send(topic, None, value, partition=n % partitions)
    sink.flush()
    return values


class Member:
    """A worker in small: counts values by partition under the law of state, in a store that outlives it."""

    def __init__(self, source: Source, store: dict[int, tuple[int, Counter[bytes]]]) -> None:
        self.source, self.store = source, store
        self.counts: dict[int, Counter[bytes]] = {}

    def run_once(self) -> None:
        polled = self.source.poll(0.02)
        if polled.assigned is not None:
            self.counts = {}
            for partition in polled.assigned:
                next_offset, counts = self.store.get(partition, (0, Counter()))
                self.counts[partition] = counts.copy()
                self.source.seek(partition, next_offset)
        for record in polled.records:
            assert record.value is not None
            self.counts[record.partition][record.value] += 1
            if record.offset >= self.store.get(record.partition, (0, Counter()))[0]:
                self.store[record.partition] = record.offset + 1, self.counts[record.partition].copy()


class LogContract:
    @pytest.fixture
    def edge(self) -> Context:
        raise NotImplementedError

    def test_what_is_sent_is_polled_in_order(self, edge: Context) -> None:
        topic, sink = edge.topic(), edge.sink()
        sent = [(b"k", b"v"), (None, "新词".encode()), (b"deleted", None), (b"", b"")]
        before_s = time.time()
        for key, value in sent:
            sink.send(topic, key, value)
        sink.flush()
        records = records_from(begin(edge.source(topic)), 4)
        assert [(record.key, record.value) for record in records] == sent
        assert [(record.partition, record.offset) for record in records] == [(0, 0), (0, 1), (0, 2), (0, 3)]
        assert all(before_s - 60 < record.at_s < time.time() + 60 for record in records)

    def test_without_a_group_every_partition_is_assigned(self, edge: Context) -> None:
        assert assigned_to(edge.source(edge.topic(3))) == {0, 1, 2}

    def test_nothing_comes_of_a_partition_before_it_is_sought(self, edge: Context) -> None:
        topic = edge.topic(2)
        fill(edge.sink(), topic, 10, partitions=2)
        source = edge.source(topic)
        assigned_to(source)
        assert [source.poll(0.1).records for _ in range(3)] == [[], [], []]
        source.seek(1, None)
        assert {record.partition for record in records_from(source, 5)} == {1}
        assert source.poll(0.1).records == []

    def test_reading_continues_at_the_sought_offset(self, edge: Context) -> None:
        topic = edge.topic()
        fill(edge.sink(), topic, 10)
        source = begin(edge.source(topic), 7)
        assert [record.offset for record in records_from(source, 3)] == [7, 8, 9]
        source.seek(0, 2)
        assert [record.offset for record in records_from(source, 8)] == [2, 3, 4, 5, 6, 7, 8, 9]

    def test_a_poll_returns_no_more_than_it_may(self, edge: Context) -> None:
        topic = edge.topic(2)
        fill(edge.sink(), topic, 40, partitions=2)
        source = begin(edge.source(topic, max_records=3))
        sizes = [len(polled_until(source, lambda polled: polled.records).records) for _ in range(8)]
        assert max(sizes) == 3

    def test_a_held_partition_returns_nothing_until_it_is_released(self, edge: Context) -> None:
        topic = edge.topic(2)
        fill(edge.sink(), topic, 20, partitions=2)
        source = begin(edge.source(topic, max_records=3))
        before = records_from(source, 1)
        source.hold({0})
        held = [record for _ in range(20) for record in source.poll(0.05).records]
        assert {record.partition for record in held} == {1}
        source.hold(())
        after = records_from(source, 20 - len(before) - len(held))
        offsets = [record.offset for record in [*before, *held, *after] if record.partition == 0]
        assert offsets == list(range(10))

    def test_ends_position_and_lag_tell_how_far_it_is(self, edge: Context) -> None:
        topic = edge.topic(2)
        source = edge.source(topic, max_records=4)
        assert source.ends() == {}
        fill(edge.sink(), topic, 6, partitions=1)
        begin(source)
        assert source.ends() == {0: 6, 1: 0}
        read = len(records_from(source, 1))
        assert source.position(0) == read
        assert source.lag()[0] == 6 - read
        records_from(source, 6 - read)
        assert (source.position(0), source.lag()[0]) == (6, 0)

    def test_flush_tells_the_first_offset_of_each_partition(self, edge: Context) -> None:
        topic, sink = edge.topic(2), edge.sink()
        fill(sink, topic, 4, partitions=2)
        for partition in (0, 0, 1):
            sink.send(topic, b"k", b"v", partition=partition)
        assert sink.flush() == {(topic, 0): 2, (topic, 1): 2}
        assert sink.flush() == {}

    def test_offsets_trimmed_away_are_reported_and_passed_over(self, edge: Context) -> None:
        topic = edge.topic()
        fill(edge.sink(), topic, 10)
        edge.trim(topic, 0, 6)
        source = begin(edge.source(topic), 2)
        assert polled_until(source, lambda polled: polled.lost).lost == {0: (2, 6)}
        assert [record.offset for record in records_from(source, 4)] == [6, 7, 8, 9]

    def test_an_offset_beyond_the_end_is_reported_and_taken_back(self, edge: Context) -> None:
        topic, sink = edge.topic(), edge.sink()
        fill(sink, topic, 3)
        source = begin(edge.source(topic), 100)
        assert polled_until(source, lambda polled: polled.lost).lost == {0: (100, 3)}
        fill(sink, topic, 1)
        assert [record.offset for record in records_from(source, 1)] == [3]

    def test_the_oldest_offset_is_found_without_a_report_of_loss(self, edge: Context) -> None:
        topic = edge.topic()
        fill(edge.sink(), topic, 10)
        edge.trim(topic, 0, 6)
        source = begin(edge.source(topic), None)
        polled = polled_until(source, lambda polled: polled.records or polled.lost)
        assert not polled.lost
        assert polled.records[0].offset == 6

    def test_a_commit_is_seen_by_the_next_of_the_group(self, edge: Context) -> None:
        topic = edge.topic()
        first = begin(edge.source(topic, "readers"))
        assert first.committed(0) is None
        first.commit({0: (17, "state at 4")})
        assert first.committed(0) == (17, "state at 4")
        first.close()
        second = edge.source(topic, "readers")
        polled_until(second, lambda polled: polled.assigned == {0})
        assert second.committed(0) == (17, "state at 4")

    def test_a_commit_without_ownership_of_the_partition_changes_nothing(self, edge: Context) -> None:
        topic = edge.topic()
        source = begin(edge.source(topic, "readers"))
        source.commit({0: (5, ""), 1: (6, "")})
        source.close()
        source.commit({0: (9, "")})
        heir = begin(edge.source(topic, "readers"))
        assert (heir.committed(0), heir.committed(1)) == ((5, ""), None)

    def test_the_second_of_a_group_stands_by_until_the_first_leaves(self, edge: Context) -> None:
        topic = edge.topic()
        first, second = edge.source(topic, "leaders"), edge.source(topic, "leaders")
        polled_until(first, lambda polled: polled.assigned == {0})
        assigned: dict[Source, frozenset[int]] = {}
        deadline_s = time.monotonic() + PATIENCE_S
        while sorted(map(len, assigned.values())) != [0, 1]:
            for source in (first, second):
                if (polled := source.poll(0.05)).assigned is not None:
                    assigned[source] = polled.assigned
            assert time.monotonic() < deadline_s
        active, standby = sorted((first, second), key=lambda source: -len(assigned[source]))
        active.close()
        polled_until(standby, lambda polled: polled.assigned == {0})

    def test_the_owner_of_a_partition_knows_it_and_its_successor_has_a_later_term(self, edge: Context) -> None:
        topic = edge.topic()
        first = begin(edge.source(topic, "leaders"))
        assert first.owned()
        term = first.term
        first.close()
        assert not first.owned()
        heir = begin(edge.source(topic, "leaders"))
        assert heir.owned()
        assert heir.term > term

    def test_an_assigned_partition_is_owned_before_anything_is_sought(self, edge: Context) -> None:
        """Whoever takes over has events to send, and verdicts to follow, before it reads the log on."""
        topic = edge.topic()
        source = edge.source(topic, "leaders")
        polled_until(source, lambda polled: polled.assigned == {0})
        assert source.owned()
        source.seek(0, None)
        source.commit({0: (0, "a hint")})
        again = edge.source(topic, "leaders")
        source.close()
        polled_until(again, lambda polled: polled.assigned == {0})
        assert again.owned()
        assert again.committed(0) == (0, "a hint"), "asking takes nothing away from a successor"

    def test_members_that_come_and_go_count_everything_once(self, edge: Context) -> None:
        topic, sink = edge.topic(3), edge.sink()
        store: dict[int, tuple[int, Counter[bytes]]] = {}
        members = [Member(edge.source(topic, "counters", max_records=7), store)]
        sent = 0
        for step in range(40):
            if step in (5, 15):
                members.append(Member(edge.source(topic, "counters", max_records=7), store))
            if step == 30:
                members.pop(0).source.close()
            for _ in range(10):
                sink.send(topic, None, b"%d" % sent, partition=sent % 3)
                sent += 1
            sink.flush()
            for member in members:
                member.run_once()
        deadline_s = time.monotonic() + PATIENCE_S
        while sum(next_offset for next_offset, _ in store.values()) < sent:
            for member in members:
                member.run_once()
            assert time.monotonic() < deadline_s, "not everything was read"
        counted: Counter[bytes] = sum((counts for _, counts in store.values()), Counter())
        assert counted == Counter(b"%d" % n for n in range(sent))
