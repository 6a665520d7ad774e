"""The HTTP port: its answers, the headers of every answer, and where and how long it listens."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stream.errors import UsageError
from stream.web.server import AUTO_PORTS, Server, listening
from stream.web.settings import FIRST_PORT, ServerSettings
from tests.stream.web.served import ECHO, ask, connected, rest_of, serving


def broken(_: Request) -> Response:
    raise RuntimeError("a bug")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    registry = CollectorRegistry()
    Gauge("newwords_test", "A test.", registry=registry).set(7)
    with serving(ECHO, Route("/broken", broken), registry=registry, ready=lambda: False) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/metrics", 200, "newwords_test 7.0"),
        ("/healthz", 200, "ok"),
        ("/readyz?full=1", 503, "not ok"),
        ("/nothing", 404, "try /broken, /echo, /healthz, /metrics, /readyz"),
        (f"/echo?word={quote('元宇宙')}&a=", 200, '{"word":"元宇宙","a":""}'),
        ("/echo?word=" + "a" * 5000, 414, "shorter than 4096 bytes"),
        ("/../../etc/passwd", 404, "try"),
        ("/broken", 500, "a fault of this server"),
    ],
)
def test_a_path_is_answered(server: Server, path: str, status: int, text: str) -> None:
    answer = ask(server, path)
    assert answer.status == status
    assert text in answer.text


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/echo", "/metrics"])
def test_a_method_that_a_path_does_not_have_is_refused(server: Server, method: str, path: str) -> None:
    answer = ask(server, path, method)
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


def test_a_head_is_an_answer_without_its_body(server: Server) -> None:
    assert (ask(server, "/metrics", "HEAD").status, ask(server, "/metrics", "HEAD").body) == (200, b"")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/metrics", "GET", 200), ("/echo", "GET", 200), ("/nothing", "GET", 404), ("/echo", "BREW", 405),
     ("/broken", "GET", 500), ("/echo?" + "a" * 5000, "GET", 414), ("/readyz", "GET", 503)],
)  # fmt: skip
def test_every_answer_tells_browsers_to_run_and_guess_nothing(
    server: Server, path: str, method: str, status: int
) -> None:
    answer = ask(server, path, method)
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["connection"] == "close"
    assert answer.headers["server"] == "new-words"
    assert "access-control-allow-origin" not in answer.headers


def test_even_the_answer_to_what_is_no_request_carries_the_headers(server: Server) -> None:
    with connected(server) as rude:
        rude.sendall(b"nonsense\r\n\r\n")
        found = rest_of(rude)
    assert found.startswith(b"HTTP/1.1 400")
    assert b"x-content-type-options: nosniff" in found
    assert b'{"error":' in found


def test_it_listens_only_on_the_configured_address(server: Server) -> None:
    import socket

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


def test_a_port_in_use_names_the_key_and_a_way_out(server: Server) -> None:
    with pytest.raises(UsageError, match=r"server\.port: 127\.0\.0\.1:\d+ is taken .* server\.port: auto"):
        listening(ServerSettings(host="127.0.0.1", port=server.port))


def test_an_address_that_is_none_of_ours_is_not_a_port_in_use() -> None:
    with pytest.raises(UsageError, match=r"server\.port: cannot listen on 192\.0\.2\.1:9: "):
        listening(ServerSettings(host="192.0.2.1", port=9))


def test_auto_takes_the_next_port_that_is_free() -> None:
    auto = ServerSettings(host="127.0.0.1", port=None)
    with listening(auto) as first, listening(auto) as second:
        assert FIRST_PORT <= first.getsockname()[1] < second.getsockname()[1] < FIRST_PORT + AUTO_PORTS


def test_a_slow_route_holds_up_neither_others_nor_the_end() -> None:
    held, go = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        held.set()
        go.wait(60)
        return Response(b"")

    with serving(Route("/slow", slow)) as server:
        asking = connected(server)
        asking.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        assert held.wait(20)
        assert ask(server, "/healthz").status == 200
        server.close()
        go.set()
        asking.close()


def test_a_process_without_a_port_imports_no_web_framework() -> None:
    program = ("import sys, stream.commands.run, stream.commands.replay, stream.commands.push, stream.commands.explain;"
               "print({'starlette', 'uvicorn', 'h11', 'anyio'} & set(sys.modules))")  # fmt: skip
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"


def test_a_worker_with_unusable_input_says_why() -> None:
    with serving(ECHO, ready=lambda: "200 of 200 records cannot be read") as one:
        answer = ask(one, "/readyz")
        assert (answer.status, answer.text) == (503, "200 of 200 records cannot be read\n")
