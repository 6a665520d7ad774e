"""Convert a table row to a JSON line, as if it had been read from a file with the same field mapping.

No row is dropped here. A row that cannot be read becomes a line that cannot be read for the same reason, so
`text.message.decode` alone decides what is readable, for all sources.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from stream.errors import UsageError
from stream.text.fields import Fields, at_path

USUAL = Fields()
OPTIONS = {"text": "--column", "ts": "--ts-column", "source": "--source-column"}
KEYS = {"text": "text.field", "ts": "text.ts_field", "source": "text.source_field"}
Place = tuple[int, str]
"""A column and a path within its values; an empty path is the value itself."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of text, time and source in one table: for each, the places to look at, in order."""

    text: tuple[Place, ...]
    ts: tuple[Place, ...]
    source: tuple[Place, ...]

    @classmethod
    def of(cls, fields: Fields, names: Sequence[str], besides: str | None = None) -> "Columns":
        """Resolve a field mapping to columns. A single column (not counting `besides`) is the text, whatever its name.

        Raises UsageError if there is no text column, or none of the names given.
        """
        others = [name for name in names if name != besides]
        if fields.text == USUAL.text and "text" not in names and len(others) == 1:
            text: tuple[Place, ...] = ((names.index(others[0]), ""),)
        else:
            text = _required("text", fields.text, names)
        ts, source = (
            _places(paths, names) if paths == usual or not any(paths) else _required(which, paths, names)
            for which, paths, usual in (("ts", fields.ts, USUAL.ts), ("source", fields.source, USUAL.source))
        )
        return cls(text, ts, source)

    @property
    def wanted(self) -> list[int]:
        """The columns in use, sorted."""
        return sorted({column for column, _ in (*self.text, *self.ts, *self.source)})

    def values(self, row: Sequence[Any]) -> tuple[Any, Any, Any]:
        """Text, time and source of a row; None for columns a short row does not have."""
        return _of(row, self.text), _of(row, self.ts), _of(row, self.source)


def row_line(text: Any, ts: Any, source: Any, fields: Fields = USUAL) -> bytes:
    """The JSON line of a row's text (str or UTF-8 bytes), time and source; None for a missing one.

    >>> row_line("天气", datetime(2021, 1, 1), 7).decode()
    '{"text":"天气","ts":"2021-01-01T00:00:00","source":"7"}'
    >>> row_line(None, None, None)
    b''
    """
    if text is None:
        return b""
    if isinstance(text, bytes | bytearray | memoryview):
        text = bytes(text).decode("utf-8", "surrogateescape")
    named = None if source is None else str(source).encode("utf-8", "replace").decode()
    record = fields.record(text if isinstance(text, str) else False, None if ts is None else _ts(ts), named)
    try:
        return orjson.dumps(record)
    except orjson.JSONEncodeError:  # not UTF-8, or not a time: the reader will reject the line
        return json.dumps(record, ensure_ascii=False, default=lambda _: None).encode("utf-8", "surrogatepass")


def _required(which: str, paths: Sequence[str], names: Sequence[str]) -> tuple[Place, ...]:
    if places := _places(paths, names):
        return places
    asked, there = f"{KEYS[which]} {' or '.join(paths)}", ", ".join(names)
    raise UsageError(f"{asked}: there is no such column; there are {there} ({OPTIONS[which]} names one)")


def _places(paths: Sequence[str], names: Sequence[str]) -> tuple[Place, ...]:
    """Return for each path the column of that name, else the column whose name begins the path."""
    places = []
    for path in paths:
        if path in names:
            places.append((names.index(path), ""))
            continue
        heads = [path[:at] for at, one in enumerate(path) if one == "." and path[:at] in names]
        places += [(names.index(head), path[len(head) + 1 :]) for head in heads[:1]]
    return tuple(places)


def _of(row: Sequence[Any], places: Sequence[Place]) -> Any:
    """Return the value of the first place that is not empty."""
    for column, path in places:
        if column < len(row) and row[column] is not None:
            value = at_path(row[column], path) if path else row[column]
            if value is not None and value != "":
                return value
    return "" if any(column < len(row) and row[column] == "" for column, _ in places) else None


def _ts(ts: Any) -> Any:
    """Return a time in a form that `text.times.when` reads; without a zone, `text.zone` will apply."""
    if isinstance(ts, datetime | date):
        return ts.isoformat()
    return float(ts) if isinstance(ts, Decimal) else ts
