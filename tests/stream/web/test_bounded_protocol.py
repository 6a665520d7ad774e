"""Hostile clients: large heads, slow heads, silence, unread answers. Limits hold, and probes are answered."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from stream.web import bounded_protocol as module
from stream.web.server import Server
from tests.stream.web.served import ECHO, ask, connected, rest_of, serving

LARGE = b"x" * (32 << 20)


def large(_: Request) -> Response:
    return Response(LARGE)


async def lasting(_: Request) -> Response:
    async def parts() -> Iterator[bytes]:
        for _ in range(3):
            yield b"a"

    return StreamingResponse(parts())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(ECHO, Route("/large", large), Route("/lasting", lasting), streams=["/lasting"]) as one:
        yield one


def memory() -> int:
    """Bytes of this process, which the server is part of, that are in memory."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) << 10


@pytest.mark.parametrize(
    "bytes_",
    [b"\0" * 100_000, b"GET /" + b"a" * 100_000, b"GET / HTTP/1.0\r\n" + b"a: b\r\n" * 5000, b"\xff\xfe\r\n\r\n",
     b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n",
     b"PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFFFFFF\r\n",
     b"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
)  # fmt: skip
def test_nonsense_is_refused_or_dropped_and_the_next_one_is_served(server: Server, bytes_: bytes) -> None:
    with connected(server) as rude:
        with suppress(ConnectionError):
            rude.sendall(bytes_ + b"\r\n\r\n")
        assert not rest_of(rude).startswith(b"HTTP/1.1 2")
    assert ask(server, "/healthz").status == 200


def test_a_head_of_many_large_lines_is_refused_and_takes_no_memory(server: Server) -> None:
    """Seen before: 64 connections with 100 headers of 64 KiB each held 2.7 GB."""
    before = memory()
    with ExitStack() as stack:
        rude = [stack.enter_context(connected(server)) for _ in range(64)]
        for one in rude:
            one.setblocking(False)
            with suppress(BlockingIOError, ConnectionError):
                one.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + (b"X-A: " + b"a" * 65_530 + b"\r\n") * 100)
        for one in rude:
            one.setblocking(True)
            assert not rest_of(one).startswith(b"HTTP/1.1 2")
        assert memory() - before < 100 << 20
    assert ask(server, "/healthz").status == 200


def test_a_head_just_within_the_bound_is_read_and_one_beyond_it_is_not(server: Server) -> None:
    assert ask(server, "/echo", X_A="a" * 15_000).status == 200
    answer = ask(server, "/echo", X_A="a" * 17_000)
    assert (answer.status, answer.headers["x-content-type-options"]) == (431, "nosniff")


def test_a_client_that_sends_single_bytes_is_disconnected_when_the_head_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen before: 64 connections that sent a byte every 3 s kept /healthz silent for 42 s."""
    monkeypatch.setattr(module, "HEAD_S", 0.5)
    with serving(ECHO) as server, connected(server) as slow:
        for byte in b"GET /echo HTTP/1.1\r\nHost: a\r\nX-Slow: " + b"a" * 1000:
            try:
                slow.sendall(bytes([byte]))
                slow.settimeout(0.05)
                if slow.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("it may send its head byte by byte for ever")


def test_a_probe_is_answered_when_clients_hold_all_connections(server: Server) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(connected(server)) for _ in range(module.MOST_CONNECTIONS + 50)]
        for one in silent[::2]:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        for _ in range(5):
            assert ask(server, "/healthz").status == 200
            assert ask(server, "/metrics").status == 200
        assert len(server._server.server_state.connections) <= module.MOST_CONNECTIONS
        assert rest_of(silent[0]) == b"", "the one that has waited longest had to leave"


def test_an_answer_that_the_client_does_not_read_ends_and_frees_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.5)
    with serving(Route("/large", large)) as server, ExitStack() as stack:
        before = memory()
        for _ in range(16):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", server.port))
            one.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        while server._server.server_state.connections:
            assert ask(server, "/healthz").status == 200
            if len(server._server.server_state.connections) == 0:
                break
        assert memory() - before < 16 * len(LARGE)


def test_a_path_that_streams_has_its_own_deadline(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.0)
    assert ask(server, "/lasting").body == b"aaa"
