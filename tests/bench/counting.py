"""One of several counters that share a topic: `python -m tests.bench.counting BOOTSTRAP TOPIC NUMBER OF`.

Says "ready" when it has its partitions, waits for a line, counts all there is, and says in JSON what that took. It
takes every OF-th partition without asking the group, so that all of them begin together.
"""

import json
import sys
import time
from dataclasses import replace

from prometheus_client import CollectorRegistry

from stream.commands.run import MAX_RECORDS
from stream.config import load
from stream.io.kafka_log import KafkaSink, KafkaSource
from stream.io.log import Polled
from stream.io.metrics import Metrics
from stream.io.topics import ensure_topics
from stream.workers.counter import Counter
from stream.workers.edge import Edge

QUIET_S = 2.0  # without a text: it is over


class Share(KafkaSource):
    """Every `of`-th partition of a topic; the others stay held, for nobody seeks them."""

    number, of = 0, 1

    def poll(self, timeout_s: float) -> Polled:
        polled = super().poll(timeout_s)
        if polled.assigned is None:
            return polled
        return replace(polled, assigned=frozenset(one for one in polled.assigned if one % self.of == self.number))


def main(bootstrap: str, topic: str, number: str, of: str) -> None:
    own = f"{topic}-{time.time_ns()}-sketches"
    config = load(None, {}, [f"kafka.bootstrap_servers={bootstrap}", "kafka.replication_factor=1", "kafka.flush_s=600",
                             f"topics.raw_text={topic}", f"topics.pair_sketches={own}"])  # fmt: skip
    ensure_topics(config.kafka, config.topics)
    Share.number, Share.of = int(number), int(of)
    registry = CollectorRegistry()

    def opened(name: str, group: str | None) -> KafkaSource:
        kind = Share if name == topic else KafkaSource
        return kind(config.kafka, name, None, "bench", MAX_RECORDS)

    edge = Edge(config, opened, KafkaSink(config.kafka, "bench"), Metrics(registry, 0), time.time)
    counter = Counter(edge, 1)
    while not counter.ready:
        counter.run_once(0.05)
    print("ready", flush=True)
    sys.stdin.readline()
    first_s, began_s = time.time(), time.process_time()
    last_s, cpu_s, done = first_s, 0.0, 0.0
    while time.time() - last_s < QUIET_S:
        counter.run_once(0.05)
        if (now := registry.get_sample_value("newwords_texts_total", {"role": "count"}) or 0.0) > done:
            last_s, cpu_s, done = time.time(), time.process_time() - began_s, now
    began_s = time.process_time()
    counter.count_waiting()
    cpu_s += time.process_time() - began_s
    began_s = time.process_time()
    counter.flush()
    write_s = time.process_time() - began_s
    characters = registry.get_sample_value("newwords_characters_total")
    print(json.dumps({"texts": done, "characters": characters, "first_s": first_s, "last_s": last_s,
                      "cpu_s": cpu_s, "write_s": write_s}), flush=True)  # fmt: skip
    counter.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
