"""Opens URLs with a limit on the total time of a request, whatever the other end does.

A socket's timeout applies to each read, so a server that sends one byte every few seconds could keep a request open for
ever. Here the connection is shut down when the total time is over: connecting, TLS, sending and the answer. Only the
look-up of the host name, done by the operating system, may take longer.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener


class Deadline:
    """Shuts down the connections of one request when its time is over."""

    def __init__(self, seconds: float) -> None:
        self._end_s = time.monotonic() + seconds
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self.is_over = False
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    def connected(self, address: tuple[str, int], _: Any = None, source: Any = None) -> socket.socket:
        """Connect within the remaining time. Raises OSError."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("no time left to connect")
        connection = socket.create_connection(address, left_s, source)
        with self._lock:
            # A handle of its own: TLS takes the socket's away from it.
            self._handles.append(socket.socket(fileno=os.dup(connection.fileno())))
        if self.is_over:
            self._shut()
        return connection

    def close(self) -> None:
        """End the request."""
        self._timer.cancel()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def _shut(self) -> None:
        with self._lock:
            self.is_over = True
            for handle in self._handles:
                with suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)


@contextmanager
def answer_in_time(request: Request, seconds: float) -> Iterator[Any]:
    """Return the answer to a request without following redirects. Raises what `urlopen` raises; TimeoutError."""
    deadline = Deadline(seconds)
    opener = build_opener(_NoRedirect, _Http(deadline), _Https(deadline))
    try:
        with opener.open(request, timeout=seconds) as answer:
            if deadline.is_over:  # headers that end where the connection was shut look complete
                raise TimeoutError
            yield answer
    except (OSError, HTTPException) as error:
        if deadline.is_over:
            raise TimeoutError(f"not done in {seconds:g} s") from error
        raise
    finally:
        deadline.close()


class _Http(HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, request: Request) -> Any:
        return self.do_open(partial(_watched, HTTPConnection, self._deadline), request)


class _Https(HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, request: Request) -> Any:
        return self.do_open(partial(_watched, HTTPSConnection, self._deadline), request)


def _watched(kind: Any, deadline: Deadline, *args: Any, **options: Any) -> Any:
    connection = kind(*args, **options)
    connection._create_connection = deadline.connected  # http.client's own seam, for its tests
    return connection


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
