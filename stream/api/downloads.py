"""`/api/export`: the selected words as a file in a dictionary format, as `new-words export` writes it."""

import sqlite3

from starlette.requests import Request
from starlette.responses import Response

from stream.api.operation import Given, Operation
from stream.api.parameters import choice
from stream.api.reading_api import FILTERS, ReadingApi, filter_of
from stream.api.schemas import TEXT
from stream.events.events import decode_event
from stream.events.period_summary import PeriodSummary
from stream.outputs.dictionaries import made
from stream.store.words import WordFilter, events_within, find_words

MOST_WORDS = 10_000
FILES = {"csv": ("text/csv", "csv"), "jieba": ("text/plain", "txt"), "ik": ("text/plain", "dic"),
         "hanlp": ("text/plain", "txt"), "rime": ("text/plain", "dict.yaml")}  # fmt: skip
NAME = "new_words"


def download_operation(api: ReadingApi) -> Operation:
    """The operation: at most `MOST_WORDS` words, those with the best score."""

    async def answer(_: Request, given: Given) -> Response:
        wanted, form = filter_of(given), given["format"]
        kind, end = FILES[form]
        body = await api.ask(lambda connection: file_of(connection, wanted, form))
        return Response(body, media_type=kind, headers={
            "Content-Disposition": f'attachment; filename="{NAME}-{form}.{end}"'
            if form != "rime" else f'attachment; filename="{NAME}.{end}"'})  # fmt: skip

    form = choice("format", "what reads it", tuple(FILES), "csv")
    kinds = dict.fromkeys((kind for kind, _ in FILES.values()), TEXT)
    return Operation("/api/export", "download", "The words as a file for other programs.", answer, kinds,
                     (*FILTERS, form))  # fmt: skip


def file_of(connection: sqlite3.Connection, wanted: WordFilter, form: str) -> bytes:
    """Return the file for the events of the range."""
    found = find_words(connection, wanted, limit=MOST_WORDS).words
    summary = PeriodSummary(wanted.since_s, wanted.until_s)
    for body in events_within(connection, [one.key for one in found], wanted.since_s, wanted.until_s):
        summary.add(decode_event(body))
    return made(form, summary.entries(), NAME)[0]
