"""On a real Kafka: the roles against a bare poll loop over the same topic with the same settings.

Workers run in this process, in the loop of `new-words run`, each time with groups and topics of their own: from nothing
to the last message counted or cut, state written. Time is CPU time of the process, the client's network thread in it.
Where `refresh` does not run, a model is there already, as in a service that has run for a while.
"""

import gc
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from kafka import KafkaConsumer, TopicPartition
from prometheus_client import CollectorRegistry

from stream.commands.run import GARBAGE
from stream.config.config import Config, load
from stream.free_memory import Heap
from stream.log.kafka import FETCH_BYTES, KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.topics import ensure_topics
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter
from stream.rules.word_lists import WordLists
from stream.service.assembly import MAX_RECORDS, open_source
from stream.service.loop import Loop
from tests.bench.corpus import messages
from tests.bench.table import Row, in_turns
from tests.bench.topics import create, fill
from tests.broker.cluster import Cluster

MESSAGES = {300: 300_000, 30: 600_000}  # enough for what a start costs to weigh little
ROUNDS = 9  # of so many the middle is the same from run to run, for the bare loop takes from 9 to 15 us a message
STALLED_S = 120.0
ROLES: dict[str, tuple[tuple[str, ...], float | None]] = {
    "`run --roles count`": (("count",), 0.7),
    "`run --roles segment`": (("segment",), 0.9),
    "`run --roles count,segment`, both in one process,": (("count", "segment"), 0.35),
    "`run`, all roles in one process,": (("count", "refresh", "segment"), 0.55),
}
MODEL = ("count", "refresh")  # what it takes to make one
_numbers = itertools.count()


def rows() -> Iterator[Row]:
    with Cluster() as cluster:
        for size, number in MESSAGES.items():
            form = _fill(cluster.bootstrap_servers, f"texts-{size}", size, number)
            yield from _roles(cluster.bootstrap_servers, f"texts-{size}", form, size, number)


def _roles(bootstrap: str, topic: str, form: str, size: int, number: int) -> Iterator[Row]:
    model = _config(bootstrap, topic, form)
    _run(model, MODEL, number)
    sides: dict[str, Callable[[], object]] = {"bare": lambda: _bare(bootstrap, topic, number)}
    for name, (roles, _) in ROLES.items():
        of = model.topics.strong_pairs if "refresh" not in roles else None
        sides[name] = lambda roles=roles, of=of: _run(_config(bootstrap, topic, form, of), roles, number)  # type: ignore[misc]
    took_s = in_turns(sides, ROUNDS)
    for name, (_, target) in ROLES.items():
        yield Row(
            f"{name} against a bare poll loop, messages of {size} bytes ({form})",
            f"{number / took_s[name]:,.0f} : {number / took_s['bare']:,.0f} messages a CPU second",
            took_s.ratio("bare", name),
            target,
        )


def _fill(bootstrap: str, topic: str, size: int, number: int) -> str:
    """A topic of one partition with so many messages; their `text.format`."""
    create(bootstrap, topic, 1)
    form, values = messages(size, number)
    fill(bootstrap, topic, ((0, value) for value in values))
    return form


def _bare(bootstrap: str, topic: str, number: int) -> None:
    options = KafkaSource(_config(bootstrap, topic, "plain").kafka, topic, None, "bench", MAX_RECORDS)._options(
        MAX_RECORDS, FETCH_BYTES
    )
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, **options)
    at = TopicPartition(topic, 0)
    consumer.assign([at])
    consumer.seek(at, 0)
    read = 0
    while read < number:
        read += sum(map(len, consumer.poll(timeout_ms=100).values()))
    consumer.close()


def _config(bootstrap: str, topic: str, form: str, model: str | None = None) -> Config:
    """Topics of its own, but for the model if one is named."""
    prefix = f"bench-{next(_numbers)}"
    own = ("tallies", "pair_sketches", "strong_pairs", "word_counts", "trend_state", "new_words", "raw_text_dlq")
    return load(None, {}, [f"kafka.bootstrap_servers={bootstrap}", f"kafka.group={prefix}", f"topics.raw_text={topic}",
                           "kafka.replication_factor=1", f"text.format={form}",
                           *(f"topics.{name}={prefix}-{name}" for name in own),
                           *([f"topics.strong_pairs={model}"] if model else [])])  # fmt: skip


def _newest_s(registry: CollectorRegistry, role: str) -> float:
    return registry.get_sample_value("newwords_event_time_seconds", {"role": role}) or 0.0


def _run(config: Config, roles: Iterable[str], number: int) -> None:
    """The workers of these roles until every text went through, and their state is written."""
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE)
    try:
        _worked_off(config, roles, number)
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _worked_off(config: Config, roles: Iterable[str], number: int) -> None:
    ensure_topics(config.kafka, config.topics)
    registry = CollectorRegistry()
    heap, sink = Heap(), KafkaSink(config.kafka, "bench")
    edge = Context(config, partial(open_source, config), sink, Metrics(registry, 0), time.time, heap.give_back)
    make: dict[str, Callable[[], list[Worker]]] = {
        "count": lambda: [Counter(edge)],
        "refresh": lambda: [Refresher(edge)],
        "segment": lambda: [Segmenter(edge), Announcer(edge, WordLists.none(), lambda _: None)],
    }
    workers = [worker for role in roles for worker in make[role]()]
    heap.begin()
    loop, last = Loop(workers, edge.metrics), "segment" if "segment" in roles else "count"
    done, moved_s = 0.0, time.monotonic()
    while done < number or (roles == MODEL and _newest_s(registry, "refresh") < _newest_s(registry, "count")):
        for _ in range(8):  # to ask the registry costs as much as to read fifty texts
            loop.step()
            heap.give_back_in_time()
        before, done = done, registry.get_sample_value("newwords_texts_total", {"role": last}) or 0.0
        moved_s = time.monotonic() if done > before else moved_s
        if time.monotonic() - moved_s > STALLED_S:
            raise TimeoutError(f"{last}: {done:,.0f} of {number:,} texts, and no more for {STALLED_S:g} s")
    for worker in workers:
        worker.close()
    sink.close()
