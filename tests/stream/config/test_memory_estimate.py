"""The memory figure against the very workers, every bound of their configuration reached, with what they allocate."""

import itertools
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from prometheus_client import CollectorRegistry
from stream.state.window_codec import Settled, whole_table

from sketches.pair_sketch import SketchSettings
from stream.config.config import Config, load
from stream.config.memory_estimate import AT_WORK, memory_of
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
from stream.segmentation.windows import WindowSettings
from stream.simulation.simulate import SimulateSettings, simulate
from stream.state.chunks import StateRecord

PARTITIONS = 2
CONFIG = Config(
    kafka=KafkaSettings(snapshot_s=60.0),
    sketches=SketchSettings(char_width=1 << 12, pair_width=1 << 17, candidates=40_000),
    windows=WindowSettings(keep_words=500, keep_settled=400, keep_texts=300),
    trends=TrendSettings(horizon=4, baseline_width=1 << 14, announced=1000),
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
        memory = memory_of([role], PARTITIONS, CONFIG.sketches, CONFIG.windows, CONFIG.trends)
        if role == "count":  # which holds what is on its way, and nothing else
            assert memory.total == memory.process and peak <= AT_WORK[role]
            continue
        need = memory.total - memory.process
        assert peak <= need <= 2.5 * peak, role
    states = edge_of(log).states(CONFIG.topics.word_counts, lambda name: ":" in name, "segment")
    words = [len(whole_table(state)[0]) for state in states.values()]
    assert max(words) == CONFIG.windows.keep_words and min(words) <= CONFIG.windows.keep_settled  # bounds are reached


def test_while_windows_are_read_only_settled_tables_are_held() -> None:
    states, hold = dict[str, StateRecord](), Settled(horizon=2)
    written = {"settled.keys": b"s", "seen": b"n", "live.keys": b"l"}
    for name in ("3:7", "3:9", "4:7", "3:8", "3", "3:7", "3:5"):
        hold(states, StateRecord(name, 1, written if ":" in name else {}, {}))
    needed = {"settled.keys": b"s", "seen": b"n"}
    assert {name: state.parts for name, state in states.items()} == {
        "3:7": {}, "3:9": needed, "4:7": needed, "3:8": needed, "3": {}, "3:5": {},
    }  # fmt: skip


@pytest.mark.parametrize("role", ["count", "refresh"])
def test_counting_and_refreshing_need_no_more_for_more_partitions(role: str) -> None:
    config = Config()
    few, many = (memory_of([role], partitions, config.sketches, config.windows, config.trends).total
                 for partitions in (4, 200))  # fmt: skip
    assert few == many < 512e6


@pytest.mark.parametrize("bound", ["windows.keep_words", "windows.keep_settled", "windows.keep_texts",
                                   "sketches.pair_width", "trends.horizon", "sketches.candidates",
                                   "trends.baseline_width", "trends.announced"])  # fmt: skip
def test_halving_any_bound_lowers_the_estimate(bound: str) -> None:
    section, key = bound.split(".")
    halved = load(None, {}, [f"{bound}={getattr(getattr(Config(), section), key) // 2}"])
    needs = [memory_of(WORKERS, 4, one.sketches, one.windows, one.trends).total for one in (halved, Config())]
    assert needs[0] < needs[1]
