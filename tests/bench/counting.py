"""One of several counters that share a topic: `python -m tests.bench.counting BOOTSTRAP TOPIC NUMBER OF live`.

Says "ready" when it has its partitions (and if the last word is `ahead`, all their texts). Every line it is given says
how many texts are to be taken in by then, and if "all" follows, that they are to be counted too, not only with those
that come after; it answers in JSON how many there are, when it began and ended, and what processor time it has taken so
far. After the last line it writes its state, and says what that took. It takes every OF-th partition without asking the
group, so that all of them begin together.
"""

import gc
import json
import sys
import time
from collections import deque
from dataclasses import replace
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from stream.commands.run import GARBAGE
from stream.config.config import load
from stream.log.kafka import KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.protocol import Polled, Records
from stream.log.topics import ensure_topics
from stream.metrics import Metrics
from stream.roles.context import Context
from stream.roles.counter import Counter
from stream.roles.flush_schedule import HURRY_S
from stream.roles.jit_warm_up import warm_up
from stream.service.assembly import MAX_RECORDS, open_source

QUIET_S = 2.0  # without a text: it is over


class Share(KafkaSource):
    """Every `of`-th partition of a topic; the others stay held, for nobody seeks them. `ahead` fetches all of it."""

    number, of = 0, 1

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._ahead: dict[int, deque[Records]] = {}

    def ahead(self) -> None:
        """Fetch all there is, so that the broker has nothing to do with what is measured then."""
        lag: dict[int, int] = {}
        while any(lag.get(one, 1) for one in self._next):
            for batch in super().poll(0.1).batches:
                self._ahead.setdefault(batch.partition, deque()).append(batch)
            lag = super().lag()

    def poll(self, timeout_s: float) -> Polled:
        if any(self._ahead.values()):
            ready = [queue for one, queue in self._ahead.items() if queue and one not in self._held]
            return Polled([queue.popleft() for queue in ready])
        polled = super().poll(timeout_s)
        if polled.assigned is None:
            return polled
        return replace(polled, assigned=frozenset(one for one in polled.assigned if one % self.of == self.number))

    def lag(self) -> dict[int, int]:
        """What was fetched and not yet polled is still to come."""
        come = super().lag()
        return {one: lag + sum(map(len, self._ahead.get(one, ()))) for one, lag in come.items()}


def main(bootstrap: str, topic: str, number: str, of: str, ahead: str) -> None:
    own = f"{topic}-{time.time_ns()}-tallies"
    config = load(None, {}, [f"kafka.bootstrap_servers={bootstrap}", "kafka.replication_factor=1", "kafka.flush_s=600",
                             f"topics.raw_text={topic}", f"topics.tallies={own}"])  # fmt: skip
    ensure_topics(config.kafka, config.topics)
    Share.number, Share.of = int(number), int(of)
    hurried_s = 0.0
    share = Share(config.kafka, topic, None, "bench", MAX_RECORDS)

    def opened(name: str, group: str | None) -> KafkaSource:
        return share if name == topic else open_source(config, name, None)

    edge = Context(
        config,
        opened,
        KafkaSink(config.kafka, "bench"),
        Metrics(CollectorRegistry(), 0),
        lambda: time.time() + hurried_s,
    )
    counter = Counter(edge)
    warm_up()
    gc.set_threshold(GARBAGE)
    while not counter.ready:
        counter.run_once(0)
    if ahead == "ahead":
        share.ahead()
    hurried_s = HURRY_S  # as long after a takeover: until then it writes every second
    print("ready", flush=True)
    done = 0.0
    for line in sys.stdin:
        texts, *counted = line.split()
        first_s = last_s = time.time()
        while done < int(texts) and time.time() - last_s < QUIET_S:
            counter.run_once(0.05)
            if (now := _total(edge.metrics.texts)) > done:
                last_s, done = time.time(), now
        assert done >= int(texts), f"{done:,.0f} of {texts} texts"
        if counted:
            counter.flush()
        _say(texts=done, first_s=first_s, last_s=last_s, cpu_s=time.process_time())
    began_s = time.process_time()
    counter.flush()
    _say(write_s=time.process_time() - began_s)
    counter.close()


def _say(**figures: float) -> None:
    print(json.dumps(figures), flush=True)


def _total(counter: MetricWrapperBase) -> float:
    """What it has counted; to ask the registry costs as much as to count fifty texts."""
    samples = (sample for family in counter.collect() for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))


if __name__ == "__main__":
    main(*sys.argv[1:])
