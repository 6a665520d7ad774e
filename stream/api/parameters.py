"""Parameters of the API: each is defined once, as a JSON Schema with a name and a description, for reading and
documenting.

`read` takes the query of a request as the OpenAPI document describes it, and refuses everything else: a value that does
not fit, a parameter given twice, an unknown parameter.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import QueryParams

Schema = dict[str, Any]
FAR_S = 253_402_300_799.0  # the end of the year 9999
NOT_BLANK = r"[^\s\u001c-\u001f\u0085\ufeff]"  # `\s` alone is not the same here as in JSON Schema (ECMA-262)
WHOLE = re.compile(r"-?\d{1,12}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?|\d{4}-\d\d-\d\d")


class UnfitError(ValueError):
    """A parameter is refused; the text names it and the reason."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter whose schema is a string, an integer, a boolean or an array of strings.

    `path` parameters are required.
    """

    name: str
    schema: Schema
    sentence: str
    place: str = "query"
    required: bool = False

    def document(self) -> Schema:
        """Return the OpenAPI parameter object."""
        return {"name": self.name, "in": self.place, "required": self.required or self.place == "path",
                "description": self.sentence,
                "schema": self.schema}  # fmt: skip


def text(name: str, sentence: str, longest: int = 100, **more: Any) -> Parameter:
    return Parameter(name, {"type": "string", "maxLength": longest, **more}, sentence)


def choice(name: str, sentence: str, values: Sequence[str], default: str | None = None) -> Parameter:
    return Parameter(
        name, {"type": "string", "enum": list(values), **({"default": default} if default else {})}, sentence
    )


def choices(name: str, sentence: str, values: Sequence[str]) -> Parameter:
    items = {"type": "string", "enum": list(values)}
    return Parameter(name, {"type": "array", "items": items, "maxItems": 10}, sentence)


def whole(name: str, sentence: str, least: int, most: int, default: int) -> Parameter:
    return Parameter(name, {"type": "integer", "minimum": least, "maximum": most, "default": default}, sentence)


def moment(name: str, sentence: str) -> Parameter:
    return Parameter(name, {"type": "string", "format": "date-time"}, sentence)


def read(parameters: Sequence[Parameter], query: QueryParams) -> dict[str, Any]:
    """Return {name: value} with defaults; times are in seconds since 1970. Raises UnfitError."""
    known = {one.name: one for one in parameters if one.place == "query"}
    if strange := sorted(set(query) - known.keys()):
        raise UnfitError(f"unknown parameter {strange[0][:50]!r}; there are {', '.join(sorted(known)) or 'none'}")
    return {name: _value(one, query.getlist(name)) for name, one in known.items()}


def fit(schema: Schema, given: str, name: str) -> Any:
    """Convert and check one value. Raises UnfitError."""
    kind = schema["type"]
    if kind == "integer":
        return _number(schema, given, name)
    if kind == "boolean":
        if given not in ("true", "false"):
            raise UnfitError(f"{name} must be true or false")
        return given == "true"
    if not schema.get("minLength", 0) <= len(given) <= schema.get("maxLength", 10_000):
        raise UnfitError(f"{name} must have {schema.get('minLength', 0)} to {schema.get('maxLength')} characters")
    if "enum" in schema and given not in schema["enum"]:
        raise UnfitError(f"{name} must be one of {', '.join(schema['enum'])}")
    if "pattern" in schema and not re.search(schema["pattern"], given):
        raise UnfitError(f"{name} must match {schema['pattern']}")
    return _seconds(given, name) if schema.get("format") == "date-time" else given


def _value(one: Parameter, given: Sequence[str]) -> Any:
    if one.schema["type"] == "array":
        if len(given) > one.schema["maxItems"]:
            raise UnfitError(f"{one.name} may be given {one.schema['maxItems']} times")
        return tuple(fit(one.schema["items"], value, one.name) for value in given)
    if len(given) > 1:
        raise UnfitError(f"{one.name} is given twice")
    if one.required and not given:
        raise UnfitError(f"{one.name} is missing")
    return fit(one.schema, given[0], one.name) if given else one.schema.get("default")


def _number(schema: Mapping[str, Any], given: str, name: str) -> int:
    if not WHOLE.fullmatch(given) or not given.isascii() or not schema["minimum"] <= int(given) <= schema["maximum"]:
        raise UnfitError(f"{name} must be a whole number from {schema['minimum']} to {schema['maximum']}")
    return int(given)


def _seconds(given: str, name: str) -> float:
    """Convert an RFC 3339 time or a date (UTC without a zone) to seconds since 1970; earlier times count as 1970."""
    try:
        if not TIME.fullmatch(given):
            raise ValueError(given)
        found = datetime.fromisoformat(given.upper())
        return min(max(0.0, (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()), FAR_S)
    except OverflowError:
        return 0.0 if given.startswith("0") else FAR_S
    except ValueError:
        raise UnfitError(f"{name} must be a time such as 2024-01-31T08:00:00Z") from None
