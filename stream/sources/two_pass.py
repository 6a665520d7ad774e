"""A source of texts that is read twice, for jobs whose second pass needs the result of the first.

Input that cannot be read again is copied to files in a temporary folder during the first pass. A block of plain lines
is one text with line feeds in it. Invalid bytes become U+FFFD and are counted; JSON lines without a text are counted
and left out.
Guarantee: both passes return the same texts, unless the files are changed in between.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import BinaryIO

import numpy as np
import orjson

from stream.errors import SourceError
from stream.sources.base import Block, FileTexts, TextSource, blocks_of
from stream.text.fields import first_at, unwrapped
from stream.text.message import TextSettings
from stream.text.message_batch import plain_texts
from stream.text.runs import U32, points_of

MAX_LINE_BYTES = 8 << 20
REPLACED = "\ufffd"
LINE_FEED = 10
KEPT = {True: "json", False: "plain"}


@contextmanager
def rereadable(source: TextSource, settings: TextSettings, clean: bool = False) -> Iterator["TwoPass"]:
    """Open a source to be read twice. Raises SourceError if there is no temporary folder.

    With `clean` only the prose of the texts is returned.
    """
    try:
        folder = TemporaryDirectory(prefix="new-words-")
    except OSError as error:
        raise SourceError(f"temporary folder: {error.strerror}") from error
    with folder as name:
        yield TwoPass(source, Path(name), settings, clean)


@dataclass(slots=True)
class Unread:
    """Counts of what could not be read as it was."""

    texts: int = 0
    shown: bytes = b""
    """The first line without a JSON text."""
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


class TwoPass:
    """The texts of a source, block by block, to be read twice.

    Input that cannot be read again is copied to `folder`.
    """

    def __init__(self, source: TextSource, folder: Path, settings: TextSettings, clean: bool = False) -> None:
        self.unread = Unread()
        self.total_bytes = 2 * source.total_bytes if source.lasts and source.total_bytes is not None else None
        """Of both passes, as they lie on disk; None if nobody knows."""
        self.read_bytes = 0
        """Bytes read in both passes together."""
        self.lines = 0
        """Lines read in both passes together."""
        self._source, self._folder, self._settings = source, folder, replace(settings, format="json")
        self._skip = settings.skip if clean else None
        self._lock, self._shown_of = Lock(), 1 << 62

    def first(self) -> Iterator[Callable[[], U32]]:
        """Yield functions that return the code points of a block with a 0 after each text, for any thread and order.

        Counts what cannot be read.
        """
        with ExitStack() as kept:
            files: dict[bool, BinaryIO] = {}
            for number, block in enumerate(self._blocks(self._source)):
                if not self._source.lasts:
                    self._keep(block, files, kept)
                yield partial(self._read, number, block)
            self.unread.oversized = self._source.oversized

    def second(self) -> Iterator[Callable[[], U32]]:
        """Do the same once more over the same lines."""
        again = [self._source] if self._source.lasts else self._kept()
        for source in again:
            for block in self._blocks(source):
                yield partial(self._points, block, Unread())

    def _points(self, block: Block, unread: Unread) -> U32:
        points = _texts(block, unread, self._settings)
        if self._skip is None:
            return points
        from stream.text.clean import prose_points  # its patterns take a third of the start-up of `discover`

        return prose_points(np.where(points == LINE_FEED, np.uint32(0), points), self._skip)  # each line by itself

    def _read(self, number: int, block: Block) -> U32:
        unread = Unread()
        points = self._points(block, unread)
        with self._lock:
            self.unread.texts += unread.texts
            self.unread.bad_json += unread.bad_json
            self.unread.bad_utf8 += unread.bad_utf8
            if unread.shown and number < self._shown_of:  # blocks may be read in any order
                self.unread.shown, self._shown_of = unread.shown, number
        return points

    def _blocks(self, source: TextSource) -> Iterator[Block]:
        before_bytes = self.read_bytes
        with closing(blocks_of(source)) as blocks:
            for block in blocks:
                self.read_bytes = before_bytes + source.read_bytes
                self.lines += block.lines
                yield block

    def _keep(self, block: Block, files: dict[bool, BinaryIO], kept: ExitStack) -> None:
        try:
            if block.json not in files:
                files[block.json] = kept.enter_context((self._folder / KEPT[block.json]).open("wb"))
            files[block.json].writelines((block.data, b"\n"))
        except OSError as error:
            raise SourceError(f"keeping the input in {self._folder}: {error.strerror}") from error

    def _kept(self) -> list[TextSource]:
        there = [(path, form) for form in KEPT.values() if (path := self._folder / form).exists()]
        return [FileTexts([str(path)], form, max_line_bytes=1 << 62) for path, form in there]


def _texts(block: Block, unread: Unread, settings: TextSettings) -> U32:
    if not block.json:
        unread.texts += block.lines
        return points_of([_decoded(block.data, unread)])  # a line feed separates like any other character
    points, others = plain_texts(block.data, settings)
    unread.texts += block.lines - len(others)
    texts = [text for line in others if (text := _json_text(line, unread, settings)) is not None]
    return np.concatenate((points, points_of(texts))) if texts else points


def _json_text(line: bytes, unread: Unread, settings: TextSettings) -> str | None:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        if not line.strip():
            return None
        try:
            record = orjson.loads(_decoded(line, unread))
        except orjson.JSONDecodeError:
            record = None
    record = unwrapped(record) if isinstance(record, str) else record
    text = first_at(record, settings.field) if isinstance(record, dict) else None
    if isinstance(text, str):
        unread.texts += 1
        return text
    unread.bad_json += 1
    unread.shown = unread.shown or line
    return None


def _decoded(data: bytes, unread: Unread) -> str:
    text = data.decode("utf-8", "replace")
    unread.bad_utf8 += text.count(REPLACED) - data.count(REPLACED.encode())
    return text
