"""The JSON Schemas of requests and answers, and the OpenAPI 3.1 document of all operations."""

from collections.abc import Iterable, Sequence
from typing import Any

from stream.api.operation import Operation
from stream.api.parameters import NOT_BLANK, Schema
from stream.events.events import event_schema
from stream.verdicts.verdict import (
    ACCEPTED,
    MOST_NAME_CHARS,
    MOST_NOTE_CHARS,
    MOST_WORD_CHARS,
    PART_OF,
    REFUSED,
    VERDICTS,
)
from stream.version import __version__

TIME: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}


def refer(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def several(schema: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": schema, **({"maxItems": most} if most else {})}


def fields(more: Sequence[str] = (), **properties: Schema) -> Schema:
    """Return the schema of an object with exactly these properties; those in `more` are optional."""
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": [name for name in properties if name not in more]}  # fmt: skip


CURVE = fields(start=TIME, step_s=NUMBER, texts=several(COUNT))
VERDICT = fields(
    word=TEXT, verdict={"enum": list(VERDICTS)}, part_of=maybe(TEXT), note=TEXT, by=TEXT, at=TIME,
)  # fmt: skip
WORD = fields(
    word=TEXT, status=TEXT, novelty=TEXT, announced=TIME, updated=TIME, first_seen=TIME, count=COUNT, score=NUMBER,
    sources=maybe(COUNT), story=maybe(TEXT), events=COUNT, example=maybe(TEXT), verdict=maybe(refer("Verdict")),
    now=maybe(fields(count=COUNT, score=NUMBER)), curve=maybe(refer("Curve")),
)  # fmt: skip
PAGE = fields(
    as_of=TIME, live={"type": "boolean"}, window_s=NUMBER, total=COUNT, words=several(refer("Word"), 200),
    next=maybe(TEXT),
)  # fmt: skip
ONE_WORD = fields(word=refer("Word"), events=several(refer("Event"), 100))
STORIES = fields(
    stories=several(
        fields(story=TEXT, first_seen=TIME, updated=TIME, count=COUNT, score=NUMBER, words=several(refer("Word"))), 100
    )
)
CURVES = fields(start=maybe(TIME), step_s=NUMBER, curves=several(fields(word=TEXT, texts=several(COUNT)), 8))
TIMELINE = fields(start=maybe(TIME), step_s=NUMBER, words=several(COUNT, 400), first=maybe(TIME), last=maybe(TIME))
FUNNEL = fields(flow={"type": "object", "additionalProperties": NUMBER}, events=COUNTS, status=COUNTS, verdict=COUNTS,
                novelty=COUNTS)  # fmt: skip
VISITOR = fields(name=TEXT, writes={"type": "boolean"}, writable={"type": "boolean"})
VERDICTS_SAID = fields(verdicts=several(refer("Verdict")))
NOTE: dict[str, Schema] = {
    "note": {"type": "string", "maxLength": MOST_NOTE_CHARS},
    "by": {"type": "string", "maxLength": MOST_NAME_CHARS},
}
OTHER: Schema = {"type": "string", "minLength": 1, "maxLength": MOST_WORD_CHARS, "pattern": NOT_BLANK}
SAID: Schema = {
    "oneOf": [
        fields(("part_of", "note", "by"), verdict={"enum": [ACCEPTED, REFUSED]}, part_of={"type": "null"}, **NOTE),
        fields(("note", "by"), verdict={"const": PART_OF}, part_of=OTHER, **NOTE),
    ]
}
FAULT = fields(error=TEXT)


def document(operations: Iterable[Operation]) -> Schema:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, Any] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = one.document()
    event = event_schema()
    inner = event.pop("$defs", {})
    schemas = {"Word": WORD, "Verdict": VERDICT, "Curve": CURVE, "Fault": FAULT, "Withdrawn": fields(word=TEXT),
               "Event": _moved(event, inner),
               **{f"Event_{name}": _moved(one, inner) for name, one in inner.items()}}  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": "new-words", "version": __version__,
                 "description": "New words that were announced, and what reviewers say of them. Times are UTC. Where"
                 " the server is private, every operation needs the token."},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }  # fmt: skip


def _moved(schema: Any, inner: Iterable[str]) -> Any:
    """Return a schema whose references point to the document's `components`."""
    if isinstance(schema, dict):
        moved = {name: _moved(value, inner) for name, value in schema.items() if name not in ("$id", "$schema")}
        if str(moved.get("$ref", "")).startswith("#/$defs/"):
            moved["$ref"] = "#/components/schemas/Event_" + moved["$ref"].removeprefix("#/$defs/")
        return moved
    return [_moved(one, inner) for one in schema] if isinstance(schema, list) else schema
