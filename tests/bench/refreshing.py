"""How fast `refresh` folds tallies that wait, and what a second shard gains.

Texts of 100 characters are counted by the real counter on a log in memory, once for one shard and once for two; what it
wrote goes to topics of a real broker. Then a process for each shard folds its log (`python -m tests.bench.refreshing
BOOTSTRAP TOPIC SHARD`), makes its models and snapshots, and says what processor it took. Each shard has a core of its
own, so two are as fast as the slower of them; they run one after the other, so that no other takes of that core.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson
from prometheus_client import CollectorRegistry

from stream.config.config import Config, load
from stream.log.kafka import KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Polled
from stream.log.topics import ensure_topics
from stream.metrics import Metrics
from stream.roles.context import Context
from stream.roles.counter import Counter
from stream.roles.jit_warm_up import warm_up
from stream.roles.refresher import Refresher
from stream.service.assembly import open_source
from tests.bench.corpus import LONG, START_S, texts
from tests.bench.table import Row
from tests.broker.cluster import Cluster

ROOT = Path(__file__).parents[2]
PARTITIONS, CHARS, TEXTS, RATE = 4, 100, 300_000, 1000  # RATE: texts a second, by their own time
ROUNDS = 3
PATIENCE_S = 120.0
LEAST = 30_000  # texts a second and core
GAIN = 1.8


def rows() -> Iterator[Row]:
    with Cluster() as cluster:
        bootstrap = cluster.bootstrap_servers
        for shards in (1, 2):
            _prepare(bootstrap, shards)
        one, two = [], []
        for number in range(ROUNDS):
            one.append(_folded(bootstrap, 1, 0, number))
            two.append(max(_folded(bootstrap, 2, shard, number) for shard in (0, 1)))
        rate, both = TEXTS / median(one), TEXTS / median(two)
        yield Row("Texts of 100 characters that one `refresh` folds a second and core, tallies, models and snapshots, "
                  f"against {LEAST:,}", f"{rate:,.0f} : {LEAST:,}", rate / LEAST, 1.0)  # fmt: skip
        yield Row("The same of two shards, the slower of them, against one", f"{both:,.0f} : {rate:,.0f}",
                  median(alone / together for alone, together in zip(one, two, strict=True)), GAIN)  # fmt: skip


def config_of(bootstrap: str, shards: int, run: int = 0) -> Config:
    """Topics of their own for each run, but for the tallies."""
    own = f"shards-{shards}-{run}-"
    return load(None, {}, [f"kafka.bootstrap_servers={bootstrap}", "kafka.replication_factor=1", "sketches.seed=1",
                           f"topics.tallies=tallies-of-{shards}", f"topics.tallies_partitions={shards}",
                           f"topics.raw_text_partitions={PARTITIONS}", f"topics.pair_sketches={own}sketches",
                           f"topics.strong_pairs={own}model"])  # fmt: skip


def _prepare(bootstrap: str, shards: int) -> None:
    """Tallies on the broker, as a counter writes them that has much to catch up with."""
    config, log = config_of(bootstrap, shards), MemoryLog()
    ensure_topics(config.kafka, config.topics)
    topics = config.topics
    for topic, partitions in ((topics.raw_text, PARTITIONS), (topics.tallies, shards), (topics.raw_text_dlq, 1)):
        log.create(topic, partitions)
    for number, text in enumerate(_texts()):
        value = orjson.dumps({"text": text, "ts": START_S + number / RATE})
        log.append(topics.raw_text, None, value, partition=number % PARTITIONS)
    metrics = Metrics(CollectorRegistry(), 0)
    counter = Counter(Context(config, lambda topic, group: MemorySource(log, topic, group, 2000), MemorySink(log),
                              metrics, time.time))  # fmt: skip
    while (metrics.registry.get_sample_value("newwords_texts_total", {"role": "count"}) or 0) < TEXTS:
        counter.run_once(0.0)
    counter.close()
    sink = KafkaSink(config.kafka, "bench")
    for shard, partition in enumerate(log.partitions(topics.tallies)):
        for record in partition.records:
            sink.send(topics.tallies, record.key, record.value, (), shard)
    sink.flush()
    sink.close()


def _texts() -> Iterator[str]:
    flowing = "".join(texts(LONG, 60_000))
    for at in range(0, TEXTS * CHARS, CHARS):
        begin = at % (len(flowing) - CHARS)
        yield flowing[begin : begin + CHARS]


def _folded(bootstrap: str, shards: int, shard: int, run: int) -> float:
    """Seconds of processor that a shard took."""
    command = [sys.executable, "-m", "tests.bench.refreshing", bootstrap, *map(str, (shards, shard, run))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert said["texts"] == TEXTS, said
    return said["cpu_s"]


class OneShard(KafkaSource):
    """All partitions without a group, of which one is seen."""

    shard = 0

    def poll(self, timeout_s: float) -> Polled:
        polled = super().poll(timeout_s)
        return polled if polled.assigned is None else Polled([], polled.assigned & {self.shard})


def main(bootstrap: str, shards: str, shard: str, run: str) -> None:
    """Fold one shard of the tallies to its end."""
    config = config_of(bootstrap, int(shards), int(run))
    ensure_topics(config.kafka, config.topics)
    OneShard.shard = int(shard)

    def opened(topic: str, group: str | None) -> KafkaSource:
        if topic == config.topics.tallies and group:
            return OneShard(config.kafka, topic, None, "bench")
        return open_source(config, topic, None)

    edge = Context(config, opened, KafkaSink(config.kafka, "bench"), Metrics(CollectorRegistry(), 0), time.time)
    refresher = Refresher(edge)
    warm_up()
    while not refresher.ready:
        refresher.run_once(0.05)
    began_s, until_s, counted = time.process_time(), time.monotonic() + PATIENCE_S, 0
    while counted < TEXTS and time.monotonic() < until_s:
        refresher.run_once(0.05)
        counted = sum(totals["texts"] for fold in refresher._folds.values() for totals in fold.shard.totals.values())
    refresher.flush()
    took_s = time.process_time() - began_s
    print(json.dumps({"cpu_s": took_s, "texts": counted}), flush=True)
    refresher.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
