"""The checks and limits that every request passes before a route handles it, as an ASGI application around the routes.

In this order: security headers are added to the answer; the request is checked (length, Host, token); it waits for its
turn, so that all requests together take at most `share` of a core; it gets a deadline; and any exception becomes an
answer. Probes and metrics need no turn; metrics have a limit of their own. Pages of other sites cannot read an answer,
because no CORS header is sent.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

import orjson
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stream.web.access import Access, Refusal
from stream.web.bounded_protocol import ANSWER_S
from stream.web.time_share import STEP_S, TimeShare

log = logging.getLogger(__name__)
SHARE, SAVED_S = 0.05, 0.5
TURN_S = 10.0  # waited for at most
MOST_TARGET_BYTES = 4096
UNHINDERED = frozenset({"/healthz", "/readyz", "/metrics"})
PUBLIC = frozenset({"/healthz", "/readyz", "/"})
SAFE: Mapping[str, str] = {
    "Server": "new-words",
    "Connection": "close",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
SAFE_BYTES = {name.lower().encode(): value.encode() for name, value in SAFE.items()}


class Gate:
    """An ASGI application around another.

    `access` decides who may ask, `share` limits the time that all requests take.
    """

    def __init__(self, app: ASGIApp, access: Access, share: TimeShare, streams: frozenset[str]) -> None:
        self._app, self._access, self._share, self._streams = app, access, share, streams
        self._queue: asyncio.Lock | None = None
        self._used_s: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def give(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = _with_safe(message.get("headers", []))
            await send(message)

        try:
            async with asyncio.timeout(None if scope["path"] in self._streams else ANSWER_S):
                if refusal := await self._refusal(scope):
                    await _give_fault(give, scope, refusal)
                else:
                    await self._app(scope, receive, give)
        except TimeoutError:
            if not begun:
                await _give_fault(give, scope, Refusal(503, "this took too long, ask again"))
        except Exception:
            log.exception("a request failed")
            if not begun:
                await _give_fault(give, scope, Refusal(500, "a fault of this server; its log says more"))

    async def _refusal(self, scope: Scope) -> Refusal | None:
        if len(scope["raw_path"]) + len(scope["query_string"]) > MOST_TARGET_BYTES:
            return Refusal(414, f"an address must be shorter than {MOST_TARGET_BYTES} bytes")
        if scope["path"] not in UNHINDERED and not await self._turn():
            return Refusal(503, "too many requests at once, ask again")
        public = scope["path"] in (PUBLIC if scope["method"] in ("GET", "HEAD") else ())
        found = self._access.ask(HTTPConnection(scope), public)
        if isinstance(found, Refusal):
            return found
        scope["state"]["visitor"] = found
        return None

    async def _turn(self) -> bool:
        """Wait, first come first served, until there is time left; False if that takes longer than TURN_S."""
        self._queue = self._queue or asyncio.Lock()
        try:
            async with asyncio.timeout(TURN_S), self._queue:
                self._note()
                while (wait_s := self._share.wait_s()) > 0:
                    await asyncio.sleep(min(wait_s, STEP_S))
                    self._note()
        except TimeoutError:
            return False
        return not self._share.closed

    def _note(self) -> None:
        """Charge the CPU time that the server's thread has used since the last call."""
        used_s = time.thread_time()
        self._share.spend(used_s - (used_s if self._used_s is None else self._used_s))
        self._used_s = used_s


async def _give_fault(give: Send, scope: Scope, refusal: Refusal) -> None:
    body = b"" if scope["method"] == "HEAD" else orjson.dumps({"error": refusal.reason})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="new-words"'))
    if refusal.status == 503:
        headers.append((b"retry-after", b"1"))
    await give({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await give({"type": "http.response.body", "body": body})


def _with_safe(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Add the security headers that a route has not set itself."""
    own = {name.lower() for name, _ in headers}
    return [*headers, *((name, value) for name, value in SAFE_BYTES.items() if name not in own)]
