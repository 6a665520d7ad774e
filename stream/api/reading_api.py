"""The reading part of the API: words, one word, stories, curves, a timeline, the funnel.

Answers come from the store and the pipeline's last snapshot, computed on two threads. An answer is cached until either
of them changes, and a client that already has it gets 304. The CPU time is charged to `share`.
"""

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from stream.api import schemas
from stream.api.live import LiveWords
from stream.api.operation import Given, Operation
from stream.api.parameters import NOT_BLANK, Parameter, Schema, choice, choices, moment, text, whole
from stream.api.shapes import Curve, story_fields, word_fields
from stream.events.events import iso
from stream.store.history import History
from stream.store.stories import find_stories
from stream.store.words import (
    NONE,
    ORDERS,
    FoundWord,
    WordFilter,
    curve_span,
    curves_of,
    events_of,
    find_words,
    range_of,
    tally,
    timeline,
)
from stream.verdicts.verdict import MOST_WORD_CHARS, VERDICTS
from stream.web.answers import JSON, etag_of, fault, unless_known
from stream.web.time_share import STEP_S, TimeShare

WORKERS = 2
KEPT, LARGEST_KEPT = 64, 256 << 10
BINS = 60
STATUSES = ("emerged", "rising", "faded", "held")
RANGE = (
    moment("since", "events detected from then on; the default is the beginning"),
    moment("until", "and before then"),
)
FILTERS: Sequence[Parameter] = (
    *RANGE,
    text("q", "part of the word, or of an example text"),
    choices("status", "what the last event says", STATUSES),
    choices("verdict", "what reviewers said; the default is all but refused and part_of", (*VERDICTS, NONE)),
    choice("novelty", "what is new of it", ("unseen", "revived")),
    text("story", "the id of a story", 200),
)
WORD = Parameter(
    "word", {"type": "string", "minLength": 1, "maxLength": MOST_WORD_CHARS, "pattern": NOT_BLANK}, "the word", "path"
)
AFTER = text("after", "`next` of the page before", 130, pattern="^-?[0-9]{1,12}([.][0-9]{1,6})? ")


def filter_of(given: Given) -> WordFilter:
    """Return the filter for the parameters `FILTERS`."""
    since_s, until_s = given.get("since"), given.get("until")
    return WordFilter(0.0 if since_s is None else since_s, 1e12 if until_s is None else until_s, given.get("q") or "",
                      given.get("status", ()), given.get("verdict", ()), given.get("novelty") or "",
                      given.get("story") or "")  # fmt: skip


