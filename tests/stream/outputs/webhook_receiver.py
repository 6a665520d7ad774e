"""A webhook receiver: a real HTTP server that answers as told, and keeps the requests."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass
class Got:
    """A request as it arrived, and the status it was answered with."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int


@dataclass
class Receiver:
    """Answers with the next of `statuses`, then with 204 for ever. `port` 0: any free one."""

    statuses: list[int] = field(default_factory=list)
    port: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.heard:
                    status = receiver.statuses.pop(0) if receiver.statuses else 204
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    receiver.got.append(Got(self.path, headers, body, status))
                    receiver.heard.notify_all()
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/token-123"

    def wait_for(self, requests: int, timeout_s: float = 60.0) -> list[Got]:
        """What came, once there is so much of it."""
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.got) >= requests, timeout_s), f"only {self.got}"
            return list(self.got)
