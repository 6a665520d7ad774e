"""The memory estimate is compared with what the workers allocate when every bound is reached."""

import itertools
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from prometheus_client import CollectorRegistry

from sketches.pair_sketch import SketchSettings
from stream.config.config import Config, load
from stream.config.memory_estimate import AT_WORK, memory_of
from stream.finder.settings import FinderSettings
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.settings import KafkaSettings
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.simulation.simulate import SimulateSettings, simulate

PARTITIONS = 2
MOST_BATCH = KafkaSettings().max_batch_bytes
CONFIG = Config(
    kafka=KafkaSettings(snapshot_s=60.0),
    sketches=SketchSettings(char_width=1 << 12, pair_width=1 << 17, candidates=40_000),
    finder=FinderSettings(
        max_chars=40_000, memory_width=1 << 15, pairs=1 << 14, units=1 << 12, copies=1 << 12, judged=1 << 12
    ),
    trends=TrendSettings(announced=1000),
)
STREAM = SimulateSettings(texts=9_000, rate=15.0, rhythm=0.0, vocabulary=60_000, sources=50)  # 10 windows


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    """More texts and more words in each window than may be kept."""
    few = filled(replace(STREAM, texts=100))
    for make in WORKERS.values():  # what is loaded once and compiled belongs to the process
        peak_bytes(few, make)
    return filled(STREAM)


def filled(stream: SimulateSettings) -> MemoryLog:
    log, topics = MemoryLog(lambda: 0.0), CONFIG.topics
    log.create(topics.raw_text, PARTITIONS)
    for topic in (
        topics.tallies,
        topics.pair_sketches,
        topics.strong_pairs,
        topics.word_counts,
        topics.trend_state,
        topics.new_words,
        topics.held_words,
        topics.word_verdicts,
    ):
        log.create(topic)
    for number, text in enumerate(simulate(stream)):
        value = orjson.dumps({"text": text.text, "ts": text.at_s, "source": text.source})
        log.append(topics.raw_text, None, value, partition=number % PARTITIONS)
    return log


def edge_of(log: MemoryLog) -> Context:
    """Each look at its clock is a second later than the one before."""
    seconds = itertools.count(STREAM.start_s + 1e6)
    metrics = Metrics(CollectorRegistry(), 0)
    return Context(CONFIG, lambda topic, group: MemorySource(log, topic, group, 1000), MemorySink(log), metrics,
                lambda: next(seconds))  # fmt: skip


def peak_bytes(log: MemoryLog, make: Callable[[Context], list[Worker]]) -> int:
    """What the workers hold at most, from their making until their input is read and their state written."""
    before = stored_bytes(log)
    tracemalloc.start()
    workers = make(edge_of(log))
    quiet = 0
    while quiet < 5:
        busy = [worker.run_once(0.0) for worker in workers]
        quiet = 0 if any(busy) else quiet + 1
    for worker in workers:
        worker.close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - (stored_bytes(log) - before)


def stored_bytes(log: MemoryLog) -> int:
    """What the log itself holds."""
    topics = (CONFIG.topics.tallies, CONFIG.topics.pair_sketches, CONFIG.topics.strong_pairs, CONFIG.topics.word_counts,
              CONFIG.topics.trend_state)  # fmt: skip
    return sum(len(record.value or b"") for topic in topics for record in log.partitions(topic)[0].records)


WORKERS: dict[str, Callable[[Context], list[Worker]]] = {
    "count": lambda edge: [Counter(edge)],
    "refresh": lambda edge: [Refresher(edge)],
    "segment": lambda edge: [Segmenter(edge), Announcer(edge, WordLists.none(), lambda _: None)],
}


def test_the_estimate_is_an_upper_bound_and_not_far_above_the_measured_memory(log: MemoryLog) -> None:
    for role, make in WORKERS.items():
        peak = max(peak_bytes(log, make), peak_bytes(log, make))  # from nothing, then from the state written
        memory = memory_of([role], CONFIG.sketches, CONFIG.finder, CONFIG.trends, MOST_BATCH)
        if role == "count":  # which holds what is on its way, and nothing else
            assert memory.total == memory.process + MOST_BATCH and peak <= AT_WORK[role]
            continue
        need = memory.total - memory.process - memory.batch
        assert peak <= need <= 2.5 * peak, role


@pytest.mark.parametrize("role", ["count", "refresh"])
def test_counting_and_refreshing_need_less_than_half_a_gigabyte(role: str) -> None:
    config = Config()
    assert memory_of([role], config.sketches, config.finder, config.trends, MOST_BATCH).total < 512e6


@pytest.mark.parametrize("bound", ["finder.max_chars", "finder.memory_width", "finder.pairs", "finder.units",
                                   "finder.copies", "finder.judged", "sketches.pair_width", "sketches.candidates",
                                   "trends.announced"])  # fmt: skip
def test_halving_any_bound_lowers_the_estimate(bound: str) -> None:
    section, key = bound.split(".")
    halved = load(None, {}, [f"{bound}={getattr(getattr(Config(), section), key) // 2}"])
    needs = [memory_of(WORKERS, one.sketches, one.finder, one.trends, MOST_BATCH).total for one in (halved, Config())]
    assert needs[0] < needs[1]
