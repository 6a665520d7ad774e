"""The site of a process that announces: the page, the API, its OpenAPI document and the stream of events.

The pipeline calls two methods: `show` passes the current snapshot, `answer` lets its own thread answer questions. All
other data comes from the store.
"""

from collections.abc import Callable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from stream.api.downloads import download_operation
from stream.api.event_stream import PATH, EventStream
from stream.api.feed import feed_operation
from stream.api.live import LiveWords
from stream.api.operation import Given, Operation
from stream.api.parameters import Parameter
from stream.api.reading_api import ReadingApi
from stream.api.schemas import VISITOR, document
from stream.api.verdict_api import VerdictApi, VerdictSink
from stream.desk.page import page_route
from stream.store.history import History
from stream.trends.leaderboard import Snapshot
from stream.web.access import Access
from stream.web.answers import JSON, etag_of, json_answer, unless_known
from stream.web.gate import SAVED_S, SHARE
from stream.web.questions import MOST_WORD_CHARS, Explain, Questions
from stream.web.settings import ServerSettings
from stream.web.time_share import TimeShare

DOCUMENT = "/api/openapi.json"


class Site:
    """The routes with their access rules. Raises UsageError for a token file without a token."""

    streams = frozenset({PATH})

    def __init__(self, settings: ServerSettings, history: History, window_s: float,
                 flow: Callable[[], Mapping[str, float]] = dict,
                 verdicts: VerdictSink | None = None) -> None:  # fmt: skip
        """`verdicts` takes verdicts; by default the store."""
        self.access, self.share = Access(settings), TimeShare(SHARE, SAVED_S)
        self.live, self._questions = LiveWords(window_s, flow), Questions()
        self._api = ReadingApi(history, self.live, self.share)
        self._events = EventStream(history, self._api)
        self._verdicts = VerdictApi(self._api, verdicts or history, self.access.writable)

    def show(self, snapshot: Snapshot) -> None:
        """Show this snapshot from now on."""
        self.live.show(snapshot)

    def answer(self, explain: Explain | None) -> None:
        """Answer the waiting questions; `explain` is None if another process holds the tables."""
        self._questions.answer(explain)

    @property
    def operations(self) -> list[Operation]:
        """The operations of the API."""
        word = Parameter("word", {"type": "string", "minLength": 1, "maxLength": MOST_WORD_CHARS}, "any word",
                         required=True)  # fmt: skip
        return [
            *self._api.operations,
            Operation("/api/explain", "explain", "Why a word was or was not announced, as of now.", self._explain,
                      {JSON: {"type": "object"}}, (word,)),
            self._events.operation,
            *self._verdicts.operations,
            download_operation(self._api),
            feed_operation(self._api),
            Operation("/api/visitor", "visitor", "Who asks, and whether verdicts may be written.", self._visitor,
                      {JSON: VISITOR}),
        ]  # fmt: skip

    @property
    def routes(self) -> list[BaseRoute]:
        operations = self.operations
        body = orjson.dumps(document(operations))

        async def described(request: Request) -> Response:
            return unless_known(request, body, etag_of(body))

        return [page_route(), Route(DOCUMENT, described), *(one.route() for one in operations)]

    def close(self) -> None:
        """End open streams; call it before the server is closed."""
        self._events.close()
        self._verdicts.close()
        self._api.close()

    async def _explain(self, request: Request, _: Given) -> Response:
        return await self._questions.explain(request)

    async def _visitor(self, request: Request, _: Given) -> Response:
        visitor = request.state.visitor
        return json_answer({"name": visitor.name, "writes": visitor.writes, "writable": self.access.writable})