class ReadingApi:
    """`operations` are served; `ask` lets other routes query the store."""

    def __init__(self, history: History, live: LiveWords, share: TimeShare) -> None:
        self._history, self._live, self._share = history, live, share
        self._workers = ThreadPoolExecutor(WORKERS, "desk")
        self._turn: asyncio.Semaphore | None = None
        self._kept: OrderedDict[tuple[str, str], tuple[tuple[int, int], bytes]] = OrderedDict()

    @property
    def operations(self) -> list[Operation]:
        order = choice("order", "the greatest first", tuple(ORDERS), "score")
        limit = whole("limit", "words a page", 1, 200, 50)
        several = Parameter("word", {"type": "array", "items": {"type": "string", "maxLength": MOST_WORD_CHARS},
                                     "maxItems": 8}, "words to compare")  # fmt: skip

        def operation(path: str, name: str, sentence: str, find: Find, schema: Schema,
                      *parameters: Parameter) -> Operation:  # fmt: skip
            return Operation(path, name, sentence, self._answering(find), {JSON: schema}, parameters)

        return [
            operation("/api/words", "words", "Words of a range of time.", self._words, schemas.PAGE, *FILTERS, order,
                      limit, AFTER),
            Operation("/api/words/{word}", "word", "One word: its life, its curve, its evidence.",
                      self._answering(self._word), {JSON: schemas.ONE_WORD}, (WORD, *RANGE), faults=(404,)),
            operation("/api/stories", "stories", "Words that the same texts carry.", self._stories, schemas.STORIES,
                      *FILTERS, whole("limit", "stories", 1, 100, 50)),
            operation("/api/curves", "curves", "Curves of some words, side by side.", self._curves, schemas.CURVES,
                      several, *RANGE, whole("bins", "steps of a curve", 2, 400, 120)),
            operation("/api/timeline", "timeline", "How many words came when.", self._timeline, schemas.TIMELINE,
                      *RANGE, whole("bins", "steps", 2, 400, 100)),
            operation("/api/funnel", "funnel", "How much went in, and how many words are left of it.", self._funnel,
                      schemas.FUNNEL, *FILTERS),
        ]  # fmt: skip

    async def ask(self, find: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run a query on the store and return its result. Raises TimeoutError."""

        def found() -> Any:
            with self._share.spending(), self._history.reading() as connection:
                return find(connection)

        self._turn = self._turn or asyncio.Semaphore(WORKERS)
        async with self._turn:  # what a question costs is known when it is answered: no more than these may overdraw
            while (wait_s := self._share.wait_s()) > 0:
                await asyncio.sleep(min(wait_s, STEP_S))
            if self._share.closed:
                raise TimeoutError("the server is closing")
            return await asyncio.get_running_loop().run_in_executor(self._workers, found)

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _answering(self, find: "Find") -> Callable[[Request, Given], Any]:
        async def answer(request: Request, given: Given) -> Response:
            body = await self._kept_or(request, lambda connection: find(connection, given))
            return (
                fault(404, "no such word was announced")
                if body == b"null"
                else unless_known(request, body, etag_of(body))
            )

        return answer

    async def _kept_or(self, request: Request, find: Callable[[sqlite3.Connection], Any]) -> bytes:
        key, version = (request.url.path, request.url.query), (self._history.version, self._live.now.number)
        kept = self._kept.get(key)
        if kept and kept[0] == version:
            return kept[1]
        body: bytes = await self.ask(lambda connection: orjson.dumps(find(connection)))
        if len(body) <= LARGEST_KEPT:
            self._kept[key] = version, body
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return body

    def _words(self, connection: sqlite3.Connection, given: Given) -> Any:
        wanted, after = filter_of(given), given["after"]
        value, _, word = (after or "").partition(" ")
        page = find_words(connection, wanted, given["order"], given["limit"], (float(value), word) if after else None)
        live = self._live.now
        return {
            "as_of": iso(self._live.as_of_s),
            "live": live.snapshot.live,
            "window_s": live.snapshot.window_s,
            "total": page.total,
            "words": [word_fields(one, live, _curve(connection, one, wanted)) for one in page.words],
            "next": f"{page.after[0]:.6f} {page.after[1]}" if page.after else None,
        }

    def _word(self, connection: sqlite3.Connection, given: Given) -> Any:
        wanted = WordFilter(filter_of(given).since_s, filter_of(given).until_s, verdicts=(*VERDICTS, NONE),
                            key=given["word"])  # fmt: skip
        found = find_words(connection, wanted, limit=1).words
        if not found:
            return None
        fields = word_fields(found[0], self._live.now, _curve(connection, found[0], wanted, 4 * BINS))
        events = [orjson.Fragment(body) for body in events_of(connection, given["word"])]
        return {"word": fields, "events": events}

    def _stories(self, connection: sqlite3.Connection, given: Given) -> Any:
        found = find_stories(connection, filter_of(given), given["limit"])
        return {"stories": [story_fields(one, self._live.now) for one in found]}

    def _curves(self, connection: sqlite3.Connection, given: Given) -> Any:
        words = given["word"]
        found = _curves_within(connection, words, filter_of(given), given["bins"]) if words else None
        if found is None:
            return {"start": None, "step_s": 1.0, "curves": [{"word": one, "texts": []} for one in words]}
        curves = [{"word": one, "texts": curve.texts} for one, curve in zip(words, found, strict=True)]
        return {"start": iso(found[0].start_s), "step_s": found[0].step_s, "curves": curves}

    def _timeline(self, connection: sqlite3.Connection, given: Given) -> Any:
        wanted, span = filter_of(given), range_of(connection)
        if span is None:
            return {"start": None, "step_s": 1.0, "words": [], "first": None, "last": None}
        first_s, last_s = max(span[0], wanted.since_s), min(span[1], wanted.until_s)
        step_s = max(0.001, (last_s + 0.001 - first_s) / given["bins"])
        return {"start": iso(first_s), "step_s": step_s, "words": timeline(connection, first_s, step_s, given["bins"]),
                "first": iso(span[0]), "last": iso(span[1])}  # fmt: skip

    def _funnel(self, connection: sqlite3.Connection, given: Given) -> Any:
        return {"flow": dict(self._live.flow()), **tally(connection, filter_of(given))}


def _curves_within(
    connection: sqlite3.Connection, words: Sequence[str], wanted: WordFilter, bins: int
) -> list[Curve] | None:
    """Return the curves of these words on one time axis with at most so many steps, each a multiple of the stored
    steps.
    """
    span = curve_span(connection, words, wanted)
    if span is None:
        return None
    first_ms, end_ms, native_ms = span
    step_ms = native_ms * max(1, ceil((end_ms - first_ms) / native_ms / bins))
    found = curves_of(connection, words, first_ms, step_ms, ceil((end_ms - first_ms) / step_ms))
    return [Curve(first_ms / 1000, step_ms / 1000, texts) for texts in found]


def _curve(connection: sqlite3.Connection, one: FoundWord, wanted: WordFilter, bins: int = BINS) -> Curve | None:
    found = _curves_within(connection, [one.key], wanted, bins)
    return found[0] if found else None


Find = Callable[[sqlite3.Connection, Given], Any]
