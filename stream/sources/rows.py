"""A row of a table -> a line of JSON, as if it had stood in a file: `{"text": …, "ts"?: …, "source"?: …}`.

Nothing is left out here. A row that cannot be read becomes a line that cannot be read for the same reason, so that
there is one judge of what is readable (`stages.text.decode`), wherever a text comes from.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from stream.errors import UsageError


@dataclass(frozen=True, slots=True)
class Fields:
    """Which column or field is the text, its time, and who wrote it."""

    text: str = "text"
    ts: str = "ts"
    source: str = "source"

    def places(self, names: Sequence[str], besides: str | None = None) -> tuple[int, int | None, int | None]:
        """Where text, ts and source stand among the columns; the only one (`besides` apart) is the text whatever it is
        called. Raises UsageError if there is no text, or nothing of a name that somebody asked for.
        """
        others = [name for name in names if name != besides]
        usual, there = Fields(), ", ".join(names)
        text = self.text if self.text in names or self.text != usual.text or len(others) != 1 else others[0]
        if text not in names:
            raise UsageError(f"--column {text}: there is no such column; there are {there}")
        for option, name, known in (("ts", self.ts, usual.ts), ("source", self.source, usual.source)):
            if name not in names and name not in (known, ""):
                raise UsageError(f"--{option}-column {name}: there is no such column; there are {there}")
        ts, source = (names.index(name) if name in names else None for name in (self.ts, self.source))
        return names.index(text), ts, source


def row_line(text: Any, ts: Any, source: Any) -> bytes:
    """A line of a row's text (str or UTF-8 bytes), time and source; None where there is none.

    >>> row_line("天气", datetime(2021, 1, 1), 7).decode()
    '{"text":"天气","ts":"2021-01-01T00:00:00+00:00","source":"7"}'
    >>> row_line(None, None, None)
    b''
    """
    if text is None:
        return b""
    if isinstance(text, bytes | bytearray | memoryview):
        text = bytes(text).decode("utf-8", "surrogateescape")
    fields = {"text": text if isinstance(text, str) else None}
    if ts is not None:
        fields["ts"] = _ts(ts)
    if source is not None:
        fields["source"] = str(source).encode("utf-8", "replace").decode()
    try:
        return orjson.dumps(fields)
    except orjson.JSONEncodeError:  # no UTF-8, or no time: such a line is what whoever reads it will reject
        return json.dumps(fields, ensure_ascii=False, default=lambda _: None).encode("utf-8", "surrogatepass")


def of_row(row: Sequence[Any], place: int | None) -> Any:
    """A value of a row; None where there is no such column, or the row ends before it."""
    return row[place] if place is not None and place < len(row) else None


def _ts(ts: Any) -> Any:
    """A time as `stages.text.when` reads it: a number of seconds, or ISO 8601, UTC where it names no zone."""
    if isinstance(ts, datetime):
        return (ts if ts.tzinfo else ts.replace(tzinfo=UTC)).isoformat()
    if isinstance(ts, date):
        return ts.isoformat()
    return float(ts) if isinstance(ts, Decimal) else ts
