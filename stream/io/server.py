"""What the world outside sees of a running process: `/metrics`, `/healthz`, `/readyz`. Nothing of the flow is here."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from stream.errors import UsageError


@dataclass(frozen=True, slots=True)
class ServerSettings:
    host: str = "0.0.0.0"
    port: int = 9464
    top_words: int = 20

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        wrong = []
        if not -1 <= self.port <= 65535:
            wrong.append(("port", "must be 1 to 65535, 0 for any free one, or -1 for none"))
        if self.top_words < 0:
            wrong.append(("top_words", "must be at least 0"))
        return wrong


class Server:
    """Serves from a thread of its own. `healthy` and `ready` are asked at each request."""

    def __init__(
        self,
        settings: ServerSettings,
        registry: CollectorRegistry,
        healthy: Callable[[], bool],
        ready: Callable[[], bool],
    ) -> None:
        answers: dict[str, Callable[[], tuple[int, bytes, str]]] = {
            "/metrics": lambda: (200, generate_latest(registry), CONTENT_TYPE_LATEST),
            "/healthz": lambda: _state(healthy()),
            "/readyz": lambda: _state(ready()),
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = answers.get(self.path.partition("?")[0])
                status, body, kind = answer() if answer else (404, b"try /metrics, /healthz, /readyz\n", "text/plain")
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Probes every few seconds are no news."""

        try:
            self._server = ThreadingHTTPServer((settings.host, settings.port), Handler)
        except OSError as error:
            raise UsageError(f"server.port: cannot listen on {settings.host}:{settings.port}: {error}") from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _state(good: bool) -> tuple[int, bytes, str]:
    return (200, b"ok\n", "text/plain") if good else (503, b"not ok\n", "text/plain")
