"""bytes -> text: what a record says, or the reason why it cannot be read.

A bad message is data, not an error: it comes back as a `Rejected` with a reason from a closed list, and whoever reads
the source counts it and keeps its bytes. A text from the far future is clamped, never trusted: one skewed clock must
not push everybody else's words into the past.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from stream.text.runs import SCRIPTS

REASONS = ("too_large", "not_utf8", "not_json", "no_text", "empty", "bad_time", "damaged")
"""Why a record is a dead letter; `damaged` are batches of records that cannot be unpacked (`log.batch_bytes`)."""
NAME_CHARS = 200  # of a source
_YEAR_5138_S = 1e11  # a greater number is of milliseconds


@dataclass(frozen=True, slots=True)
class TextSettings:
    format: str = "json"
    max_bytes: int = 1_000_000
    max_chars: int = 100_000
    scripts: tuple[str, ...] = ("han", "latin", "digit")
    max_ahead_s: float = 300.0

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        wrong = [(key, "must be at least 1") for key in ("max_bytes", "max_chars") if getattr(self, key) < 1]
        if self.format not in ("json", "plain"):
            wrong.append(("format", "must be json or plain"))
        unknown = [name for name in self.scripts if name not in SCRIPTS]
        if unknown or not self.scripts:
            wrong.append(("scripts", f"must name some of {', '.join(SCRIPTS)}"))
        if self.max_ahead_s < 0:
            wrong.append(("max_ahead_s", "must not be negative"))
        return wrong


class Text(NamedTuple):
    """One text and where it came from. `at_s` is event time, seconds since 1970 UTC.

    Of many see `texts.TextBatch`.
    """

    text: str
    at_s: float
    source: str | None
    topic: str
    partition: int
    offset: int
    clamped: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read; `reason` is one of `REASONS`."""

    reason: str
    partition: int
    offset: int


def decode(
    value: bytes | None, at_s: float, now_s: float, topic: str, partition: int, offset: int, settings: TextSettings
) -> Text | Rejected:
    """Read one record. `at_s` is the record's own time, used where the text names none.

    What is ahead of `now_s` by more than `max_ahead_s` counts as of when it came: one skewed clock must not make the
    texts of all others late.
    """
    if value is None or not value.strip():
        return Rejected("empty", partition, offset)
    if len(value) > settings.max_bytes:
        return Rejected("too_large", partition, offset)
    source, came_s = None, at_s
    if settings.format == "json":
        try:
            fields = orjson.loads(value)
        except orjson.JSONDecodeError:
            return Rejected("not_json" if _is_utf8(value) else "not_utf8", partition, offset)
        if not isinstance(fields, dict):
            return Rejected("not_json", partition, offset)
        text, source = fields.get("text"), fields.get("source", fields.get("src"))
        if not isinstance(text, str):
            return Rejected("no_text", partition, offset)
        if "ts" in fields:
            stamp = when(fields["ts"])
            if stamp is None:
                return Rejected("bad_time", partition, offset)
            at_s = stamp
    else:
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            return Rejected("not_utf8", partition, offset)
    if not text.strip():
        return Rejected("empty", partition, offset)
    clamped = at_s > now_s + settings.max_ahead_s
    name = str(source)[:NAME_CHARS] if isinstance(source, str | int | float) else None  # lists and objects name nobody
    return Text(
        text[: settings.max_chars], min(came_s, now_s) if clamped else at_s, name, topic, partition, offset, clamped
    )


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def when(stamp: Any) -> float | None:
    """Seconds since 1970 UTC of an ISO 8601 string (UTC where it names no zone) or a number of s or ms; else None.

    None for a time before 1970 too: no text here is that old, and the year 0 could not be written in an event.

    >>> when("2021-01-01T08:00:00+08:00"), when(1609459200), when(1609459200000), when("soon")
    (1609459200.0, 1609459200.0, 1609459200.0, None)
    """
    if isinstance(stamp, bool):
        return None
    if isinstance(stamp, int | float):
        seconds = float(stamp) / (1000 if abs(stamp) > _YEAR_5138_S else 1)
        return seconds if 0 <= seconds < _YEAR_5138_S else None
    if isinstance(stamp, str):
        try:
            parsed = datetime.fromisoformat(stamp)
        except ValueError:
            return None
        seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        return seconds if seconds >= 0 else None
    return None
