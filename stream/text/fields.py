"""A record -> the values of its text, its time and its source, by one mapping for every kind of source.

A path names a field, or a field within a field: `user.id`, `payload.after.content`, `choices.0.text`. Keys that contain
dots are found too, and so are fields within JSON that was encoded into a string. If several paths are given, the first
one that has a value is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from stream.text.times import when

DEEPEST = 3  # levels that `likely` looks at
LIKELY_CHARS = 4


@dataclass(frozen=True, slots=True)
class Fields:
    """Paths to the text, its time and its source, in order of preference."""

    text: tuple[str, ...] = ("text",)
    ts: tuple[str, ...] = ("ts",)
    source: tuple[str, ...] = ("source", "src")

    def record(self, text: Any, ts: Any, source: Any) -> dict[str, Any]:
        """A record that this mapping reads as these values; None is left out.

        >>> Fields(("content",), ("at",), ("user.id",)).record("天气", None, "7")
        {'content': '天气', 'user': {'id': '7'}}
        """
        record: dict[str, Any] = {}
        for paths, value in ((self.text, text), (self.ts, ts), (self.source, source)):
            if value is not None and paths:
                _put(record, paths[0], value)
        return record


def at_path(record: Any, path: str) -> Any:
    """The value at a path; None where there is none.

    >>> at_path({"user": {"id": 7}, "log.level": "warn"}, "user.id"), at_path({"log.level": "warn"}, "log.level")
    (7, 'warn')
    """
    if isinstance(record, dict):
        if path in record:
            return record[path]
        at = path.find(".")
        while at > 0:
            inner = record.get(path[:at])
            if inner is not None and (found := at_path(inner, path[at + 1 :])) is not None:
                return found
            at = path.find(".", at + 1)
    elif isinstance(record, list):
        head, _, rest = path.partition(".")
        if head.isdecimal() and len(head) < 6 and int(head) < len(record):
            return at_path(record[int(head)], rest) if rest else record[int(head)]
    elif isinstance(record, str) and record[:1] in ("{", "["):
        return at_path(unwrapped(record), path)
    return None


def unwrapped(text: str) -> Any:
    """Return the value of JSON in a string; None if it is not JSON or is only a string again."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict | list) else None


def first_at(record: Any, paths: Sequence[str]) -> Any:
    """Return the value of the first path that has one; an empty text is returned only if no other path has a value."""
    empty = None
    for path in paths:
        value = record.get(path) if isinstance(record, dict) and path in record else at_path(record, path)
        if value is not None and value != "":
            return value
        empty = value if empty is None else empty
    return empty


def likely(record: Any) -> Fields:
    """Paths of a record that look like a text and like a time; for hints, never for reading.

    >>> likely({"id": 1, "content": "天气好热", "created_at": "2024-01-01T08:00:00Z"}).text
    ('content',)
    """
    texts: list[tuple[int, str]] = []
    times: list[str] = []
    for path, value in _leaves(record, "", 0):
        if when(value) is not None:
            times.append(path)
        elif isinstance(value, str) and len(value) >= LIKELY_CHARS:
            texts.append((sum(character >= "\u3000" or character == " " for character in value), path))
    texts.sort(key=lambda one: -one[0])
    return Fields(tuple(path for _, path in texts[:1]), tuple(times[:1]), ())


def _leaves(record: Any, before: str, depth: int) -> list[tuple[str, Any]]:
    if isinstance(record, str) and record[:1] == "{":
        record = unwrapped(record) or record
    if not isinstance(record, dict) or depth >= DEEPEST or (depth and "$date" in record):
        return [(before, record)] if before else []
    found = []
    for key, value in list(record.items())[:50]:
        found += _leaves(value, f"{before}.{key}" if before else str(key), depth + 1)
    return found


def _put(record: dict[str, Any], path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        record = record.setdefault(name, {})
    record[last] = value
