"""Texts come in order of event time as far as possible; in any order of arrival no text is held for ever."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords
from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.errors import BrokerError
from stream.log.fast_fetch import FastRecords
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Record, Records, Source, Unread
from stream.metrics import Metrics
from stream.roles.context import Context
from stream.roles.counter import Counter
from stream.roles.event_time_buffer import LOOK_AHEAD, MOST_BYTES, MOST_TEXTS, EventTimeBuffer
from stream.text.text_batch import source_names
from tests.chaos.oracle import folded_shards

CONFIG = load(None, {}, ["sketches.pair_width=1024", "sketches.char_width=64", "kafka.flush_s=3600"])
NOW_S = 1_700_000_000.0


def edge_of(log: MemoryLog, most: int, sink: type[MemorySink] = MemorySink) -> Context:
    """With sources that bring so many records at a time."""
    return Context(CONFIG, lambda topic, group: MemorySource(log, topic, group, most), sink(log),
                Metrics(CollectorRegistry(), 0), lambda: NOW_S)  # fmt: skip


def begun(edge: Context) -> tuple[Source, EventTimeBuffer]:
    """What reads partition 0 from its beginning, and where that waits."""
    source = edge.open_source(CONFIG.topics.raw_text, None)
    source.poll(0.0)
    source.seek(0, None)
    arrivals = EventTimeBuffer(edge, source)
    arrivals.restart([0])
    return source, arrivals


def counted(partitions: list[list[float]]) -> int:
    """How many texts are counted of partitions that hold texts of these times."""
    log = MemoryLog(lambda: NOW_S)
    log.create(CONFIG.topics.raw_text, len(partitions))
    log.create(CONFIG.topics.tallies)
    for number, times in enumerate(partitions):
        for at_s in times:
            value = json.dumps({"text": "天气", "ts": at_s}).encode()
            log.append(CONFIG.topics.raw_text, None, value, partition=number)
    edge = edge_of(log, 500)
    counter = Counter(edge)
    for _ in range(60):
        counter.run_once(0.0)
    counter.flush()
    return int(edge.metrics.registry.get_sample_value("newwords_texts_total", {"role": "count"}) or 0)


def test_old_texts_after_a_newer_one_delay_no_partition() -> None:
    """More of them than may wait, so that what comes after them cannot be seen."""
    archive = [NOW_S, *[NOW_S - 1e8] * (2 * MOST_TEXTS), NOW_S]
    assert counted([archive, [NOW_S] * 100]) == len(archive) + 100


@pytest.mark.parametrize("seed", range(3))
def test_texts_of_any_times_are_all_counted(seed: int) -> None:
    rng = random.Random(seed)
    times = [NOW_S + 299, NOW_S, NOW_S - 3600, NOW_S - 1e8]
    partitions = [[rng.choice(times) for _ in range(rng.randrange(2 * MOST_TEXTS))] for _ in range(3)]
    assert counted(partitions) == sum(map(len, partitions))


STRETCHES = st.lists(st.tuples(st.sampled_from((0.0, 1.0)), st.integers(1, LOOK_AHEAD + 2)), min_size=1, max_size=4)


@settings(max_examples=100)
@given(st.lists(STRETCHES.map(lambda some: [at for at, times in some for _ in range(times)]), max_size=5),
       st.integers(0, 40))  # fmt: skip
def test_due_records_equal_those_found_one_by_one(fetches: list[list[float]], done: int) -> None:
    """Of fetches of texts before and after a moment; again, when some of it is done."""
    log, later = MemoryLog(lambda: NOW_S), [after_s for fetch in fetches for after_s in fetch]
    log.create(CONFIG.topics.raw_text)
    source, arrivals = begun(edge_of(log, 50))
    for fetch in fetches:
        for after_s in fetch:
            log.append(CONFIG.topics.raw_text, None, json.dumps({"text": "天气", "ts": NOW_S + after_s}).encode())
        arrivals.receive(source.poll(0.0).batches)
    for _ in range(2):
        due = next(iter(arrivals.due(0, NOW_S)), None)
        assert (len(due) if due else 0) == due_one_by_one(later)
        if due and done:
            arrivals.drop(0, due.between(0, done))
            later = later[min(done, len(due)) :]
        assert arrivals.waiting == len(later)


def due_one_by_one(later: list[float]) -> int:
    due = 0
    for number, after_s in enumerate(later):
        if after_s <= 0:
            due = number + 1
        elif number - due >= LOOK_AHEAD:
            break
    return due


class FailsOnce(MemorySink):
    """As a broker that is away when the first dead letter is to be acknowledged."""

    letters = 0

    def send(self, topic: str, *args: object, **kwargs: object) -> None:
        self.letters += topic == CONFIG.topics.raw_text_dlq
        super().send(topic, *args, **kwargs)  # type: ignore[arg-type]  # handed through

    def flush(self) -> dict[tuple[str, int], int]:
        if self.letters == 1:
            self.letters = 2
            raise BrokerError("away")
        return super().flush()


def test_a_dead_letter_that_fails_makes_no_text_before_it_count_twice() -> None:
    log = MemoryLog(lambda: NOW_S)
    log.create(CONFIG.topics.raw_text, 2)
    for topic in (CONFIG.topics.tallies, CONFIG.topics.raw_text_dlq):
        log.create(topic)
    good = json.dumps({"text": "天气", "ts": NOW_S}).encode()
    for number in range(1000):  # two fetches, the second with a message that nobody can read
        log.append(CONFIG.topics.raw_text, None, good if number != 700 else b"{", partition=0)
    log.append(CONFIG.topics.raw_text, None, good, partition=1)  # what all of that waits for
    edge = edge_of(log, 500, FailsOnce)
    counter, failures = Counter(edge), 0
    for _ in range(20):
        try:
            counter.run_once(0.0)
        except BrokerError:
            failures += 1
    counter.flush()
    assert failures == 1
    assert edge.metrics.registry.get_sample_value("newwords_texts_total", {"role": "count"}) == 1000
    (shard,) = folded_shards({}, log.partitions(CONFIG.topics.tallies)[0].records, CONFIG)
    assert sum(totals["texts"] for totals in shard.totals.values()) == 1000
    assert edge.metrics.registry.get_sample_value("newwords_texts_rejected_total", {"reason": "not_json"}) == 1


def test_messages_that_cannot_be_read_are_held_when_they_take_too_much_memory() -> None:
    log = MemoryLog(lambda: NOW_S)
    log.create(CONFIG.topics.raw_text)
    source, arrivals = begun(edge_of(log, 1))
    for _ in range(8):
        log.append(CONFIG.topics.raw_text, None, b"{" * (MOST_BYTES // 3))
        arrivals.receive(source.poll(0.0).batches)
    assert arrivals.waiting == 3


def test_after_a_part_is_done_the_oldest_is_the_first_of_the_rest() -> None:
    now_s = [NOW_S]
    log = MemoryLog(lambda: now_s[0])
    log.create(CONFIG.topics.raw_text)
    source, arrivals = begun(edge_of(log, 500))
    for after_s in range(3):
        now_s[0] = NOW_S + after_s
        log.append(CONFIG.topics.raw_text, None, json.dumps({"text": "天气", "ts": NOW_S + 100 * after_s}).encode())
    arrivals.receive(source.poll(0.0).batches)
    assert arrivals.oldest_s() == NOW_S
    (first,) = arrivals.due(0, NOW_S)
    arrivals.drop(0, first)
    assert (arrivals.waiting, arrivals.oldest_s()) == (2, NOW_S + 1)


def headed(texts: list[tuple[str, list[tuple[str, bytes]]]]) -> Records:
    """Texts that call themselves of source "me", with these headers, as Kafka brings them."""
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 20)
    for number, (text, headers) in enumerate(texts):
        value = json.dumps({"text": text, "source": "me", "ts": NOW_S}).encode()
        builder.append(number, int(NOW_S * 1000), None, value, headers)
    (records,) = FastRecords(0, TopicPartition("raw-text", 0), MemoryRecords(bytes(builder.build()))).take(100)
    return records


def test_a_source_may_be_what_a_trusted_header_says_and_not_what_the_text_says() -> None:
    log = MemoryLog(lambda: NOW_S)
    log.create(CONFIG.topics.raw_text)
    records = headed([("天气", [("user", b"anna")]), ("天气", [("user", b"me"), ("user", b"bert")]), ("天气", [])])
    expected = {"": ["me", "me", "me"], "user": ["anna", "bert", None]}
    for header, names in expected.items():
        config = replace(CONFIG, kafka=replace(CONFIG.kafka, source_header=header))
        edge = replace(edge_of(log, 500), config=config)
        _, arrivals = begun(edge)
        arrivals.receive([records])
        (batch,) = arrivals.due(0, NOW_S)
        assert batch.texts.sources.tolist() == source_names(names).tolist()


def test_a_batch_that_was_not_unpacked_is_one_dead_letter() -> None:
    log = MemoryLog(lambda: NOW_S)
    log.create(CONFIG.topics.raw_text)
    _, arrivals = begun(edge_of(log, 500))
    one = Records.of([Record(0, 9, NOW_S, None, b"packed")], 0).standing_for(Unread("too_large", 400))
    arrivals.receive([headed([("天气", [])]), one])
    due = arrivals.due(0, NOW_S)
    assert sum(len(batch.texts) for batch in due) == 1
    (rejected,) = [rejected for batch in due for rejected in batch.rejected]
    assert (rejected.reason, rejected.stands_for, rejected.record.offset) == ("too_large", 400, 9)
    assert due[-1].next_offset == 10  # reading goes on behind all of it
