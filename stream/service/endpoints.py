"""The HTTP port of a process from its start: first it reports "starting", then how the loops do.

A process that announces words also serves the desk: page, API and store. With `store.path` the store is filled even
without a port.
"""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from prometheus_client import CollectorRegistry

from stream.config.config import Config
from stream.log.protocol import Sink, Source

if TYPE_CHECKING:
    from stream.desk.service import Desk
    from stream.web.server import Server

log = logging.getLogger(__name__)


class Endpoints:
    """Serves between `__enter__` and `__exit__`. Without a port and a store, their libraries are not imported."""

    def __init__(
        self, config: Config, registry: CollectorRegistry, healthy: Callable[[], bool], announces: bool
    ) -> None:
        self._settings, self._registry = config.server, registry
        self._healthy = healthy
        self._ready: Callable[[], bool | str] = _not_yet
        self._server: Server | None = None
        wanted = announces and (config.server.is_on or bool(config.store.path))
        self.desk: Desk | None = _desk(config, registry) if wanted else None

    def __enter__(self) -> Self:
        """Open the port. Raises UsageError if it is taken."""
        if self._settings.is_on:
            from stream.web import server

            site = self.desk.site if self.desk else None
            healthy, ready = (lambda: self._healthy()), (lambda: self._ready())
            self._server = server.Server(self._settings, self._registry, healthy, ready, site)
            log.info("serving on port %d: %s", self._server.port, ", ".join(self._server.paths))
        return self

    @property
    def port(self) -> int | None:
        """The port number; None without a port."""
        return self._server.port if self._server else None

    def running(
        self,
        healthy: Callable[[], bool],
        ready: Callable[[], bool | str],
        open_source: Callable[[str, str | None], Source],
        open_sink: Callable[[], Sink],
    ) -> None:
        """Report the loops' health from now on, and begin to fill the store: Kafka answers and the topics exist."""
        self._healthy, self._ready = healthy, ready
        if self.desk:
            self.desk.begin(lambda topic: open_source(topic, None), open_sink)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._server:
            self._server.close()
        if self.desk:
            self.desk.close()


def _desk(config: Config, registry: CollectorRegistry) -> "Desk":
    from stream.desk.service import Desk  # and with it the web framework, which costs nothing where it is not used

    return Desk(config, registry)


def _not_yet() -> bool:
    return False
