"""The port answers from the start: alive while Kafka is waited for, ready only when the loop says so."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry

from stream.config.config import Config, load
from stream.errors import BrokerError, UsageError
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Sink, Source
from stream.service.endpoints import Endpoints
from stream.verdicts.verdict import REFUSED, Verdict


def config(*settings: str) -> Config:
    return load(None, {}, ["server.host=127.0.0.1", "server.port=0", *settings])


def kafka() -> tuple[Callable[[str, str | None], Source], Callable[[], Sink]]:
    log = MemoryLog(lambda: 0.0)
    for topic in ("new-words", "held-words", "word-verdicts"):
        log.create(topic)
    return (lambda topic, group: MemorySource(log, topic, group)), (lambda: MemorySink(log))


def status(port: int | None, path: str) -> int:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def test_it_is_alive_before_it_runs_and_ready_when_the_loop_is() -> None:
    with Endpoints(config(), CollectorRegistry(), lambda: True, announces=True) as endpoints:
        port = endpoints.port
        assert (status(port, "/healthz"), status(port, "/readyz"), status(port, "/metrics")) == (200, 503, 200)
        assert (status(port, "/"), status(port, "/api/words")) == (200, 200)
        endpoints.running(lambda: False, lambda: True, *kafka())
        assert (status(port, "/healthz"), status(port, "/readyz")) == (503, 200)


def test_verdicts_are_taken_once_it_runs() -> None:
    with Endpoints(config(), CollectorRegistry(), lambda: True, announces=True) as endpoints:
        assert endpoints.desk is not None
        with pytest.raises(BrokerError, match="starting"):
            endpoints.desk._verdicts.judge(Verdict("词", REFUSED, 1.0))
        endpoints.running(lambda: True, lambda: True, *kafka())
        endpoints.desk._verdicts.judge(Verdict("词", REFUSED, 1.0))


def test_without_a_port_there_is_nothing_but_a_store_that_is_asked_for(tmp_path: Path) -> None:
    with Endpoints(config("server.port=-1"), CollectorRegistry(), lambda: True, announces=True) as endpoints:
        assert endpoints.desk is None and endpoints.port is None
    store = config("server.port=-1", f"store.path={tmp_path / 'store'}")
    with Endpoints(store, CollectorRegistry(), lambda: True, announces=False) as endpoints:
        assert endpoints.desk is None, "another process announces, and keeps it"
    with Endpoints(store, CollectorRegistry(), lambda: True, announces=True) as endpoints:
        assert endpoints.desk is not None and endpoints.port is None
        endpoints.running(lambda: True, lambda: True, *kafka())
    assert (tmp_path / "store").exists()


def test_a_taken_port_is_reported_before_anything_else_begins() -> None:
    with Endpoints(config(), CollectorRegistry(), lambda: True, announces=False) as first:
        taken = config(f"server.port={first.port}")
        with pytest.raises(UsageError, match="taken"), Endpoints(taken, CollectorRegistry(), lambda: True, False):
            pass


WITHOUT = """
import sys
from prometheus_client import CollectorRegistry
import stream.commands.run
from stream.config.config import load
from stream.service.endpoints import Endpoints

with Endpoints(load(None, {}, ["server.port=-1"]), CollectorRegistry(), lambda: True, announces=True) as endpoints:
    assert endpoints.port is None and endpoints.desk is None
    print(*sys.modules)
"""


def test_without_a_port_and_a_store_nothing_of_the_desk_is_loaded() -> None:
    """So it costs neither memory nor time. In a process of its own, as others have it loaded here."""
    loaded = subprocess.run([sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True).stdout.split()
    assert "stream.service.loop" in loaded
    rooms = (
        "stream.desk",
        "stream.api",
        "stream.store.history",
        "stream.web.server",
        "starlette",
        "uvicorn",
        "sqlite3",
    )
    assert [name for name in loaded if name.startswith(rooms)] == []
