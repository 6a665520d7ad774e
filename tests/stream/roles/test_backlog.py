"""The four workers on a log in memory with a clock of the test: a backlog is judged like the live stream."""

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from prometheus_client import CollectorRegistry

from stream.config.config import Config, load
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Record
from stream.log.settings import topic_keys
from stream.metrics import Metrics
from stream.roles import model_follower
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.model_follower import ModelFollower
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter
from stream.segmentation.pmi_model import StrongPairs
from stream.simulation.simulate import SimulateSettings, planted, simulate
from stream.sources.word_list_files import KnownWords
from stream.state.chunks import StateRecord
from stream.state.model_codec import model_of, record_of
from stream.state.snapshots import StateLog

PARTITIONS = 4
SIMULATION = SimulateSettings()


class Clock:
    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def edge_of(config: Config, log: MemoryLog, clock: Callable[[], float]) -> Context:
    return Context(
        config,
        lambda topic, group: MemorySource(log, topic, group, 1000),
        MemorySink(log),
        Metrics(CollectorRegistry(), 0),
        clock,
    )


def service(config: Config, log: MemoryLog, clock: Callable[[], float]) -> list[Worker]:
    edge = edge_of(config, log, clock)
    known = KnownWords(config.known_words)
    return [Counter(edge), Refresher(edge), Segmenter(edge), Announcer(edge, known.lists, known.look)]


def run(workers: list[Worker], clock: Clock, idle_s: float = 30.0) -> None:
    """Until nobody has had anything to do for a while."""
    busy_s = clock.now_s
    while clock.now_s - busy_s < idle_s:
        clock.now_s += 0.1
        for worker in workers:
            if worker.run_once(0.0):
                busy_s = clock.now_s


def records(log: MemoryLog, topic: str) -> list[Record]:
    return [record for partition in log.partitions(topic) for record in partition.records]


def emerged(log: MemoryLog, config: Config) -> dict[str, dict[str, object]]:
    events = [orjson.loads(record.value or b"") for record in records(log, config.topics.new_words)]
    return {event["word"]: event for event in events if event["status"] == "emerged"}


def backlog(config: Config, clock: Clock) -> MemoryLog:
    log = MemoryLog(clock)
    for key in topic_keys():
        log.create(getattr(config.topics, key))
    log.create(config.topics.raw_text, PARTITIONS)
    for index, text in enumerate(simulate(SIMULATION)):
        value = orjson.dumps({"ts": text.at_s, "text": text.text, "source": text.source})
        log.append(config.topics.raw_text, None, value, partition=index % PARTITIONS)
    return log


def test_the_planted_words_of_a_backlog_are_found_as_early_as_in_the_stream() -> None:
    config = load(None, {}, ["sketches.pair_width=131072"])
    clock = Clock(SIMULATION.start_s + 86_400.0)
    log = backlog(config, clock)
    workers = service(config, log, clock)
    run(workers, clock)
    truth = {word.word for word in planted(SIMULATION)}
    found = emerged(log, config)
    assert truth <= found.keys()


def test_only_one_model_of_a_backlog_is_unpacked_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are polled together, and may be as large as all the words of a partition."""
    unpacked: list[int] = []

    def noted(record: StateRecord) -> StrongPairs:
        unpacked.append(record.next_offset)
        return model_of(record)

    monkeypatch.setattr(model_follower, "model_of", noted)
    log, clock = MemoryLog(), Clock(0.0)
    edge = edge_of(load(None, {}, []), log, clock)
    log.create(edge.config.topics.strong_pairs)
    state = StateLog(edge.sink, edge.config.topics.strong_pairs)
    state.resume("shard-0", None)
    for number in range(1, 6):
        state.write([record_of(replace(StrongPairs.empty(), version=number, as_of_s=60.0 * number), "shard-0")])
    follower = ModelFollower(edge, "segment")
    for at_s, version in ((60.0, 1), (60.0, 1), (110.0, 2), (240.0, 4)):
        while follower.model.version < version:
            follower.advance(at_s)
        assert (follower.model.version, unpacked) == (version, list(range(1, version + 2)))


def test_texts_that_wait_for_a_model_are_behind_by_their_age() -> None:
    config, clock = load(None, {}, []), Clock(1e9)
    log = MemoryLog(clock)
    for key in topic_keys():
        log.create(getattr(config.topics, key))
    edge = edge_of(config, log, clock)
    segmenter, announcer = Segmenter(edge), Announcer(edge, KnownWords(config.known_words).lists, lambda now_s: None)
    segmenter.run_once(0.0)
    announcer.run_once(0.0)
    log.append(config.topics.raw_text, None, '{"text": "天气真好"}'.encode(), partition=0)
    segmenter.run_once(0.0)
    segmenter.flush()
    for _ in range(3):
        announcer.run_once(0.0)
    clock.now_s += 20
    announcer.run_once(0.0)
    assert edge.metrics.registry.get_sample_value("newwords_lag_seconds", {"role": "trend"}) == 20.0
