"""One HTTP connection with limits on bytes and time: uvicorn's protocol on h11 with three more rules.

1. A request has at most `MOST_REQUEST_BYTES`, head and body; beyond that the answer is 431 and the connection is
   closed.
2. A request head that is not complete after `HEAD_S`, or an answer that is not read after `ANSWER_S` (`STREAM_S` on a
   path that streams), closes the connection, whatever the client sends or reads meanwhile.
3. There are at most `MOST_CONNECTIONS`. When another one is opened, the oldest that has not sent its request yet is
   closed, else the oldest of all. So a probe, which sends its request at once, is answered even if clients hold all
   other connections.

A connection serves one request, so memory is at most MOST_CONNECTIONS * (MOST_REQUEST_BYTES + unsent answer). uvicorn
has none of these rules; h11 only bounds an incomplete head.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 256
MOST_REQUEST_BYTES = 16 << 10
HEAD_S = 5.0
ANSWER_S = 30.0
STREAM_S = 600.0
TOO_LARGE = b'{"error":"a request must be smaller than 16 KiB"}'
UNREADABLE = b'{"error":"not a request of HTTP/1.1"}'


class BoundedProtocol(H11Protocol):
    """One connection. `protocol_of` makes the class, with the headers of every answer and the paths that stream."""

    headers_of_all: tuple[tuple[bytes, bytes], ...] = ()
    streams: frozenset[str] = frozenset()

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._received = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= MOST_CONNECTIONS:
            _close_one(one for one in self.connections if isinstance(one, BoundedProtocol))
        super().connection_made(transport)
        self._by(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._deadline:
            self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > MOST_REQUEST_BYTES:
            return self._refuse(431, TOO_LARGE)
        waited = self.cycle is None
        super().data_received(data)
        if waited and self.cycle is not None:
            self._by(STREAM_S if self.scope["path"] in self.streams else ANSWER_S)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, UNREADABLE)

    @property
    def ends_s(self) -> float:
        """The time, by the loop's clock, at which the connection ends; earlier for connections opened earlier."""
        return self._deadline.when() if self._deadline else 0.0

    def end(self) -> None:
        """Close the connection at once, without sending what the client has not read."""
        self.connections.discard(self)
        self.transport.abort()

    def _by(self, seconds: float) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.end)

    def _refuse(self, status: int, body: bytes) -> None:
        """Answer a malformed request; if an answer has begun, only close the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and self.cycle is None:
            length = str(len(body)).encode()
            headers = [*self.headers_of_all, (b"content-type", b"application/json"), (b"content-length", length)]
            events = h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
            self.transport.close()
        else:
            self.end()


def protocol_of(headers: Iterable[tuple[bytes, bytes]], streams: Iterable[str]) -> type[BoundedProtocol]:
    """Return a protocol class with headers for answers that no application gives, and the paths that stream."""
    made = {"headers_of_all": tuple(headers), "streams": frozenset(streams)}
    return type("Protocol", (BoundedProtocol,), made)


def _close_one(connections: Iterable[BoundedProtocol]) -> None:
    min(connections, key=lambda one: (one.cycle is not None, one.ends_s)).end()
