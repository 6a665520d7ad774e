"""The service on Kafka: reads texts from topic raw-text, writes trending new words to topic new-words.

    new-words run --set kafka.bootstrap_servers=kafka:9092
    new-words run --config config.yaml --roles count
    new-words run --config config.yaml --check
    new-words run --config config.yaml --dry-run

Roles: count (counts pairs; as many processes as there are partitions), refresh (makes the model of strong pairs; one is
active for each shard, others stand by), segment (keeps texts; one of these processes is the announcer, which finds the
words). Without --roles one process has all roles. Missing topics are created. All state is on Kafka topics, so a
process can be killed and started anywhere; on SIGTERM it writes its state and leaves. It serves /metrics, /healthz and
/readyz on port 9464, and in a process with role segment the page at /. If Kafka does not answer, it waits, also at the
start.

--check tests whether the service could run: configuration, files, port, memory, brokers, topics, rights. It prints a
line for each, exits with 1 if any fails, and changes nothing. --dry-run reads texts from Kafka and does everything else
in this process: it creates no topic and writes and commits nothing; events go to stdout as JSON lines.
"""

import argparse
import gc
import logging
import signal
from collections.abc import Callable, Sequence
from functools import partial

from prometheus_client import CollectorRegistry

from sketches.kernels import is_installed
from sketches.library import cells_differ
from sketches.pair_sketch import SketchSettings
from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of
from stream.config.memory_estimate import memory_of
from stream.errors import BrokerError, NewWordsError, UsageError
from stream.free_memory import Heap
from stream.log.topics import ensure_topics
from stream.logs import set_up
from stream.metrics import Metrics
from stream.roles.context import Context, seeded
from stream.roles.jit_warm_up import warm_up
from stream.service.access_check import keys_of
from stream.service.assembly import ROLES, Group, context_of, groups_of, mended, partitions_of, verdict_sink_of
from stream.service.dry_run import dry_context
from stream.service.endpoints import Endpoints
from stream.service.loop import Loop
from stream.service.preflight import check
from stream.service.role_threads import RoleThreads
from stream.service.start import Start, StoppedError
from stream.sources.word_list_files import KnownWords

log = logging.getLogger("stream.run")
GARBAGE = 10_000  # objects made between two looks for cycles: texts come by the thousand, and none is in a cycle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words run`."""
    parser.add_argument("--roles", default=",".join(ROLES), metavar="R,…", help="some of %(default)s (default: all)")
    parser.add_argument("--check", action="store_true", help="test whether the service could run, and exit")
    parser.add_argument("--dry-run", action="store_true", help="write nothing to Kafka; show what would be announced")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT."""
    roles = [role.strip() for role in args.roles.split(",") if role.strip()]
    if not roles or not set(roles) <= set(ROLES):
        raise UsageError(f"--roles {args.roles}: must be some of {', '.join(ROLES)}")
    if args.dry_run and set(roles) != set(ROLES):
        raise UsageError("--dry-run: needs all roles in this process, for it keeps all states to itself")
    config = config_of(args)
    if args.check:
        return check(config, roles)
    set_up(config.log)
    if set(roles) != {"refresh"}:  # which makes few objects, and large ones (see `free_memory`)
        gc.set_threshold(GARBAGE)
    metrics = Metrics(CollectorRegistry(), config.server.top_words)
    metrics.source.info({"topic": config.topics.raw_text})
    start = Start(stopping := _signals(), metrics.stepped_at.set_to_current_time)
    heap = Heap()
    with Endpoints(config, metrics.registry, start.healthy, announces="segment" in roles) as endpoints:
        try:
            edge = _begun(config, roles, metrics, heap, start, args.dry_run)
            groups = _groups(edge, roles, start, endpoints)
        except StoppedError:
            return 0
        loops = [
            Loop(one.workers, metrics, mend=list if args.dry_run else partial(mended, one.edge, roles))
            for one in groups
        ]
        threads = RoleThreads(loops, metrics)
        endpoints.running(threads.healthy, threads.ready, edge.open_source, verdict_sink_of(edge, args.dry_run))
        heap.begin()
        try:
            threads.run(stopping, heap.give_back_in_time)
        finally:
            _end(groups, edge)
    log.info("stopped")
    return 0


def _begun(config: Config, roles: Sequence[str], metrics: Metrics, heap: Heap, start: Start, dry: bool) -> Context:
    if dry:
        return seeded(start.patiently(lambda: dry_context(config, metrics, heap.give_back)))
    edge = context_of(config, metrics, heap.give_back)
    created = start.patiently(lambda: ensure_topics(config.kafka, config.topics, keys_of(roles)))
    log.info("topics created: %s", ", ".join(created) or "none")
    return start.patiently(lambda: seeded(edge))


def _groups(edge: Context, roles: list[str], start: Start, endpoints: Endpoints) -> list[Group]:
    config = edge.config
    partitions = start.patiently(lambda: partitions_of(edge))
    known = KnownWords(config.known_words)
    need = memory_of(roles, config.sketches, config.finder, config.trends, config.kafka.max_batch_bytes)
    log.info("counting and cutting with %s",
             "numba" if is_installed() else "numpy: installing numba makes it three times as fast")  # fmt: skip
    log.info("with all of %d partitions and every bound of the configuration reached, this needs about %s",
             partitions, need)  # fmt: skip
    edge.metrics.memory_bound.set(need.total)
    warm_up()
    prove_cells(config.sketches)  # as it will be counted, so after the loops are there
    return groups_of(edge, roles, known, endpoints.desk.site if endpoints.desk else None)


def prove_cells(settings: SketchSettings) -> None:
    """Refuse to start if our sketches differ from those of datasketches for some thousand keys; takes milliseconds.

    With different cells, stored counts would mean something else to other processes and to the library. Raises
    NewWordsError.
    """
    if difference := cells_differ(settings.rows, settings.fixed_seed):
        raise NewWordsError(f"{difference}: the service does not start; report this with the installed versions")


def _end(groups: Sequence[Group], edge: Context) -> None:
    # 1. every worker flushes and leaves its group, in the order of the flow, so that what one writes the next reads
    for worker in (worker for group in groups for worker in group.workers):
        try:
            worker.close()
        except BrokerError as error:
            log.warning("%s: the last texts were not flushed and will be read again: %s", worker.role, error)
    # 2. nothing is sent any more  3. last, by whoever opened it, what operators watch
    for one in (*(group.edge for group in groups), edge):
        one.sink.close()


def _signals() -> Callable[[], bool]:
    caught: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: caught.append(number))
    return lambda: bool(caught)
