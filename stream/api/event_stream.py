"""`/api/events`: events as server-sent events (HTML standard, 9.2) as they are added to the store, held ones too.

The id of each is its number in the store, so a client that reconnects with `Last-Event-ID` misses none, unless the
store was emptied: then numbers begin again. Without that header only events from now on come. The store is looked at
once a second and queried if it has changed; what is waiting is sent in pages of 100. Comments keep the connection open;
`bounded_protocol` ends it after some minutes and the client reconnects. Beyond `MOST_CLIENTS` clients the answer is
503.
"""

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from stream.api.operation import Given, Operation
from stream.api.parameters import Parameter
from stream.api.reading_api import ReadingApi
from stream.api.schemas import TEXT
from stream.store.history import History
from stream.store.words import events_after, last_number
from stream.web.answers import fault

PATH = "/api/events"
KIND = "text/event-stream"
MOST_CLIENTS = 32
LOOK_S, SILENT_S = 1.0, 15.0
RETRY_MS = 5000


class EventStream:
    """The open streams; `close` ends them."""

    def __init__(self, history: History, api: ReadingApi) -> None:
        self._history, self._api = history, api
        self._clients, self._closing = 0, False

    @property
    def operation(self) -> Operation:
        last = Parameter(
            "Last-Event-ID", {"type": "string", "maxLength": 20}, "the id of the last one received", "header"
        )
        return Operation(PATH, "events", "New events as they come.", self._answer, {KIND: TEXT}, (last,))

    def close(self) -> None:
        self._closing = True

    async def _answer(self, request: Request, _: Given) -> Response:
        if self._clients >= MOST_CLIENTS:
            return fault(503, "too many follow already, ask again")
        given = request.headers.get("last-event-id", "")
        newest = await self._api.ask(last_number)
        after = int(given) if given.isascii() and given.isdecimal() and int(given) <= newest else newest
        return StreamingResponse(self._parts(after), media_type=KIND, headers={"Cache-Control": "no-store"})

    async def _parts(self, after: int) -> AsyncIterator[bytes]:
        self._clients += 1
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            seen, said_s = -1, time.monotonic()
            while not self._closing:
                if self._history.version != seen:
                    seen = self._history.version
                    for number, body in await self._api.ask(lambda connection: events_after(connection, after)):  # noqa: B023
                        after, said_s = number, time.monotonic()
                        yield b"id: %d\ndata: %s\n\n" % (number, body)
                        seen = -1  # there may be more than one look brings
                elif time.monotonic() - said_s > SILENT_S:
                    said_s = time.monotonic()
                    yield b": still here\n\n"
                else:
                    await asyncio.sleep(LOOK_S)
        finally:
            self._clients -= 1
