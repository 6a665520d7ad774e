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
from stream.config.config import Config, add_config_arguments, config_of
from stream.config.memory_estimate import memory_of
from stream.errors import BrokerError, NewWordsError, StalledError, UsageError
from stream.free_memory import Heap
from stream.log.kafka import FETCH_BYTES, MAX_POLL_S, STATE_FETCH_BYTES, KafkaSource
from stream.log.kafka_sink import KafkaSink
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
    from stream.roles.page_updater import Showcase

log = logging.getLogger("stream.run")
ROLES = ("count", "refresh", "segment")
POLL_S = 0.05
MAX_RECORDS = 2000  # a step: it costs as much as some hundred texts; what many more would gain, they need in memory
FIRST_WAIT_S, LAST_WAIT_S = 0.1, 2.0  # after a failed step; well below any session timeout
STUCK_S = MAX_POLL_S + 30.0  # without a completed step for so long, something hangs, and the groups go on without us
START_PATIENCE_S = 120.0
SLOW_S = 4.0
GARBAGE = 10_000  # objects made between two looks for cycles: texts come by the thousand, and none is in a cycle
MEND_AFTER_S = 10.0  # an election takes less; what fails for longer may miss its topics
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
    edge = Context(
        config,
        partial(open_source, config),
        KafkaSink(config.kafka, config.kafka.client_id),
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
    if {"count", "segment"} & set(roles):
        warm_up()
    prove_cells(edge.config.sketches)  # as it will be counted, so after the loops are there
    desk = None
    if "segment" in roles and (config.server.port >= 0 or config.store.path):
        from stream.desk.service import Desk  # and with it the web framework, which costs nothing where it is not used

        desk = Desk(config, metrics.registry, lambda topic: open_source(config, topic, None),
                    lambda: KafkaSink(config.kafka, f"{config.kafka.client_id}-verdicts"))  # fmt: skip
    workers = _workers(edge, roles, known, desk.site if desk else None)
    loop = Loop(workers, metrics, mend=partial(_mended, edge))
    server = None
    if config.server.port >= 0:
        from stream.web.server import Server

        server = Server(config.server, metrics.registry, loop.healthy, loop.ready, desk.site if desk else None)
        log.info("serving on port %d: %s", server.port, ", ".join(server.paths))
    heap.begin()
    try:
        while not stopping():
            loop.step()
            heap.give_back_in_time()
    finally:
        # 1. every worker flushes and leaves its group, in the order of the flow, so that what one writes the next reads
        for worker in workers:
            try:
                worker.close()
            except BrokerError as error:
                log.warning("%s: not flushed, will be done again from the log: %s", worker.role, error)
        # 2. nothing is sent any more  3. last, what operators watch
        edge.sink.close()
        if server:
            server.close()
        if desk:
            desk.close()
    log.info("stopped")
    return 0


def prove_cells(settings: SketchSettings) -> None:
    """Refuse to start if our sketches are not those of datasketches, for some thousand keys; takes milliseconds.

    Stored counts would then mean something else to every other process and to the library. Raises NewWordsError.
    """
    if difference := cells_differ(settings.rows, settings.fixed_seed):
        raise NewWordsError(f"{difference}: nothing is counted with it; report it with the versions installed")


class Loop:
    """One thread for all workers of a process; a failing broker is waited for, anything else ends the process.

    `mend` makes missing topics, and returns their names: somebody may have deleted them while we run.
    """

    def __init__(
        self,
        workers: list[Worker],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        mend: Callable[[], list[str]] = list,
    ) -> None:
        self._workers, self._metrics, self._clock, self._mend = workers, metrics, clock, mend
        self._stepped_s = clock()
        self._failing: dict[str, tuple[float, float]] = {}  # role: not before, and how long to wait the next time
        self._mended_s = clock()
        self._busy: set[str] = set()  # roles that had something to do when they were last called

    def step(self) -> None:
        """Every worker once; waits only where none has anything to do. One that failed is left alone for a while."""
        due = [worker for worker in self._workers if self._failing.get(worker.role, (0.0, 0.0))[0] <= self._clock()]
        for worker in due:
            begun_s = self._clock()
            try:
                others = self._busy - {worker.role}
                self._busy.discard(worker.role)
                if worker.run_once(0.0 if others else POLL_S):
                    self._busy.add(worker.role)
                if self._failing.pop(worker.role, None):
                    log.info("%s: Kafka answers again", worker.role)
            except BrokerError as error:
                self._metrics.errors.labels(worker.role).inc()
                if isinstance(error, StalledError):
                    self._metrics.stalls.labels(worker.role).inc()
                if worker.role not in self._failing:
                    log.warning("%s: %s", worker.role, error)
                _, pause_s = self._failing.get(worker.role, (0.0, FIRST_WAIT_S))
                self._failing[worker.role] = (self._clock() + pause_s, min(2 * pause_s, LAST_WAIT_S))
            self._stepped_s = self._clock()
            if self._stepped_s - begun_s > SLOW_S:
                log.warning("%s: one step took %.1f s; the other roles here had to wait", worker.role,
                            self._stepped_s - begun_s)  # fmt: skip
        self._mend_topics()
        if not due:
            time.sleep(POLL_S)
            self._stepped_s = self._clock()
        self._metrics.stepped_at.set_to_current_time()

    def _mend_topics(self) -> None:
        if not self._failing:
            self._mended_s = self._clock()
        elif self._clock() - self._mended_s >= MEND_AFTER_S:
            try:
                if made := self._mend():
                    log.warning("topics were missing and are made anew: %s", ", ".join(made))
            except BrokerError as error:
                log.warning("%s", error)
            self._mended_s = self._clock()

    def healthy(self) -> bool:
        """Whether the loop makes progress; a broker that is away is no reason to be restarted."""
        return self._clock() - self._stepped_s < STUCK_S

    def ready(self) -> bool:
        """Whether every worker has joined and restored its state."""
        return all(worker.ready for worker in self._workers)


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


def _workers(edge: Context, roles: list[str], known: KnownWords, page: "Showcase | None") -> list[Worker]:
    workers: list[Worker] = []
    if "count" in roles:
        workers.append(Counter(edge))
    if "refresh" in roles:
        workers.append(Refresher(edge))
    if "segment" in roles:
        emitter = Announcer(edge, known.lists, lambda now_s: _look(known, edge.metrics, now_s))
        workers += [Segmenter(edge), emitter]
        if page:
            workers.append(PageUpdater(edge, emitter, page))
    return workers


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
