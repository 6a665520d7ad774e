"""A server for tests, and a client that sends exactly the given bytes."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from stream.web.server import Bare, Server
from stream.web.settings import ServerSettings


@dataclass(frozen=True, slots=True)
class Got:
    """An answer, read whole. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


async def echo(request: Request) -> Response:
    """What arrived."""
    visitor = request.state.visitor
    return JSONResponse({"query": dict(request.query_params), "name": visitor.name, "writes": visitor.writes})


ECHO = Route("/echo", echo, methods=["GET", "PUT"])


@contextmanager
def serving(*routes: BaseRoute, streams: Sequence[str] = (), registry: CollectorRegistry | None = None,
            ready: Callable[[], bool] = lambda: True, **settings: Any) -> Iterator[Server]:  # fmt: skip
    """On a free port of this machine."""
    given = ServerSettings("127.0.0.1", 0, **settings)
    site = Bare(given, routes)
    site.streams = frozenset(streams)
    one = Server(given, registry or CollectorRegistry(), lambda: True, ready, site)
    try:
        yield one
    finally:
        one.close()


def ask(server: Server, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
    """One request on a connection of its own; `_` in a header's name stands for `-`."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def connected(server: Server) -> socket.socket:
    """A connection that says nothing by itself."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def rest_of(connection: socket.socket) -> bytes:
    """Whatever comes until it is closed, however."""
    found = b""
    try:
        while some := connection.recv(65536):
            found += some
    except ConnectionError:
        pass
    return found
