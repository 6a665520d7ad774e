"""What the service writes to its own topics for each byte of text, with sketches that hold a million characters each.

All roles in one process on a real broker; bytes are those of `newwords_bytes_written_total`: keys and values as sent,
before compaction. A snapshot comes once in an hour or two, so it is not waited for: its size is that of the one
written after the filling, and it counts once in `kafka.snapshot_s`, or as often as the log behind it grows as large.
"""

import json
import re
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson

from stream.log.kafka_sink import KafkaSink
from stream.log.topics import ensure_topics
from stream.sources.files import open_lines
from tests.bench.corpus import DATA
from tests.bench.table import Row
from tests.broker.cluster import Cluster, free_ports
from tests.integration.service import Service

PARTITIONS, CHARS = 4, 100
FILL = PARTITIONS * 10_000  # texts: a million characters a partition
RATES = ((10.0, 5.0), (100.0, 3.0), (1000.0, 2.0))  # texts a second, and bytes of state for each of text asked for
SNAPSHOT_S = 3600.0
WARM_S, MEASURED_S, IDLE_S = 15.0, 45.0, 30.0
SNAPSHOTS = ("pair_sketches", "trend_state")
RANGES = {"pair_sketches": "tallies", "trend_state": "word_counts"}  # the log behind each
DEFAULTS = (  # those of the product, for `Service` hastens them
    "kafka.flush_s=5", "cohesion.refresh_s=5", "kafka.session_timeout_s=10", "trends.evaluate_s=1",
    "sketches.pair_width=1048576", "sketches.candidates=500000", "finder.memory_width=1048576",
)  # fmt: skip
INTERNAL = (*SNAPSHOTS, "tallies", "strong_pairs", "word_counts")


def rows() -> Iterator[Row]:
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        (port,) = free_ports(1)
        settings = (f"server.port={port}", f"topics.raw_text_partitions={PARTITIONS}", *DEFAULTS)
        with Service(cluster.bootstrap_servers, "traffic-", Path(folder), settings) as service:
            ensure_topics(service.config.kafka, service.config.topics)
            texts, fed = _texts(), Feed(service)
            service.start("all", "count,refresh,segment", "kafka.snapshot_s=15")
            fed.at_once(islice(texts, FILL))
            service.wait(lambda: _counted(port) >= FILL, "the sketches are filled", 600)
            time.sleep(40)  # two snapshots
            sizes = {topic: service.states_bytes(getattr(service.config.topics, topic)) for topic in SNAPSHOTS}
            service.stop("all")
            service.start("all", "count,refresh,segment", f"kafka.snapshot_s={SNAPSHOT_S:g}")
            service.wait(lambda: _ready(port), "it is back", 100)
            for rate, target in RATES:
                yield _row(service, fed, texts, port, rate, target, sizes)
            before, cpu_s = _bytes(port, service), _sampled(port, "process_cpu_seconds_total")
            time.sleep(IDLE_S)
            after = _bytes(port, service)
            written = sum(after.values()) - sum(before.values())
            cores = (_sampled(port, "process_cpu_seconds_total") - cpu_s) / IDLE_S
            yield Row("Bytes of state a second while no text comes", f"{cores:.3f} core in all", written / IDLE_S, 0.0,
                      at_least=False)  # fmt: skip


def _row(service: Service, fed: "Feed", texts: Iterator[str], port: int, rate: float, target: float,
         sizes: dict[str, int]) -> Row:  # fmt: skip
    fed.slowly(texts, rate, WARM_S)
    before, text_bytes = _bytes(port, service), fed.bytes
    fed.slowly(texts, rate, MEASURED_S)
    after, text_bytes = _bytes(port, service), fed.bytes - text_bytes
    each = {topic: (after.get(topic, 0) - before.get(topic, 0)) / text_bytes for topic in INTERNAL}
    for topic, size in sizes.items():
        log_bytes_s = each[RANGES[topic]] * text_bytes / MEASURED_S
        each[topic] += size * max(1 / SNAPSHOT_S, log_bytes_s / size) / (text_bytes / MEASURED_S)
    shown = ", ".join(f"{topic.replace('_', '-')} {share:.2f}" for topic, share in each.items())
    return Row(f"Bytes of state for each byte of text at {rate:g} texts a second, sketches filled", shown,
               sum(each.values()), target, at_least=False)  # fmt: skip


class Feed:
    """Produces texts dated now, and counts their bytes."""

    def __init__(self, service: Service) -> None:
        self._sink, self._topic = KafkaSink(service.config.kafka, "bench"), service.config.topics.raw_text
        self._number = self.bytes = 0

    def at_once(self, texts: Iterator[str]) -> None:
        for text in texts:
            self._send(text)
        self._sink.flush()

    def slowly(self, texts: Iterator[str], rate: float, seconds: float) -> None:
        begun_s, sent = time.monotonic(), 0
        while (passed_s := time.monotonic() - begun_s) < seconds:
            while sent < rate * passed_s:
                self._send(next(texts))
                sent += 1
            self._sink.flush()
            time.sleep(0.1)

    def _send(self, text: str) -> None:
        value = orjson.dumps({"text": text, "ts": time.time()})
        self._sink.send(self._topic, None, value, (), self._number % PARTITIONS)
        self._number += 1
        self.bytes += len(value)


def _texts() -> Iterator[str]:
    """Real text in pieces of 100 characters, again and again."""
    while True:
        rest = ""
        for line in open_lines([str(DATA / "zhihu_long_dev.jsonl.xz")]):
            rest += json.loads(line)["text"] + "，"
            while len(rest) >= CHARS:
                yield rest[:CHARS]
                rest = rest[CHARS:]


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def _sampled(port: int, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", _metrics(port), re.M)
    return float(found[1]) if found else 0.0


def _counted(port: int) -> float:
    try:
        return _sampled(port, 'newwords_texts_total{role="count"}')
    except OSError:
        return 0.0


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10):
            return True
    except OSError:
        return False


def _bytes(port: int, service: Service) -> dict[str, float]:
    """Written so far, by internal topic."""
    try:
        shown = _metrics(port)
    except OSError:
        return {}
    found = dict(re.findall(r'^newwords_bytes_written_total\{topic="([^"]+)"\} (\S+)$', shown, re.M))
    topics = service.config.topics
    return {key: float(found.get(getattr(topics, key), 0)) for key in INTERNAL}
