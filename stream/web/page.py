"""The page and its JSON: what the threads of the server may see of the flow, and a desk for their questions.

The flow hands over one immutable value at a time (`show`). A question (`explain`) needs the flow's own tables, so it
waits at the desk until the flow's thread comes by (`answer`): no table is ever read while it changes.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from importlib.resources import files
from queue import Empty, Full, Queue

import orjson

from stream.trends.explain import Explanation, encode_explanation
from stream.trends.leaderboard import Snapshot, encode_snapshot
from stream.web.server import Answer, Request, Route

WAITING = 16  # questions
PATIENCE_S = 10.0  # for an answer
MOST_WORD_CHARS = 100
JSON = "application/json"


class Page:
    """`/`, `/api/words`, `/api/explain`."""

    def __init__(self) -> None:
        self._html = files("stream.web").joinpath("page.html").read_bytes()
        self._shown: tuple[str, bytes] | None = None
        self._desk: Queue[tuple[str, Future[Explanation | None]]] = Queue(WAITING)
        self._policy = {"Content-Security-Policy": _policy(self._html.decode())}

    @property
    def routes(self) -> dict[str, Route]:
        return {"/": self._page, "/api/words": self._words, "/api/explain": self._explain}

    def show(self, snapshot: Snapshot) -> None:
        """From now on this is what there is to see."""
        body = encode_snapshot(snapshot)
        self._shown = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"', body

    def answer(self, explain: Callable[[str], Explanation] | None) -> None:
        """Answer the questions that wait; None where the tables are with another process."""
        with suppress(Empty):
            while True:
                word, answer = self._desk.get_nowait()
                with suppress(InvalidStateError):  # whoever asked has gone
                    answer.set_result(explain(word) if explain else None)

    def _page(self, _: Request) -> Answer:
        return Answer(200, self._html, "text/html; charset=utf-8", self._policy)

    def _words(self, request: Request) -> Answer:
        if self._shown is None:
            return _fault(503, "starting: nothing to show yet")
        etag, body = self._shown
        if request.known == etag:
            return Answer(304, b"", headers={"ETag": etag})
        return Answer(200, body, JSON, {"ETag": etag})

    def _explain(self, request: Request) -> Answer:
        word = request.query.get("word", "").strip()
        if not 0 < len(word) <= MOST_WORD_CHARS:
            return _fault(400, f"?word= must have 1 to {MOST_WORD_CHARS} characters")
        answer: Future[Explanation | None] = Future()
        try:
            self._desk.put_nowait((word, answer))
            explanation = answer.result(PATIENCE_S)
        except Full:
            return _fault(503, "too many questions at once, ask again")
        except TimeoutError:
            answer.cancel()
            return _fault(503, "busy, ask again")
        if explanation is None:
            return _fault(503, "this process stands by; the one that announces can explain")
        return Answer(200, encode_explanation(explanation), JSON)


def _fault(status: int, reason: str) -> Answer:
    return Answer(status, orjson.dumps({"error": reason}), JSON)


def _policy(html: str) -> str:
    """Only the very script and style of the page run, and it talks to this server only."""
    hashes = {tag: _hash(*re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)) for tag in ("script", "style")}
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
