"""The interface of a source of texts, and the source for files, archives, tables and stdin.

A source yields batches of lines (JSON objects or plain texts), each with a *cursor* that resumes reading after that
batch. A cursor is plain JSON, so it can be stored. Lines are not parsed here; `text.message` decides what is readable.
Other sources are `sql_source`, `mongo_source` and `kafka_source`; `source_options` chooses among them.
Cost: one block of a file and one batch in memory; resuming a file skips over what was done.
"""

import re
import stat
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import methodcaller
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stream.errors import UsageError
from stream.sources.csv_rows import CsvRows, CsvSettings
from stream.sources.files import AUTO, STDIN, LineReader, open_lines
from stream.sources.json_values import JsonValues, holds_values
from stream.sources.parquet_rows import ParquetRows
from stream.text.fields import Fields

BATCH_BYTES = 4 << 20
FORMS = ("auto", "json", "plain", "csv", "parquet")
FORM_OF_SUFFIX = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv", ".tsv": "csv",
                  ".parquet": "parquet"}  # fmt: skip
PACKED_SUFFIXES = (".gz", ".xz", ".zst")
LINE_FEED = 10
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines without their line feed. `cursor` resumes after the last; None if the source cannot be resumed."""

    lines: list[bytes]
    json: bool
    cursor: Any


@dataclass(frozen=True, slots=True)
class Block:
    """Lines as they lie in a file, in one piece, with line feeds between them."""

    data: bytes
    lines: int
    json: bool

    @classmethod
    def of(cls, data: bytes, json: bool) -> "Block":
        return cls(data, int(np.count_nonzero(np.frombuffer(data, np.uint8) == LINE_FEED)) + 1, json)


class TextSource(Protocol):
    """A source of texts. Methods raise SourceError if it cannot be read."""

    name: str
    """Identifies the source a cursor belongs to; contains no password."""
    total_bytes: int | None
    read_bytes: int
    lasts: bool
    """Whether `batches` can be called again, cheaply, and gives the same lines."""
    oversized: int
    """Number of lines so far that were too long and truncated."""

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        """Batches of 1 to `most` lines after `cursor` (None: from the beginning). Close it if you stop early."""


class Rows(Protocol):
    """One file as lines."""

    @property
    def read_bytes(self) -> int: ...
    @property
    def oversized(self) -> int: ...
    def batches(self, most: int) -> Iterator[list[bytes]]: ...
    def close(self) -> None: ...


class FileTexts:
    """Files, globs and stdin. The cursor holds the lines done of each file, so between two runs files may grow and
    others may be added; the last line counts with or without a line feed. Pipes and stdin are not in the cursor.
    A file is read once, even if several patterns match it.
    """

    def __init__(
        self,
        paths: Sequence[str],
        form: str = "auto",
        max_line_bytes: int = 1_000_000,
        fields: Fields | None = None,
        settings: CsvSettings | None = None,
        encoding: str = AUTO,
    ) -> None:
        found = {path if path == STDIN else str(Path(path).resolve()): path for path in open_lines(paths).paths}
        self.name = "files"
        self.total_bytes = LineReader(list(found.values())).total_bytes
        self.read_bytes = 0
        self.lasts = all(map(is_regular, found.values()))
        self.oversized = 0
        self._found, self._form, self._max_line_bytes = found, form, max_line_bytes
        self._fields, self._settings = fields or Fields(), settings or CsvSettings()
        self._encoding = encoding
        self.refuse_plain = ""
        """The option that is refused if the lines turn out to be plain text; empty if none."""

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        done: dict[str, int] = dict(cursor or {})
        self.read_bytes = self.oversized = 0
        for name, path in self._found.items():
            with closing(self._reader(path, form := form_of(path, self._form))) as reader:
                yield from self._of_file(name, path, form, reader, most, done)

    def _of_file(
        self, name: str, path: str, form: str, reader: Rows, most: int, done: dict[str, int]
    ) -> Iterator[Batch]:
        before_bytes, before_oversized = self.read_bytes, self.oversized
        lasts = is_regular(path)
        skip, at = done.get(name, 0) if lasts else 0, 0
        for lines in _grouped(reader.batches(most), most if lasts else 1):
            if form in ("json", "plain", ""):
                lines = _trimmed(lines, at == 0)
                form = self._form_seen(path, form, lines)
            at += len(lines)
            self.read_bytes = before_bytes + reader.read_bytes
            self.oversized = before_oversized + reader.oversized
            fresh = lines[max(0, len(lines) - (at - skip)) :] if at > skip else []
            if fresh:
                done |= {name: at} if lasts else {}
                yield Batch(fresh, form not in ("plain", ""), dict(done))

    def blocks(self, most_bytes: int) -> Generator[Block, None, None]:
        """Yield the lines of all files in pieces of about that many bytes, which is faster if single lines are not
        needed.
        """
        self.read_bytes = self.oversized = 0
        for path in self._found.values():
            before_bytes, before_oversized = self.read_bytes, self.oversized
            form, is_first = form_of(path, self._form), True
            with closing(self._reader(path, form)) as reader:
                for data in _pieces(reader, most_bytes):
                    if form in ("json", "plain", ""):
                        data = _trimmed_piece(data, is_first)
                        form = self._form_seen(path, form, [data])
                    is_first = False
                    self.read_bytes = before_bytes + reader.read_bytes
                    self.oversized = before_oversized + reader.oversized
                    yield Block.of(data, form not in ("plain", ""))

    def _form_seen(self, path: str, form: str, lines: list[bytes]) -> str:
        """Return the format if it is known, else detect it from these lines."""
        form = form or _seen(lines)
        if form == "plain" and self.refuse_plain:
            raise UsageError(f"{self.refuse_plain}: {path} holds plain text, which has no fields")
        return form

    def _reader(self, path: str, form: str) -> Rows:
        if form == "csv":
            return CsvRows(path, self._fields, self._settings, self._max_line_bytes, self._encoding)
        if form == "parquet":
            return ParquetRows(path, self._fields)
        lines = LineReader([path], self._max_line_bytes, self._encoding)
        if form != "plain" and holds_values(lines.head(), form == "json"):
            return JsonValues(lines, path, self._fields, self._max_line_bytes)
        return lines


def blocks_of(source: TextSource) -> Generator[Block, None, None]:
    """Yield all lines of a source in large pieces."""
    if isinstance(source, FileTexts):
        yield from source.blocks(BATCH_BYTES)
        return
    with closing(source.batches(None, BATCH_BYTES)) as batches:
        for batch in batches:
            yield Block.of(b"\n".join(batch.lines), batch.json)


def form_of(path: str, form: str) -> str:
    """Return json, plain, csv or parquet: as given, else by the file name; empty if unknown."""
    if form != "auto":
        return form
    name = Path(path)
    if name.suffix.lower() in PACKED_SUFFIXES:
        name = name.with_suffix("")
    return FORM_OF_SUFFIX.get(name.suffix.lower(), "")


_ENDS_IN_RETURN = methodcaller("endswith", b"\r")
_RETURNS = re.compile(rb"\r+(?=\n|\Z)")


def topic_name(bootstrap_servers: str, topic: str) -> str:
    """Return the name of a topic as a source."""
    return f"topic {topic} of {bootstrap_servers}"


def is_regular(path: str) -> bool:
    """Whether it is a regular file or does not exist yet, and not stdin, a pipe or a device."""
    try:
        return path != STDIN and stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return True


def _trimmed(lines: list[bytes], first: bool) -> list[bytes]:
    """Remove a byte order mark and carriage returns."""
    if first:
        lines = [lines[0].removeprefix(BOM), *lines[1:]]
    if any(map(_ENDS_IN_RETURN, lines)):
        return [line.rstrip(b"\r") for line in lines]
    return lines


def _trimmed_piece(data: bytes, first: bool) -> bytes:
    """Remove a byte order mark and carriage returns from lines in one piece."""
    data = data.removeprefix(BOM) if first else data
    return _RETURNS.sub(b"", data) if b"\r" in data else data


def _pieces(reader: Rows, most_bytes: int) -> Iterator[bytes]:
    if isinstance(reader, LineReader):
        yield from reader.pieces(most_bytes)
    else:
        yield from (b"\n".join(lines) for lines in _grouped(reader.batches(most_bytes), most_bytes))


def _seen(lines: list[bytes]) -> str:
    """Detect the format: JSON if the first line that is not blank is an object, or a string that holds one, else plain.
    Empty if all lines are blank.
    """
    first = next((line for line in map(bytes.lstrip, lines) if line), b"")
    return "json" if first.startswith((b"{", b'"{')) else "plain" if first else ""


def _grouped(batches: Iterator[list[bytes]], least: int) -> Iterator[list[bytes]]:
    """Join batches up to `least` lines or some megabytes. `least` is 1 for pipes, so that no line waits for others."""
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
