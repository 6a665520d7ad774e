"""Questions why a word was or was not announced: asked on the server's thread, answered on the pipeline's thread.

An answer needs the pipeline's tables, so a question waits until the pipeline's thread calls `answer`; so no table is
read while it changes. Questions take at most `SHARE` of that thread's time. A question that waited too long, or whose
client has gone, is dropped. An answer is repeated for `FRESH_S`. Memory: `WAITING` questions and `KEPT` answers.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stream.trends.explain import Explanation, encode_explanation
from stream.web.answers import fault, json_answer
from stream.web.time_share import TimeShare

WAITING = 16
KEPT = 64
FRESH_S = 2.0
PATIENCE_S = 10.0  # for an answer
SHARE, SAVED_S = 0.05, 0.2
MOST_WORD_CHARS = 100
Explain = Callable[[str], Explanation]


class Questions:
    """The route `explain`, and `answer` for the pipeline's thread. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._waiting: Queue[tuple[str, Future[bytes | None]]] = Queue(WAITING)
        self._share, self._clock = TimeShare(SHARE, SAVED_S, clock), clock
        self._kept: OrderedDict[str, tuple[float, bytes | None]] = OrderedDict()

    def answer(self, explain: Explain | None) -> None:
        """Answer waiting questions while there is time left; `explain` is None if another process holds the tables."""
        with suppress(Empty):
            while explain is None or self._share.wait_s() == 0:
                word, future = self._waiting.get_nowait()
                if future.set_running_or_notify_cancel():  # else whoever asked has gone
                    with suppress(InvalidStateError):
                        future.set_result(self._explained(word, explain) if explain else None)

    async def explain(self, request: Request) -> Response:
        """The route `/api/explain?word=`."""
        word = request.query_params.get("word", "")
        word = word.strip() or word
        if not 0 < len(word) <= MOST_WORD_CHARS:
            return fault(400, f"?word= must have 1 to {MOST_WORD_CHARS} characters")
        if kept := self._fresh(word):
            return json_answer(kept)
        future: Future[bytes | None] = Future()
        try:
            self._waiting.put_nowait((word, future))
            body = await _unless_gone(request, future, PATIENCE_S)
        except Full:
            return fault(503, "too many questions at once, ask again")
        except TimeoutError:
            return fault(503, "busy, ask again")
        if body is None:
            return fault(503, "this process stands by; the one that announces can explain")
        return json_answer(body)

    def _explained(self, word: str, explain: Explain) -> bytes:
        if kept := self._fresh(word):
            return kept
        begun_s = self._clock()
        body = encode_explanation(explain(word))
        self._kept[word] = self._clock(), body
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self._share.spend(self._clock() - begun_s)
        return body

    def _fresh(self, word: str) -> bytes | None:
        """Return the last answer if it is younger than `FRESH_S`; may be called from any thread."""
        at_s, body = self._kept.get(word, (float("-inf"), None))
        return body if self._clock() - at_s <= FRESH_S else None


async def _unless_gone(request: Request, future: Future[bytes | None], patience_s: float) -> bytes | None:
    """Return the result; raises TimeoutError if it does not come in time or the client disconnects."""
    result = asyncio.wrap_future(future)
    gone = asyncio.ensure_future(_gone(request))
    either: set[asyncio.Future[Any]] = {result, gone}
    try:
        await asyncio.wait(either, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            raise TimeoutError
        return result.result()
    finally:
        gone.cancel()
        result.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
