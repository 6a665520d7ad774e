"""A service in two processes, a made-up feed in real time, and a real Prometheus that watches them.

Beside it a service in too little room, which holds memory that no setting accounts for: for the alerts that say so.
"""

import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.broker.cluster import Cluster, free_ports
from tests.integration.prometheus import Prometheus, prometheus
from tests.integration.service import Service

QUICK = (  # a window is a second, not minutes
    "windows.length_s=1", "trends.warmup_windows=8",
    "known_words.reload_s=0.5",
)  # fmt: skip
CRAMPED = (
    "windows.length_s=1", "sketches.char_width=64",
    "sketches.pair_width=1024", "sketches.candidates=50", "finder.memory_width=64", "finder.max_chars=10000",
    "trends.announced=10",
)  # fmt: skip
HOG = ("-c", "import sys; from stream.__main__ import main; hog = b'x' * (400 << 20); sys.exit(main())")
DEAF = (
    "-c",
    """
import sys
from kafka import KafkaConsumer
from stream.__main__ import main
from stream.log import stall_watch
resume, stall_watch.STALL_S, stall_watch.STALL_POLLS = KafkaConsumer.resume, 1.0, 2
KafkaConsumer.resume = lambda self, *at: None if at[0].topic.endswith("raw-text") else resume(self, *at)
sys.exit(main())
""",
)  # a client that goes silent about one topic
SLOW = (
    "-c",
    """
import sys, time
from stream.__main__ import main
from stream.roles import refresher
run_once = refresher.Refresher.run_once
def slowly(self, timeout_s):
    until = time.thread_time() + 1.0
    while time.thread_time() < until:
        pass
    return run_once(self, timeout_s)
refresher.Refresher.run_once = slowly
sys.exit(main())
""",
)  # a refresher that has ever more to do
FEEDS = (  # each plants words from 40 % of its texts on: the short one after 24 seconds, the long after 5 minutes
    "simulate --realtime --rate 100 --texts 6000 --plants 4 --share 0.04 --seed 1",
    "simulate --realtime --rate 150 --texts 120000 --plants 8 --share 0.01",
)
FILLED_IN = {
    "$job": "new-words", "$topic": ".+", "$instance": ".+",
    "$__rate_interval": "10s", "$__range": "60s", "$__interval": "1s",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    service: Service
    prometheus: Prometheus
    deny: Path
    cluster: Cluster
    cramped: Service
    ports: list[int]


@contextmanager
def staged(
    cluster: Cluster, folder: Path, feeds: tuple[str, ...] = FEEDS, settings: tuple[str, ...] = ()
) -> Iterator[Scene]:
    """Begins when words have been announced and have curves."""
    kafka = cluster.bootstrap_servers
    deny = folder / "deny.txt"
    deny.write_text("某词\n")
    prefix, ports = f"dashboards-{uuid.uuid4().hex[:8]}-", free_ports(3)
    at = [f"127.0.0.1:{port}" for port in ports]
    with (
        Service(kafka, prefix, folder, (*QUICK, f"known_words.deny={deny}", *settings)) as service,
        Service(kafka, f"cramped-{prefix}", folder, CRAMPED) as cramped,
        prometheus(folder, {"new-words": at[:2], "cramped": at[2:]}) as watching,
    ):
        service.start("rest", "count,segment", f"server.port={ports[0]}")
        service.start("refresh", "refresh", f"server.port={ports[1]}")
        service.wait(lambda: len(watching.query('newwords_active{job="new-words"} == 1')) == 4, "all roles active")
        with ExitStack() as running:
            for feed in feeds:
                running.enter_context(fed(service, feed))
            emerged = 'newwords_events_total{status="emerged"} > 2'
            service.wait(lambda: bool(watching.query(emerged)), "words emerged")
            watching.wait(lambda: bool(watching.query("count_over_time(newwords_trend_score[10s]) > 5")), "curves")
            yield Scene(service, watching, deny, cluster, cramped, ports)


@contextmanager
def fed(service: Service, feed: str) -> Iterator[None]:
    """A made-up feed in real time, through `ingest`."""
    new_words = [sys.executable, "-m", "stream"]
    settings = [part for override in service.overrides for part in ("--set", override)]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with (
        subprocess.Popen([*new_words, *shlex.split(feed)], stdout=pipe, stderr=quiet) as simulate,
        subprocess.Popen([*new_words, "ingest", "-", "--format", "json", *settings], stdin=simulate.stdout,
                         stderr=quiet) as ingest,
    ):  # fmt: skip
        try:
            yield
        finally:
            simulate.kill()
            ingest.kill()


def filled_in(expression: str, **variables: str) -> str:
    """A dashboard's expression as Grafana would send it."""
    for variable, value in FILLED_IN.items():
        expression = expression.replace(variable, variables.get(variable.strip("$_"), value))
    assert "$" not in expression
    return expression
