"""The HTTP port: GET only, small requests only, nothing that a browser could run, and it survives rude clients."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import quote

import pytest
from prometheus_client import CollectorRegistry, Gauge

from stream.errors import UsageError
from stream.web import server as module
from stream.web.server import Answer, Request, Server, ServerSettings


def echo(request: Request) -> Answer:
    return Answer(200, repr(sorted(request.query.items())).encode(), headers={"X-Known": request.known})


@pytest.fixture
def server() -> Iterator[Server]:
    registry = CollectorRegistry()
    Gauge("newwords_test", "A test.", registry=registry).set(7)
    one = Server(ServerSettings("127.0.0.1", 0), registry, lambda: True, lambda: False, {"/echo": echo})
    yield one
    one.close()


def ask(server: Server, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/metrics", 200, "newwords_test 7.0"),
        ("/healthz", 200, "ok"),
        ("/readyz?full=1", 503, "not ok"),
        ("/nothing", 404, "try /echo, /healthz, /metrics, /readyz"),
        (f"/echo?word={quote('元宇宙')}&word=2&a=", 200, "[('word', '元宇宙')]"),
        ("/echo?word=%FF", 400, "cannot be read"),
        ("/echo?" + "&".join(f"a{n}=1" for n in range(20)), 400, "cannot be read"),
        ("/echo?word=" + "a" * 2100, 414, "too long"),
        ("/../../etc/passwd", 404, "try"),
    ],
)
def test_a_path_is_answered(server: Server, path: str, status: int, text: str) -> None:
    answer = ask(server, path)
    assert answer.status == status
    assert text in answer.text  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/echo", "/metrics", "/nothing"])
def test_every_method_but_get_is_refused(server: Server, method: str, path: str) -> None:
    answer = ask(server, path, method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")


def test_every_answer_tells_browsers_to_run_and_guess_nothing(server: Server) -> None:
    for path in ("/metrics", "/echo", "/nothing"):
        headers = ask(server, path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Python" not in headers["Server"]


def test_the_etag_a_client_knows_reaches_the_route(server: Server) -> None:
    assert ask(server, "/echo", **{"If-None-Match": '"abc"'}).headers["X-Known"] == '"abc"'


@pytest.mark.parametrize(
    "bytes_",
    [b"\0" * 100_000, b"GET /" + b"a" * 100_000, b"GET / HTTP/1.0\r\n" + b"a: b\r\n" * 1000, b"\xff\xfe\r\n\r\n"],
)
def test_nonsense_is_refused_or_dropped_and_the_next_one_is_served(server: Server, bytes_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as rude:
        try:
            rude.sendall(bytes_ + b"\r\n\r\n")
            first = rude.recv(64)
        except ConnectionError:
            first = b""
        assert not first.startswith(b"HTTP/1.0 2")
    assert ask(server, "/healthz").status == 200


def test_silent_connections_beyond_the_bound_are_closed_and_those_within_time_out(server: Server) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(module.MOST_CONNECTIONS)]
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as one_too_many:
            one_too_many.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            with suppress(ConnectionResetError):  # closed with our bytes unread
                assert one_too_many.recv(1) == b""
        silent[0].sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert silent[0].recv(12) == b"HTTP/1.0 200"
        silent[0].close()
        assert silent[1].recv(1) == b"", "who says nothing is let go"
    finally:
        for connection in silent:
            connection.close()


def test_it_listens_where_it_is_told_only(server: Server) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


def test_a_port_in_use_is_bad_usage(server: Server) -> None:
    with pytest.raises(UsageError, match=r"server.port: cannot listen on 127.0.0.1"):
        Server(ServerSettings("127.0.0.1", server.port), CollectorRegistry(), lambda: True, lambda: True)


def test_a_slow_route_holds_up_neither_others_nor_the_end() -> None:
    held, go = threading.Event(), threading.Event()

    def slow(_: Request) -> Answer:
        held.set()
        go.wait(60)
        return Answer(200, b"")

    server = Server(ServerSettings("127.0.0.1", 0), CollectorRegistry(), lambda: True, lambda: True, {"/slow": slow})
    asking = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    try:
        asking.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        assert held.wait(20)
        assert ask(server, "/healthz").status == 200
        server.close()
    finally:
        go.set()
        asking.recv(1)
        asking.close()
