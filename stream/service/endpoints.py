"""The HTTP port of a process from its start on: first it says that it is starting, then how the loop does."""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from prometheus_client import CollectorRegistry

from stream.web.settings import ServerSettings

if TYPE_CHECKING:
    from stream.web.page import Page
    from stream.web.server import Server

log = logging.getLogger(__name__)


class Endpoints:
    """Serves while it is open. Where `server.port` is -1 there is neither server nor page, and nothing is imported."""

    def __init__(
        self, settings: ServerSettings, registry: CollectorRegistry, healthy: Callable[[], bool], with_page: bool
    ) -> None:
        self._settings, self._registry = settings, registry
        self._healthy = healthy
        self._ready: Callable[[], bool | str] = _not_yet
        self._server: Server | None = None
        self.page: Page | None = _page() if settings.is_on and with_page else None

    def __enter__(self) -> Self:
        """Raises UsageError if the port is taken."""
        if self._settings.is_on:
            from stream.web import server

            routes = self.page.routes if self.page else ()
            healthy, ready = (lambda: self._healthy()), (lambda: self._ready())
            self._server = server.Server(self._settings, self._registry, healthy, ready, routes)
            log.info("serving on port %d: %s", self._server.port, ", ".join(self._server.paths))
        return self

    @property
    def port(self) -> int | None:
        """Where it listens; None where it does not."""
        return self._server.port if self._server else None

    def running(self, healthy: Callable[[], bool], ready: Callable[[], bool | str]) -> None:
        """It has started: from now on these are asked."""
        self._healthy, self._ready = healthy, ready

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._server:
            self._server.close()


def _page() -> "Page":
    from stream.web.page import Page  # and with it the web framework, which costs nothing where nobody is served

    return Page()


def _not_yet() -> bool:
    return False
