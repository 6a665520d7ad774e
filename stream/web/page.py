"""The page and its JSON: `/` and `/api/words`; questions go to `Questions`.

The flow hands over one immutable value at a time (`show`).
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from stream.trends.leaderboard import Snapshot, encode_snapshot
from stream.web.answers import etag_of, fault, unless_known
from stream.web.questions import Explain, Questions


class Page:
    """`/`, `/api/words`, `/api/explain`."""

    def __init__(self) -> None:
        self._html = files("stream.web").joinpath("page.html").read_bytes()
        self._shown: tuple[str, bytes] | None = None
        self._questions = Questions()
        self._policy = {"Content-Security-Policy": _policy(self._html.decode())}

    @property
    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/", self._page),
            Route("/api/words", self._words),
            Route("/api/explain", self._questions.explain),
        ]

    def show(self, snapshot: Snapshot) -> None:
        """From now on this is what there is to see."""
        body = encode_snapshot(snapshot)
        self._shown = etag_of(body), body

    def answer(self, explain: Explain | None) -> None:
        """Answer the questions that wait; None where the tables are with another process."""
        self._questions.answer(explain)

    async def _page(self, _: Request) -> Response:
        return Response(self._html, media_type="text/html", headers=self._policy)

    async def _words(self, request: Request) -> Response:
        if self._shown is None:
            return fault(503, "starting: nothing to show yet")
        etag, body = self._shown
        return unless_known(request, body, etag)


def _policy(html: str) -> str:
    """Only the very script and style of the page run, and it talks to this server only."""
    hashes = {tag: _hash(*re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)) for tag in ("script", "style")}
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
