"""Configuration -> the parts of a process: what a worker sees of Kafka, and the workers of its roles."""

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
    """On Kafka."""

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
    """A source for a worker, to be bound to its configuration.

    A static member keeps its generation over a restart; that of the emitter has to move (see there). Texts and tallies
    are taken as they come; models and tables wait for their time with all that was fetched, so there it is less.
    """
    settings = replace(config.kafka, instance="") if group and group.endswith(f"-{Announcer.role}") else config.kafka
    as_it_comes = topic in (config.topics.raw_text, config.topics.tallies)
    fetch_bytes = FETCH_BYTES if as_it_comes else STATE_FETCH_BYTES
    return KafkaSource(settings, topic, group, settings.client_id, MAX_RECORDS, fetch_bytes)


def mended(edge: Context, roles: Sequence[str]) -> list[str]:
    """Make missing topics; into a new one of the model goes the seed that is in use, before anybody draws another."""
    made = ensure_topics(edge.config.kafka, edge.config.topics, keys_of(roles))
    if edge.config.topics.strong_pairs in made:
        write_seed(edge.sink, edge.config.topics.strong_pairs, edge.seal, edge.config.sketches.fixed_seed)
    return made


@dataclass(frozen=True, slots=True)
class Group:
    """The workers of one thread, and what they alone hold of the outside."""

    edge: Context
    workers: list[Worker]


def groups_of(edge: Context, roles: list[str], known: KnownWords, page: Showcase | None) -> list[Group]:
    """The workers of a process with these roles, thread by thread, in the order of the flow."""
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
    """Where verdicts given on the page go: a sink of their own, for another thread writes them."""
    kafka = edge.config.kafka
    return (lambda: edge.sink) if dry else (lambda: KafkaSink(kafka, f"{kafka.client_id}-verdicts"))


def partitions_of(edge: Context) -> int:
    """How many the topic of texts has. Raises BrokerError."""
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
