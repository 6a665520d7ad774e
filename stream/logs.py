"""Configures logging to stderr: as text for people, or as JSON lines for a log store.

A JSON line has `time` (ISO 8601, UTC), `level`, `logger` and `message`; `role` if a role was at work; `partition`,
`offset` and `topic` if the message is about one; `exception` with the traceback of an error. No line contains a text of
the stream.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
FIELDS = ("role", "topic", "partition", "offset")
_role: ContextVar[str] = ContextVar("role", default="")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Settings of the section `log`."""

    level: str = "info"
    format: str = "text"

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = []
        if self.level not in LEVELS:
            wrong.append(("level", f"must be {', '.join(LEVELS[:-1])} or {LEVELS[-1]}"))
        if self.format not in FORMATS:
            wrong.append(("format", "must be text or json"))
        return wrong


def set_up(settings: LogSettings) -> None:
    """Make every logger of this process write to stderr in the configured form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLines() if settings.format == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )  # fmt: skip
    handler.addFilter(_with_role)
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)


@contextmanager
def at_work(role: str) -> Iterator[None]:
    """Attribute log lines within the `with` block to this role."""
    token = _role.set(role)
    try:
        yield
    finally:
        _role.reset(token)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Never raises: values that JSON does not know are written as text."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(),
        }  # fmt: skip
        line |= {key: record.__dict__[key] for key in FIELDS if record.__dict__.get(key) not in (None, "")}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _with_role(record: logging.LogRecord) -> bool:
    record.__dict__.setdefault("role", _role.get())
    return True
