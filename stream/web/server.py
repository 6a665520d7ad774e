"""The HTTP server of a process: `/metrics`, `/healthz`, `/readyz`, and the routes of the site.

Starlette routes and uvicorn serves, on one thread of their own. It is safe for untrusted clients: `bounded_protocol`
limits a connection and `gate` a request, and all together take at most a twentieth of a core. Probes are answered
regardless of other requests. With `server.port: -1` there is no server, and neither library is imported.
"""

import errno
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from stream.errors import UsageError
from stream.web.access import Access
from stream.web.answers import fault, json_answer
from stream.web.bounded_protocol import protocol_of
from stream.web.gate import SAFE_BYTES, SAVED_S, SHARE, Gate
from stream.web.metrics_page import MetricsPage
from stream.web.settings import FIRST_PORT, ServerSettings
from stream.web.time_share import TimeShare

BACKLOG = 128
AUTO_PORTS = 100
END_S = 1  # for requests under way when it closes
START_S = 30.0


class Site(Protocol):
    """The routes a server offers besides probes and metrics.

    `streams` are the paths whose answers stay open, `access` decides who may ask, `share` limits the CPU time of its
    threads.
    """

    streams: frozenset[str]
    access: Access
    share: TimeShare

    @property
    def routes(self) -> Sequence[BaseRoute]: ...

    def close(self) -> None:
        """End the answers that stay open."""


class Bare:
    """A site without pages."""

    streams: frozenset[str] = frozenset()

    def __init__(self, settings: ServerSettings, routes: Sequence[BaseRoute] = ()) -> None:
        self.access, self.share, self.routes = Access(settings), TimeShare(SHARE, SAVED_S), routes

    def close(self) -> None:
        pass


class Server:
    """Serves until `close`. `healthy`, `ready` and the routes of the site are called at each request."""

    def __init__(
        self,
        settings: ServerSettings,
        registry: CollectorRegistry,
        healthy: Callable[[], bool],
        ready: Callable[[], bool | str],
        site: Site | None = None,
    ) -> None:
        site = site or Bare(settings)
        self._site = site
        self._metrics = MetricsPage(registry)
        every: list[BaseRoute] = [
            Route("/healthz", _state(healthy)),
            Route("/readyz", _state(ready)),
            Route("/metrics", self._metrics.answer),
            *site.routes,
        ]
        self.paths = sorted(route.path for route in every if isinstance(route, Route))
        app = Starlette(routes=every, exception_handlers={HTTPException: self._explain_fault, Exception: _failed})
        gate = Gate(app, site.access, site.share, site.streams)
        self._socket = listening(settings)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            gate, http=protocol_of(SAFE_BYTES.items(), site.streams), loop="asyncio", ws="none", lifespan="off",
            log_config=None, log_level="error", access_log=False, proxy_headers=False, server_header=False,
            backlog=BACKLOG, timeout_graceful_shutdown=END_S,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="server", daemon=True)
        self._thread.start()
        self._wait_for_start()

    def close(self) -> None:
        """Stop listening. Requests that wait for their turn are answered with 503."""
        self._site.share.close()
        self._site.close()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self._metrics.close()

    def _wait_for_start(self) -> None:
        deadline_s = time.monotonic() + START_S
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline_s:
            time.sleep(0.005)

    async def _explain_fault(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        reasons = {404: f"nothing here; try {', '.join(self.paths)}", 405: f"{request.method} is not taken here"}
        reason = reasons.get(error.status_code, error.detail)
        return json_answer({"error": reason}, error.status_code, error.headers)


async def _failed(_: Request, __: Exception) -> Response:
    return fault(500, "a fault of this server; its log says more")


def _state(good: Callable[[], bool | str]) -> Callable[[Request], Awaitable[Response]]:
    """Return the answer of a probe; a text instead of True says why it is not good."""

    async def answer(_: Request) -> Response:
        state = good()
        if state is True:
            return Response(b"ok\n", media_type="text/plain")
        return Response(f"{state or 'not ok'}\n", 503, media_type="text/plain")

    return answer


def listening(settings: ServerSettings) -> socket.socket:
    """Bind the port, so that a taken port is reported at once. Raises UsageError that names the key and a remedy."""
    first, count = (FIRST_PORT, AUTO_PORTS) if settings.port is None else (settings.port, 1)
    ports = range(first, first + count)
    for port in ports:
        try:
            found = socket.getaddrinfo(settings.host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            return socket.create_server(found[0][4][:2], family=found[0][0], backlog=BACKLOG)
        except OSError as error:
            fault = error
            if error.errno != errno.EADDRINUSE:
                break
    where = f"{settings.host}:{port}" if len(ports) == 1 else f"{settings.host}, ports {ports[0]} to {ports[-1]}"
    if fault.errno != errno.EADDRINUSE:
        raise UsageError(f"server.port: cannot listen on {where}: {fault.strerror or fault}") from fault
    raise UsageError(f"server.port: {where} is taken by another process; name another port, or server.port: auto "
                     "for the next that is free")  # fmt: skip
