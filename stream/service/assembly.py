"""Builds the parts of a process from the configuration: the context for Kafka and the workers of its roles."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from stream.config.config import Config
from stream.errors import BrokerError
from stream.log.kafka import FETCH_BYTES, STATE_FETCH_BYTES, KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.protocol import Sink, Source
from stream.log.topics import delete_records, ensure_topics
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.page_updater import PageUpdater, Showcase
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter
from stream.service.access_check import keys_of
from stream.service.counted_clients import CountedSink, counted
from stream.sources.word_list_files import KnownWords
from stream.state.seal_file import seal_of
from stream.state.seed import write_seed

ROLES = ("count", "refresh", "segment")
MAX_RECORDS = 2000  # a step: it costs as much as some hundred texts; what many more would gain, they need in memory


def context_of(config: Config, metrics: Metrics, give_back: Callable[[], None] = lambda: None) -> Context:
    """Return a context whose sources and sinks are on Kafka."""

    def open_sink() -> Sink:
        sink = KafkaSink(config.kafka, config.kafka.client_id)
        return CountedSink(sink, lambda topic, size: metrics.bytes_written.labels(topic).inc(size))

    def open_counted(topic: str, group: str | None) -> Source:
        source = open_source(config, topic, group)
        return counted(source, topic, lambda topic, size: metrics.bytes_read.labels(topic).inc(size))

    return Context(
        config,
        open_counted,
        open_sink(),
        metrics,
        time.time,
        give_back,
        seal_of(config.kafka),
        partial(delete_records, config.kafka),
        open_sink,
    )


def open_source(config: Config, topic: str, group: str | None) -> KafkaSource:
    """Return a source for a worker.

    The announcer joins its group without `kafka.instance`: a static member would keep its generation over a restart,
    and the announcer orders its records by generation. Texts and tallies are processed as they come; models and tables
    wait for their time with everything that was fetched, so they are fetched in smaller amounts.
    """
    settings = replace(config.kafka, instance="") if group and group.endswith(f"-{Announcer.role}") else config.kafka
    as_it_comes = topic in (config.topics.raw_text, config.topics.tallies)
    fetch_bytes = FETCH_BYTES if as_it_comes else STATE_FETCH_BYTES
    return KafkaSource(settings, topic, group, settings.client_id, MAX_RECORDS, fetch_bytes)


def mended(edge: Context, roles: Sequence[str]) -> list[str]:
    """Create missing topics and return their names.

    A new topic of the model gets the seed in use, before another is drawn.
    """
    made = ensure_topics(edge.config.kafka, edge.config.topics, keys_of(roles))
    if edge.config.topics.strong_pairs in made:
        write_seed(edge.sink, edge.config.topics.strong_pairs, edge.seal, edge.config.sketches.fixed_seed)
    return made


@dataclass(frozen=True, slots=True)
class Group:
    """The workers of one thread, and their context."""

    edge: Context
    workers: list[Worker]


def groups_of(edge: Context, roles: list[str], known: KnownWords, page: Showcase | None) -> list[Group]:
    """Return the workers for these roles, one group for each thread, in the order of the flow."""
    groups: list[Group] = []
    if "count" in roles:
        own = edge.own()
        groups.append(Group(own, [Counter(own)]))
    if "refresh" in roles:
        own = edge.own()
        groups.append(Group(own, [Refresher(own)]))
    if "segment" in roles:
        own, beside = edge.own(), edge.own()
        announcer = Announcer(beside, known.lists, lambda now_s: _look(known, edge.metrics, now_s))
        groups.append(Group(own, [Segmenter(own)]))
        groups.append(Group(beside, [announcer, PageUpdater(beside, announcer, page)] if page else [announcer]))
    return groups


def verdict_sink_of(edge: Context, dry: bool) -> Callable[[], Sink]:
    """Return a function that opens the sink for verdicts from the page.

    A sink of its own, since another thread writes them.
    """
    kafka = edge.config.kafka
    return (lambda: edge.sink) if dry else (lambda: KafkaSink(kafka, f"{kafka.client_id}-verdicts"))


def partitions_of(edge: Context) -> int:
    """Return the number of partitions of `raw-text`. Raises BrokerError."""
    source = edge.open_source(edge.config.topics.raw_text, None)
    try:
        deadline_s = time.monotonic() + 10
        while time.monotonic() < deadline_s:
            polled = source.poll(0.2)
            if polled.assigned:
                return len(polled.assigned)
        raise BrokerError(f"no partitions of {edge.config.topics.raw_text} found")
    finally:
        source.close()


def _look(known: KnownWords, metrics: Metrics, now_s: float) -> None:
    known.look(now_s)
    metrics.list_faulty.labels("deny").set(known.deny.fault is not None)
    metrics.list_faulty.labels("allow").set(known.allow.fault is not None)
