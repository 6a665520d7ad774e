"""The service on Kafka: reads texts from topic raw-text, writes trending new words to topic new-words.

    new-words run --set kafka.bootstrap_servers=kafka:9092
    new-words run --config config.yaml --roles count

Roles: count (pairs into sketches; as many processes as there are partitions), refresh (the strong pairs; one is
active, others stand by), segment (cuts texts and counts words; one of them announces). One process may have all, and
does unless --roles says otherwise. Missing topics are created. All state is on compacted topics, so a process can be
killed and started anywhere; on SIGTERM it writes its state and leaves. At :9464 /metrics, /healthz, /readyz; and where
words are announced / shows them.
"""

import argparse
import gc
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import CollectorRegistry

from sketches.kernels import is_installed
from sketches.library import cells_differ
from sketches.pair_sketch import SketchSettings
from stream.commands.counted_clients import CountedSink, counted
from stream.commands.role_loops import Loop, RoleLoops
from stream.config.config import Config, add_config_arguments, config_of
from stream.config.memory_estimate import memory_of
from stream.errors import BrokerError, NewWordsError, UsageError
from stream.free_memory import Heap
from stream.log.kafka import FETCH_BYTES, STATE_FETCH_BYTES, KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.protocol import Sink, Source
from stream.log.topics import delete_records, ensure_topics
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker, seeded
from stream.roles.counter import Counter
from stream.roles.jit_warm_up import warm_up
from stream.roles.page_updater import PageUpdater
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter
from stream.sources.word_list_files import KnownWords
from stream.state.seal_file import seal_of
from stream.state.seed import write_seed

if TYPE_CHECKING:
    from stream.web.page import Page

log = logging.getLogger("stream.run")
ROLES = ("count", "refresh", "segment")
MAX_RECORDS = 2000  # a step: it costs as much as some hundred texts; what many more would gain, they need in memory
START_PATIENCE_S = 120.0
GARBAGE = 10_000  # objects made between two looks for cycles: texts come by the thousand, and none is in a cycle
T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `new-words run`."""
    parser.add_argument("--roles", default=",".join(ROLES), metavar="R,…", help="some of %(default)s (default: all)")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT."""
    roles = [role.strip() for role in args.roles.split(",") if role.strip()]
    if not roles or not set(roles) <= set(ROLES):
        raise UsageError(f"--roles {args.roles}: must be some of {', '.join(ROLES)}")
    config = config_of(args)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if set(roles) != {"refresh"}:  # which makes few objects, and large ones (see `heap`)
        gc.set_threshold(GARBAGE)
    heap = Heap()
    stopping = _signals()
    _patiently(lambda: log.info("topics created: %s", ", ".join(ensure_topics(config.kafka, config.topics)) or "none"),
               stopping)  # fmt: skip
    metrics = Metrics(CollectorRegistry(), config.server.top_words)
    metrics.source.info({"topic": config.topics.raw_text})
    sinks: list[Sink] = []
    edge = Context(
        config,
        partial(_counted_source, config, metrics),
        _counted_sink(config, metrics, sinks),
        metrics,
        time.time,
        heap.give_back,
        seal_of(config.kafka),
        partial(delete_records, config.kafka),
    )
    partitions = _patiently(lambda: _partitions(edge), stopping) or 1
    edge = _patiently(lambda: seeded(edge), stopping) or edge
    known = KnownWords(config.known_words)
    need = memory_of(roles, partitions, config.sketches, config.windows, config.trends)
    log.info(
        "counting and cutting with %s",
        "numba" if is_installed() else "numpy: installing numba makes it three times as fast",
    )
    log.info("with all of %d partitions and every bound of the configuration reached, this needs about %s",
             partitions, need)  # fmt: skip
    metrics.memory_bound.set(need.total)
    warm_up()
    prove_cells(edge.config.sketches)  # as it will be counted, so after the loops are there
    page = None
    if "segment" in roles and config.server.port >= 0:
        from stream.web.page import Page  # and with it the web framework, which costs nothing where nobody is served

        page = Page()
    groups = _workers(lambda: replace(edge, sink=_counted_sink(config, metrics, sinks)), roles, known, page)
    loops = RoleLoops([Loop(group, metrics, mend=partial(_mended, edge)) for group in groups], metrics)
    routes = page.routes if page else ()
    server = None
    if config.server.port >= 0:
        from stream.web.server import Server

        server = Server(config.server, metrics.registry, loops.healthy, loops.ready, routes)
        log.info("serving on port %d: %s", server.port, ", ".join(server.paths))
    heap.begin()
    try:
        loops.run(stopping, heap.give_back_in_time)
    finally:
        # 1. every worker flushes and leaves its group, in the order of the flow, so that what one writes the next reads
        for worker in [worker for group in groups for worker in group]:
            try:
                worker.close()
            except BrokerError as error:
                log.warning("%s: not flushed, will be done again from the log: %s", worker.role, error)
        # 2. nothing is sent any more  3. last, what operators watch
        for sink in sinks:
            sink.close()
        if server:
            server.close()
    log.info("stopped")
    return 0


