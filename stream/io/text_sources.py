"""Where text lives -> messages for the topic `raw-text`: what every source gives, and files, archives, stdin.

A source gives batches, each with a *cursor*: what to hand back to go on behind that batch. A cursor is plain JSON, so
it can be kept. Whatever the segmenter would reject (broken, empty, too large) is counted by reason here and not sent.
Deliberately unknown here: Kafka, how fast, how often again. `sql_source` and `mongo_source` are the other sources.
Cost: one block of a file and one batch are held; resuming a file reads over what was done.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import orjson

from stream.io.files import STDIN, LineReader, open_lines
from stream.io.rereadable import is_json, is_regular
from stream.stages.text import Rejected, TextSettings, decode

BOM = b"\xef\xbb\xbf"
BATCH_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Message:
    """One text as it goes into the topic; its key is its source, where it names one."""

    key: bytes | None
    value: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """`cursor` stands behind the last of them; None where the source cannot go on from a point."""

    messages: list[Message]
    cursor: Any


class TextSource(Protocol):
    """To be read once. Raises SourceError if it cannot be read."""

    name: str
    """What a cursor belongs to. Without password."""
    total_bytes: int | None
    read_bytes: int

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        """Up to `most` texts each, from behind `cursor`, None = from the beginning. Who stops early closes it."""


class Encoder:
    """Rows and lines -> messages in the format the service reads (`text.format`)."""

    def __init__(self, settings: TextSettings) -> None:
        self.rejected: Counter[str] = Counter()
        """How many were left out, by reason (`stages.text.REASONS`)."""
        self.settings = settings
        self._of_form = {form: replace(settings, format=form) for form in ("json", "plain")}

    def line(self, line: bytes, json: bool) -> Message | None:
        """A line of a file. One that is in our format already goes on byte by byte, with all its fields."""
        line = line.removeprefix(BOM).rstrip(b"\r")
        form = "json" if json else "plain"
        item = decode(line, 0.0, float("inf"), "", 0, 0, self._of_form[form])
        if isinstance(item, Rejected):
            return self._left_out(item.reason)
        if form == self.settings.format:
            return Message(_key(item.source), line)
        return self.row(item.text, None, item.source)

    def row(self, text: Any, ts: Any, source: Any) -> Message | None:
        """A row of a database: text (str or UTF-8 bytes), time and source, None where there is none."""
        if isinstance(text, bytes | bytearray | memoryview):
            text = bytes(text).decode("utf-8", "surrogateescape")
        if not isinstance(text, str):
            return self._left_out("empty" if text is None else "no_text")
        name = None if source is None else str(source).encode("utf-8", "replace").decode()
        try:
            value = text.encode()
        except UnicodeEncodeError:
            return self._left_out("not_utf8")
        if self.settings.format == "json":
            fields = {"text": text, "ts": _ts(ts), "source": name}
            try:
                value = orjson.dumps({key: field for key, field in fields.items() if field is not None})
            except orjson.JSONEncodeError:
                return self._left_out("bad_time")
        item = decode(value, 0.0, float("inf"), "", 0, 0, self.settings)
        if isinstance(item, Rejected):
            return self._left_out(item.reason)
        return Message(_key(name), value)

    def _left_out(self, reason: str) -> Message | None:
        self.rejected[reason] += 1
        return None


class FileTexts:
    """Lines of files, globs and stdin. The cursor holds the lines done of each file, so files may grow and be joined by
    others between two runs (a last line counts, with or without a line feed). What flows by is not in the cursor.
    A file is read once, however often it is named: patterns may overlap.
    """

    def __init__(self, paths: Sequence[str], form: str, encoder: Encoder) -> None:
        found = {path if path == STDIN else str(Path(path).resolve()): path for path in open_lines(paths).paths}
        self.name = "files"
        self.total_bytes = LineReader(list(found.values())).total_bytes
        self.read_bytes = 0
        self._found, self._form, self._encoder = found, form, encoder

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        done: dict[str, int] = dict(cursor or {})
        for name, path in self._found.items():
            before_bytes, lasts = self.read_bytes, is_regular(path)
            reader = LineReader([path], self._encoder.settings.max_bytes + 1)
            json, skip, at = is_json(path, self._form), done.get(name, 0) if lasts else 0, 0
            for lines in _grouped(reader.batches(most), most if lasts else 1):
                at += len(lines)
                self.read_bytes = before_bytes + reader.read_bytes
                fresh = lines[max(0, len(lines) - (at - skip)) :] if at > skip else []
                if fresh:
                    done |= {name: at} if lasts else {}
                    yield Batch([m for line in fresh if (m := self._encoder.line(line, json))], dict(done))


def _grouped(batches: Iterator[list[bytes]], least: int) -> Iterator[list[bytes]]:
    """Joined until there are `least` lines or some megabytes. Batches of a pipe stay as they came: nobody waits."""
    held: list[bytes] = []
    held_bytes = 0
    for lines in batches:
        if held and len(held) + len(lines) > least:
            yield held
            held, held_bytes = [], 0
        held += lines
        held_bytes += sum(map(len, lines))
        if len(held) >= least or held_bytes >= BATCH_BYTES:
            yield held
            held, held_bytes = [], 0
    if held:
        yield held


def _key(source: str | None) -> bytes | None:
    return None if not source else source.encode("utf-8", "replace")


def _ts(ts: Any) -> Any:
    """A time as `stages.text.when` reads it: a number of seconds, or ISO 8601, UTC where it names no zone."""
    if isinstance(ts, datetime):
        return (ts if ts.tzinfo else ts.replace(tzinfo=UTC)).isoformat()
    if isinstance(ts, date):
        return ts.isoformat()
    return float(ts) if isinstance(ts, Decimal) else ts
