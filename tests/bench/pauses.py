"""How long a role keeps the others of its process waiting, while a million candidate pairs are refreshed and published.

All roles in one process, on a log in memory: real texts flow through, and a partition that is done has left a state
with a million candidates. Against the same without it. A pause is the CPU time of one step of a role, so that a busy
machine disturbs it little.
"""

import time
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import orjson
from prometheus_client import CollectorRegistry

from sketches.pair_sketch import PairSketch, SketchSettings, Tally
from stream.config.config import Config, load
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter
from stream.rules.word_lists import WordLists
from stream.service.assembly import MAX_RECORDS
from stream.state.chunks import StateRecord, split
from tests.bench.corpus import LONG, texts
from tests.bench.table import Row

CANDIDATES, PARTITIONS, TEXTS, CHARS = 1_000_000, 4, 100_000, 90
SETTINGS = (f"sketches.candidates={CANDIDATES}", "windows.length_s=10", "kafka.flush_s=2", "cohesion.refresh_s=1",
            f"topics.raw_text_partitions={PARTITIONS}")  # fmt: skip
WARM = 3  # steps of each role that load what belongs to the process


def rows() -> Iterator[Row]:
    _pauses(None)  # loads and compiles
    with_them, without = _pauses(many_pairs(SketchSettings(candidates=CANDIDATES))), _pauses(None)
    for role, longest_s in with_them.items():
        yield Row(f"Longest step of `{role}` in a process of all roles while {CANDIDATES:,} candidates are refreshed, "
                  "written and taken up as a model, against the candidates of the texts alone",
                  f"{longest_s * 1e3:.0f} : {without[role] * 1e3:.0f} ms", longest_s / without[role])  # fmt: skip


def many_pairs(settings: SketchSettings) -> PairSketch:
    """A sketch with as many candidates as it has room for, nearly a tenth of them strong."""
    sketch, rng = PairSketch(settings), np.random.default_rng(1)
    drawn = rng.integers(0x4E00, 0x4E00 + 6000, (settings.candidates * 11 // 10, 2)).astype(np.uint64)
    pairs = np.unique((drawn[:, 0] << np.uint64(32)) | drawn[:, 1])[: settings.candidates]
    chars, places = np.unique(np.concatenate((pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF))),
                              return_inverse=True)  # fmt: skip
    counts = rng.zipf(1.5, len(pairs)).clip(5, 5000) * 1.0
    sketch.add(Tally(chars, np.bincount(places, np.tile(counts, 2)), pairs, counts), time.time(), 5.0)
    return sketch


def _pauses(sketch: PairSketch | None) -> dict[str, float]:
    """The longest step of each role."""
    config = load(None, {}, list(SETTINGS))
    log = _log(config, sketch)
    edge = Context(
        config, lambda topic, group: MemorySource(log, topic, group, _at_once(config, topic)), MemorySink(log),
        Metrics(CollectorRegistry(), 0), time.time,
    )  # fmt: skip
    workers: list[Worker] = [Counter(edge), Refresher(edge), Segmenter(edge),
                             Announcer(edge, WordLists.none(), lambda _: None)]  # fmt: skip
    steps: dict[str, list[float]] = defaultdict(list)
    quiet = 0
    while quiet < 200:
        busy = False
        for worker in workers:
            began_s = time.process_time()
            busy |= worker.run_once(0.0)
            steps[worker.role].append(time.process_time() - began_s)
        quiet = 0 if busy else quiet + 1
        if not busy:
            time.sleep(0.02)
    return {role: max(took[WARM:]) for role, took in steps.items()}


def _at_once(config: Config, topic: str) -> int:
    """Records of a poll: as many as a fetch from Kafka brings, of states a chunk or two."""
    return MAX_RECORDS if topic == config.topics.raw_text else 2


def _log(config: Config, sketch: PairSketch | None) -> MemoryLog:
    log, topics, now_s = MemoryLog(time.time), config.topics, time.time()
    log.create(topics.raw_text, PARTITIONS)
    for topic in (topics.pair_sketches, topics.strong_pairs, topics.word_counts, topics.trend_state, topics.new_words):
        log.create(topic)
    if sketch:
        meta: dict[str, str | int | float] = {"half_life_s": sketch.settings.half_life_s, "newest_s": now_s}
        for key, value in split(StateRecord("history", 1, sketch.stored(), meta), "A"):
            log.append(topics.pair_sketches, key, value)
    flowing = "".join(texts(LONG, 60_000))
    for number in range(TEXTS):
        text = flowing[number * CHARS : (number + 1) * CHARS]
        value = orjson.dumps({"text": text, "ts": now_s - 60 + number * 60 / TEXTS})
        log.append(topics.raw_text, None, value, partition=number % PARTITIONS)
    return log