def prove_cells(settings: SketchSettings) -> None:
    """Refuse to start if our sketches are not those of datasketches, for some thousand keys; takes milliseconds.

    Stored counts would then mean something else to every other process and to the library. Raises NewWordsError.
    """
    if difference := cells_differ(settings.rows, settings.fixed_seed):
        raise NewWordsError(f"{difference}: nothing is counted with it; report it with the versions installed")


def open_source(config: Config, topic: str, group: str | None) -> KafkaSource:
    """A source for a worker, to be bound to its configuration.

    A static member keeps its generation over a restart; that of the emitter has to move (see there). Texts and sketches
    are taken as they come; models and tables wait for their time with all that was fetched, so there it is less.
    """
    settings = replace(config.kafka, instance="") if group and group.endswith(f"-{Announcer.role}") else config.kafka
    as_it_comes = topic in (config.topics.raw_text, config.topics.tallies)
    fetch_bytes = FETCH_BYTES if as_it_comes else STATE_FETCH_BYTES
    return KafkaSource(settings, topic, group, settings.client_id, MAX_RECORDS, fetch_bytes)


def _mended(edge: Context) -> list[str]:
    """Make missing topics; into a new one of the model goes the seed that is in use, before anybody draws another."""
    made = ensure_topics(edge.config.kafka, edge.config.topics)
    if edge.config.topics.strong_pairs in made:
        write_seed(edge.sink, edge.config.topics.strong_pairs, edge.seal, edge.config.sketches.fixed_seed)
    return made


def _workers(
    edge: Callable[[], Context], roles: list[str], known: KnownWords, page: "Page | None"
) -> list[list[Worker]]:
    """The workers of each thread, in the order of the flow; each thread has clients of its own."""
    groups: list[list[Worker]] = []
    if "count" in roles:
        groups.append([Counter(edge())])
    if "refresh" in roles:
        groups.append([Refresher(edge())])
    if "segment" in roles:
        own = edge()
        announcer = Announcer(own, known.lists, lambda now_s: _look(known, own.metrics, now_s))
        groups.append([Segmenter(edge())])
        groups.append([announcer, PageUpdater(own, announcer, page)] if page else [announcer])
    return groups


def _counted_source(config: Config, metrics: Metrics, topic: str, group: str | None) -> Source:
    return counted(
        open_source(config, topic, group), topic, lambda topic, size: metrics.bytes_read.labels(topic).inc(size)
    )


def _counted_sink(config: Config, metrics: Metrics, sinks: list[Sink]) -> Sink:
    """One more sink, noted in `sinks`."""
    sink = CountedSink(KafkaSink(config.kafka, config.kafka.client_id),
                       lambda topic, size: metrics.bytes_written.labels(topic).inc(size))  # fmt: skip
    sinks.append(sink)
    return sink


def _look(known: KnownWords, metrics: Metrics, now_s: float) -> None:
    known.look(now_s)
    metrics.list_faulty.labels("deny").set(known.deny.fault is not None)
    metrics.list_faulty.labels("allow").set(known.allow.fault is not None)


def _partitions(edge: Context) -> int:
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


def _patiently(act: Callable[[], T], stopping: Callable[[], bool]) -> T | None:
    """At a start in a cluster the broker may come after us."""
    deadline_s = time.monotonic() + START_PATIENCE_S
    while True:
        try:
            return act()
        except BrokerError as error:
            if time.monotonic() > deadline_s:
                raise
            log.warning("%s; trying again", error)
            if stopping():
                return None
            time.sleep(1)


def _signals() -> Callable[[], bool]:
    caught: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: caught.append(number))
    return lambda: bool(caught)
