"""What the world outside sees of a running process: `/metrics`, `/healthz`, `/readyz`, and the routes handed in.

Nothing of the flow is here: a route is a function from a request to an answer, called on a thread of the server.
Meant for anybody who reaches the port: GET only, no body is read, a request is small or refused, a connection that
says nothing is closed, and at most `MOST_CONNECTIONS` are served at a time.
"""

import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any
from urllib.parse import parse_qs

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from stream.errors import UsageError

MOST_CONNECTIONS = 64
MOST_PATH_CHARS = 2048
PATIENCE_S = 5.0  # for the next byte of a request, or until the answer is taken


@dataclass(frozen=True, slots=True)
class ServerSettings:
    host: str = "0.0.0.0"
    port: int = 9464
    top_words: int = 20
    page_words: int = 100

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        wrong = []
        if not -1 <= self.port <= 65535:
            wrong.append(("port", "must be 1 to 65535, 0 for any free one, or -1 for none"))
        if self.top_words < 0:
            wrong.append(("top_words", "must be at least 0"))
        if self.page_words < 1:
            wrong.append(("page_words", "must be at least 1"))
        return wrong


@dataclass(frozen=True, slots=True)
class Request:
    """`query` has the first value of each name, `known` the ETag of what the client holds already, or nothing."""

    query: Mapping[str, str]
    known: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, bytes, media type, and headers besides."""

    status: int
    body: bytes
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[[Request], Answer]
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


class Server:
    """Serves from threads of its own. `healthy`, `ready` and the routes are asked at each request."""

    def __init__(
        self,
        settings: ServerSettings,
        registry: CollectorRegistry,
        healthy: Callable[[], bool],
        ready: Callable[[], bool],
        routes: Mapping[str, Route] | None = None,
    ) -> None:
        every: dict[str, Route] = {
            "/metrics": lambda _: Answer(200, generate_latest(registry), CONTENT_TYPE_LATEST),
            "/healthz": lambda _: _state(healthy()),
            "/readyz": lambda _: _state(ready()),
            **(routes or {}),
        }
        try:
            self._server = _Bounded((settings.host, settings.port), _handler(every))
        except OSError as error:
            raise UsageError(f"server.port: cannot listen on {settings.host}:{settings.port}: {error}") from error
        self.paths = sorted(every)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Bounded(ThreadingHTTPServer):
    """A thread a connection, and no more than `MOST_CONNECTIONS`: one too many is closed unanswered."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS
    block_on_close = False  # a slow reader must not hold up the end of the process

    def __init__(self, *args: Any) -> None:
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that has gone is no news; anything else is a bug, and shows its traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(routes: Mapping[str, Route]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def version_string(self) -> str:
            return "new-words"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if len(self.path) > MOST_PATH_CHARS:
                return self._give(Answer(414, b"the address is too long\n"))
            route = routes.get(path)
            if route is None:
                return self._give(Answer(404, f"try {', '.join(sorted(routes))}\n".encode()))
            with suppress(ValueError):
                values = parse_qs(query, max_num_fields=16, errors="strict")
                asked = Request({name: several[0] for name, several in values.items()},
                                self.headers.get("If-None-Match", ""))  # fmt: skip
                return self._give(route(asked))
            return self._give(Answer(400, b"a query that cannot be read\n"))

        def __getattr__(self, name: str) -> Any:
            """Every other method, whatever it is called."""
            if name.startswith("do_"):
                return lambda: self._give(Answer(405, b"GET only\n", headers={"Allow": "GET"}))
            raise AttributeError(name)

        def _give(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in {**SAFE, **answer.headers}.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Probes every few seconds are no news."""

    return Handler


def _state(good: bool) -> Answer:
    return Answer(200, b"ok\n") if good else Answer(503, b"not ok\n")
