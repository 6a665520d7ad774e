"""files, pipes, stdin -> texts, to be read twice: for jobs whose second pass needs what the first one found.

What cannot be read again flows into a file of a temporary folder while it is read first, unpacked. A line is a plain
text, or a JSON object with a field "text". Lines come in batches of some 4 MiB; a batch of plain lines is one text with
line feeds in it. Broken bytes become U+FFFD and are counted, as are lines that are no such JSON and are left out.
Invariant: both passes give the same texts, unless somebody writes to the files meanwhile.
"""

import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from stream.errors import SourceError
from stream.io.files import STDIN, LineReader, open_lines

BATCH_BYTES = 4 << 20
MAX_LINE_BYTES = 8 << 20
JSON_SUFFIXES = (".jsonl", ".ndjson")
PACKED_SUFFIXES = (".gz", ".xz", ".zst")
BOM, REPLACED = b"\xef\xbb\xbf", "\ufffd"


@contextmanager
def rereadable(paths: Sequence[str], form: str) -> Iterator["Rereadable"]:
    """Open paths as `open_lines` does; `form` is json, plain, or auto: json where the name ends in .jsonl or .ndjson.

    Raises SourceError if something is not there or cannot be kept.
    """
    try:
        folder = TemporaryDirectory(prefix="new-words-")
    except OSError as error:
        raise SourceError(f"temporary folder: {error.strerror}") from error
    with folder as name:
        yield Rereadable(open_lines(paths).paths, form, Path(name))


@dataclass(slots=True)
class Unread:
    """What could not be read as it stands."""

    bad_json: int = 0
    bad_utf8: int = 0
    oversized: int = 0

    def __str__(self) -> str:
        said = (
            (self.bad_json, "lines without a JSON text left out"),
            (self.bad_utf8, "places of broken UTF-8"),
            (self.oversized, f"lines cut at {MAX_LINE_BYTES >> 20} MiB"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in said if count)


class Rereadable:
    """Texts of files, pipes and stdin, batch by batch, to be read twice; what flows by is kept in `folder`."""

    def __init__(self, paths: Sequence[str], form: str, folder: Path) -> None:
        self.unread = Unread()
        total = LineReader(paths).total_bytes
        self.total_bytes = None if total is None else 2 * total
        """Of both passes, as they lie on disk; None if one is a pipe and nobody knows."""
        self.read_bytes = 0
        """Bytes read in both passes together."""
        self.lines = 0
        """Lines read in both passes together."""
        self._inputs = [(path, is_json(path, form)) for path in paths]
        self._again: list[tuple[str, bool]] = []
        self._folder = folder

    def first(self) -> Iterator[list[str]]:
        """The first pass; counts what cannot be read."""
        for path, json in self._inputs:
            kept = None if is_regular(path) else self._folder / str(len(self._again))
            self._again.append((path if kept is None else str(kept), json))
            reader = LineReader([path], MAX_LINE_BYTES)
            batches = self._batches(reader)
            yield from _texts(batches if kept is None else _keep(batches, kept), json, self.unread)
            self.unread.oversized += reader.oversized

    def second(self) -> Iterator[list[str]]:
        """The second pass, over the same lines."""
        for path, json in self._again:
            yield from _texts(self._batches(LineReader([path], MAX_LINE_BYTES)), json, Unread())

    def _batches(self, reader: LineReader) -> Iterator[list[bytes]]:
        before_bytes, held, held_bytes = self.read_bytes, list[bytes](), 0
        for lines in reader.batches(BATCH_BYTES):
            held += lines
            held_bytes += sum(map(len, lines))
            self.read_bytes = before_bytes + reader.read_bytes
            self.lines += len(lines)
            if held_bytes + len(held) >= BATCH_BYTES:
                yield held
                held, held_bytes = [], 0
        if held:
            yield held


def _keep(batches: Iterable[list[bytes]], path: Path) -> Iterator[list[bytes]]:
    try:
        with path.open("wb") as file:
            for lines in batches:
                file.writelines(line + b"\n" for line in lines)
                yield lines
    except OSError as error:
        raise SourceError(f"keeping the input in {path.parent}: {error.strerror}") from error


def _texts(batches: Iterable[list[bytes]], json: bool, unread: Unread) -> Iterator[list[str]]:
    for lines in batches:
        if json:
            yield [text for line in lines if (text := _json_text(line, unread)) is not None]
        else:
            yield [_decoded(b"\n".join(lines), unread)]  # one text: a line feed separates like any other character


def _json_text(line: bytes, unread: Unread) -> str | None:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        if not line.strip():
            return None
        try:
            fields = orjson.loads(_decoded(line.removeprefix(BOM), unread))
        except orjson.JSONDecodeError:
            fields = None
    text = fields.get("text") if isinstance(fields, dict) else None
    if isinstance(text, str):
        return text
    unread.bad_json += 1
    return None


def _decoded(data: bytes, unread: Unread) -> str:
    text = data.decode("utf-8", "replace")
    unread.bad_utf8 += text.count(REPLACED) - data.count(REPLACED.encode())
    return text


def is_json(path: str, form: str) -> bool:
    """Whether lines of that file are JSON; `form` is json, plain, or auto: by its name."""
    name = Path(path)
    if name.suffix.lower() in PACKED_SUFFIXES:
        name = name.with_suffix("")
    return form == "json" or (form == "auto" and name.suffix.lower() in JSON_SUFFIXES)


def is_regular(path: str) -> bool:
    """Whether it is a file, to be read as often as one likes, or nothing yet; not stdin, a pipe or a device."""
    try:
        return path != STDIN and stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return True
