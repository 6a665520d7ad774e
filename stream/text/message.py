"""Decodes one record to its text, time and source, or to the reason why it cannot be read.

A bad message is data, not an error: it becomes a `Rejected` with a reason from a closed list, and the caller counts it
and keeps its bytes. A time in the far future is replaced, so that one wrong clock does not make all other texts old.
"""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import orjson

from stream.text.fields import Fields, first_at, unwrapped
from stream.text.runs import ALL, SCRIPTS
from stream.text.times import fault, is_missing, when, zone_of

REASONS = ("too_large", "not_utf8", "not_json", "no_text", "empty", "bad_time", "damaged")
"""Why a record is a dead letter; `damaged` are batches of records that cannot be unpacked (`log.batch_bytes`)."""
NAME_CHARS = 200  # of a source
FOLDS = ("none", "traditional")
SKIP = ("links", "names", "emails", "markup", "emoticons", "files", "hashes", "symbols", "boilerplate", "bylines")
"""What may stand in `text.skip`; all of it by default."""
Paths = Annotated[tuple[str, ...], "one or several"]
"""A setting that names one field, or several in order of preference."""


@dataclass(frozen=True, slots=True)
class TextSettings:
    """Settings of the section `text`: how records are read and what of a text is counted."""

    format: str = "json"
    field: Paths = Fields().text
    ts_field: Paths = Fields().ts
    source_field: Paths = Fields().source
    zone: str = "UTC"
    max_bytes: int = 1_000_000
    max_chars: int = 100_000
    scripts: tuple[str, ...] = (ALL,)
    skip: tuple[str, ...] = SKIP
    fold: str = "none"
    max_ahead_s: float = 300.0

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = [(key, "must be at least 1") for key in ("max_bytes", "max_chars") if getattr(self, key) < 1]
        if self.format not in ("json", "plain"):
            wrong.append(("format", "must be json or plain"))
        unknown = [name for name in self.scripts if name not in (*SCRIPTS, ALL)]
        if unknown or not self.scripts:
            wrong.append(("scripts", f"must name some of {', '.join(SCRIPTS)}, or {ALL}"))
        if not set(self.skip) <= set(SKIP):
            wrong.append(("skip", f"must name some of {', '.join(SKIP)}"))
        if self.fold not in FOLDS:
            wrong.append(("fold", f"must be {' or '.join(FOLDS)}"))
        if not any(self.field):
            wrong.append(("field", "must name a field"))
        try:
            zone_of(self.zone)
        except ValueError:
            wrong.append(("zone", "must be a time zone such as +08:00 or Asia/Shanghai"))
        if self.max_ahead_s < 0:
            wrong.append(("max_ahead_s", "must not be negative"))
        return wrong

    @property
    def fields(self) -> Fields:
        """The paths of text, time and source in a record."""
        return Fields(self.field, self.ts_field, self.source_field)


class Text(NamedTuple):
    """One text and where it came from. `at_s` is event time in seconds since 1970.

    For many texts see `text_batch.TextBatch`.
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
    """Read one record. `at_s` is the time of the record, which is used if the text has none.

    A text more than `max_ahead_s` ahead of `now_s` gets the time of its record, so that one wrong clock does not make
    the texts of all others late.
    """
    if value is None or not value.strip():
        return Rejected("empty", partition, offset)
    if len(value) > settings.max_bytes:
        return Rejected("too_large", partition, offset)
    source, came_s = None, at_s
    if settings.format == "json":
        record = parsed(value)
        if not isinstance(record, dict):
            return Rejected("not_json" if _is_utf8(value) else "not_utf8", partition, offset)
        text, source = first_at(record, settings.field), first_at(record, settings.source_field)
        if not isinstance(text, str):
            return Rejected("no_text", partition, offset)
        stamp = first_at(record, settings.ts_field)
        if not is_missing(stamp):
            own_s = when(stamp, zone_of(settings.zone))
            if own_s is None:
                return Rejected("bad_time", partition, offset)
            at_s = own_s
    else:
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            return Rejected("not_utf8", partition, offset)
    if not text.strip():
        return Rejected("empty", partition, offset)
    clamped = at_s > now_s + settings.max_ahead_s
    name = (
        str(source)[:NAME_CHARS] if isinstance(source, str | int | float) else None
    )  # lists and objects are no source
    return Text(
        text[: settings.max_chars], min(came_s, now_s) if clamped else at_s, name, topic, partition, offset, clamped
    )


def time_fault(value: bytes, settings: TextSettings) -> str:
    """Return why the time of a rejected record cannot be read, with a hint at its unit."""
    stamp = first_at(parsed(value), settings.ts_field)
    return f"{stamp if isinstance(stamp, str) else orjson.dumps(stamp).decode()} {fault(stamp)}"


def parsed(value: bytes) -> Any:
    """Parse JSON; JSON encoded twice is decoded twice. None if it is not JSON."""
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return unwrapped(record) if isinstance(record, str) else record


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
