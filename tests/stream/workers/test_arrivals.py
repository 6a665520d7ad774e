"""Texts come in order of event time as far as that can be, and whatever order they came in, none is held for ever."""

import json
import random

import pytest
from prometheus_client import CollectorRegistry

from stream.config import load
from stream.io.memory_log import MemoryLog, MemorySink, MemorySource
from stream.io.metrics import Metrics
from stream.workers.arrivals import MOST_TEXTS
from stream.workers.counter import Counter
from stream.workers.edge import Edge

CONFIG = load(None, {}, ["sketches.pair_width=1024", "sketches.char_width=64", "kafka.flush_s=3600"])
NOW_S = 1_700_000_000.0


def counted(partitions: list[list[float]]) -> int:
    """How many texts are counted of partitions that hold texts of these times."""
    log = MemoryLog(lambda: NOW_S)
    log.create(CONFIG.topics.raw_text, len(partitions))
    log.create(CONFIG.topics.pair_sketches)
    for number, times in enumerate(partitions):
        for at_s in times:
            value = json.dumps({"text": "天气", "ts": at_s}).encode()
            log.append(CONFIG.topics.raw_text, None, value, partition=number)
    edge = Edge(CONFIG, lambda topic, group: MemorySource(log, topic, group, 500), MemorySink(log),
                Metrics(CollectorRegistry(), 0), lambda: NOW_S)  # fmt: skip
    counter = Counter(edge, len(partitions))
    for _ in range(60):
        counter.run_once(0.0)
    return int(edge.metrics.registry.get_sample_value("newwords_texts_total", {"role": "count"}) or 0)


def test_old_texts_behind_a_newer_one_hold_nobody_up() -> None:
    """More of them than may wait, so that what comes after them cannot be seen."""
    archive = [NOW_S, *[NOW_S - 1e8] * (2 * MOST_TEXTS), NOW_S]
    assert counted([archive, [NOW_S] * 100]) == len(archive) + 100


@pytest.mark.parametrize("seed", range(3))
def test_texts_of_any_times_are_all_counted(seed: int) -> None:
    rng = random.Random(seed)
    times = [NOW_S + 299, NOW_S, NOW_S - 3600, NOW_S - 1e8]
    partitions = [[rng.choice(times) for _ in range(rng.randrange(2 * MOST_TEXTS))] for _ in range(3)]
    assert counted(partitions) == sum(map(len, partitions))
