"""The port answers from the start on: alive while Kafka is waited for, ready only when the loop says so."""

from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry

from stream.errors import UsageError
from stream.service.endpoints import Endpoints
from stream.web.settings import ServerSettings


def status(port: int, path: str) -> int:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def test_it_is_alive_before_it_runs_and_ready_when_the_loop_is() -> None:
    settings = ServerSettings(host="127.0.0.1", port=0)
    with Endpoints(settings, CollectorRegistry(), lambda: True, with_page=True) as endpoints:
        port = endpoints.port
        assert (status(port, "/healthz"), status(port, "/readyz"), status(port, "/metrics")) == (200, 503, 200)
        assert status(port, "/") == 200
        endpoints.running(lambda: False, lambda: True)
        assert (status(port, "/healthz"), status(port, "/readyz")) == (503, 200)


def test_without_a_port_there_is_nothing() -> None:
    with Endpoints(ServerSettings(port=-1), CollectorRegistry(), lambda: True, with_page=True) as endpoints:
        assert endpoints.page is None and endpoints.port is None


def test_a_port_that_is_taken_is_told_before_anything_else_begins() -> None:
    settings = ServerSettings(host="127.0.0.1", port=0)
    with Endpoints(settings, CollectorRegistry(), lambda: True, with_page=False) as first:
        taken = ServerSettings(host="127.0.0.1", port=first.port)
        with pytest.raises(UsageError, match="taken"), Endpoints(taken, CollectorRegistry(), lambda: True, False):
            pass
