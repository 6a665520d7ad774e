"""The writing part of the API: give and withdraw verdicts, and list the current ones.

Verdicts go to the `VerdictSink`: the topic with Kafka, else the store. In both cases they are in the store when the
request is answered, so a client can read what it wrote. The last verdict on a word is the current one; two reviewers
see each other's verdicts within a second.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response

from stream.api.operation import Given, Operation
from stream.api.parameters import whole
from stream.api.reading_api import WORD, ReadingApi
from stream.api.schemas import SAID, VERDICTS_SAID, refer
from stream.errors import NewWordsError
from stream.store.words import verdicts_of
from stream.text.runs import fold_word
from stream.verdicts.verdict import Verdict, fields_of
from stream.web.answers import JSON, etag_of, fault, json_answer, unless_known

PATH = "/api/verdicts/{word}"
READ_ONLY = "this server is read-only: verdicts need server.token, or a proxy that says who writes"
UNKNOWN = "verdicts need the token"
FIELDS = {"verdict", "part_of", "note", "by"}


class VerdictSink(Protocol):
    """Takes verdicts; a call returns when they are written."""

    def judge(self, one: Verdict) -> object: ...

    def withdraw(self, word: str) -> object: ...


class VerdictApi:
    """`operations` are served; `writable` says whether the configuration allows writing."""

    def __init__(self, api: ReadingApi, sink: VerdictSink, writable: bool,
                 now_s: Callable[[], float] = time.time) -> None:  # fmt: skip
        self._api, self._sink, self._writable, self._now_s = api, sink, writable, now_s
        self._writer = ThreadPoolExecutor(1, "verdicts")

    @property
    def operations(self) -> list[Operation]:
        limit = whole("limit", "verdicts, the newest first", 1, 10_000, 1000)
        faults = (403, 413, 415)
        return [
            Operation("/api/verdicts", "verdicts", "Verdicts that hold.", self._list, {JSON: VERDICTS_SAID}, (limit,)),
            Operation(PATH, "judge", "Say what is to become of a word.", self._judge, {JSON: refer("Verdict")}, (WORD,),
                      "PUT", SAID, (*faults, 409)),
            Operation(PATH, "withdraw", "Take a verdict back.", self._withdraw, {JSON: refer("Withdrawn")}, (WORD,),
                      "DELETE", faults=faults),
        ]  # fmt: skip

    def close(self) -> None:
        self._writer.shutdown(wait=True, cancel_futures=True)

    async def _list(self, request: Request, given: Given) -> Response:
        found = await self._api.ask(lambda connection: verdicts_of(connection, given["limit"]))
        body = orjson.dumps({"verdicts": [fields_of(one) for one in found]})
        return unless_known(request, body, etag_of(body))

    async def _judge(self, request: Request, given: Given) -> Response:
        if refusal := self._refusal(request):
            return refusal
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            return fault(415, f"a verdict is sent as {JSON}")
        try:
            one = self._verdict(given["word"], orjson.loads(await request.body()), request.state.visitor.name)
        except ValueError as error:
            return fault(400, str(error))
        if one.of is not None and fold_word(one.of) == one.key:
            return fault(409, "a word cannot be part of itself")
        return await self._written(self._sink.judge, one, fields_of(one))

    async def _withdraw(self, request: Request, given: Given) -> Response:
        if refusal := self._refusal(request):
            return refusal
        return await self._written(self._sink.withdraw, given["word"], {"word": given["word"]})

    async def _written(self, write: Callable[[Any], object], what: Any, said: dict[str, Any]) -> Response:
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, write, what)
        except NewWordsError as error:
            return fault(503, f"not written, send it again: {error}")
        return json_answer(said)

    def _refusal(self, request: Request) -> Response | None:
        if request.state.visitor.writes:
            return None
        return fault(403, UNKNOWN if self._writable else READ_ONLY)

    def _verdict(self, word: str, body: Any, name: str) -> Verdict:
        """Decode a verdict; a user name from the proxy replaces the body's `by`. Raises ValueError with the reason."""
        if not isinstance(body, dict) or "verdict" not in body:
            raise ValueError("a verdict is an object with the field verdict")
        if strange := sorted(set(body) - FIELDS):
            raise ValueError(f"unknown field {strange[0][:50]!r}")
        texts = {key: body.get(key, "") for key in ("verdict", "note", "by")}
        part_of = body.get("part_of")
        if not all(isinstance(text, str) for text in (*texts.values(), part_of or "")):
            raise ValueError("the fields of a verdict are texts")
        one = Verdict(word, texts["verdict"], round(self._now_s(), 3), part_of, texts["note"], name or texts["by"])
        if (reason := one.fault()) and fold_word(part_of or "") != one.key:
            raise ValueError(reason)
        return one
