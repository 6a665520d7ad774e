"""JSON that is not one value a line -> one value a line: an array in any layout, or values in a row.

Streamed: one block of the file and one value are in memory. An array of texts becomes lines of records.
"""

import codecs
import json
import re
from collections.abc import Iterator

from stream.errors import SourceError
from stream.sources.files import LineReader
from stream.sources.rows import row_line
from stream.text.fields import Fields, unwrapped

_BETWEEN = re.compile("[\\s,\\[\\]\ufeff]*")
_DECODER = json.JSONDecoder()


def holds_values(head: bytes, is_json: bool) -> bool:
    """Whether the first block of a file begins an array, or a value of several lines.

    `is_json` if its name says JSON.
    """
    text = head.decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    if text.startswith("["):
        inner = text[1:].lstrip()[:1]
        return inner == "{" or (is_json and inner in ("", '"', "[", "]"))
    if not text.startswith("{"):
        return False
    first, feed, rest = text.partition("\n")
    is_part = bool(feed and rest.strip()) and not _is_value(first)
    return is_part and (first.strip() == "{" or _reaches_beyond(text, first))


class JsonValues:
    """The values of one file, to be read once."""

    def __init__(self, lines: LineReader, path: str, fields: Fields, longest: int) -> None:
        self._lines, self._path, self._fields, self._longest = lines, path, fields, longest
        self.oversized = 0

    @property
    def read_bytes(self) -> int:
        """Bytes read so far (packed)."""
        return self._lines.read_bytes

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def batches(self, most: int) -> Iterator[list[bytes]]:
        """Yield lists of 1 to `most` lines.

        Text that is not JSON becomes the last line; SourceError if it is too long.
        """
        for values in self._values():
            for first in range(0, len(values), most):
                yield values[first : first + most]

    def _values(self) -> Iterator[list[bytes]]:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        rest = ""
        for block in self._lines.blocks():
            text = rest + decoder.decode(block)
            values, end = self._whole(text)
            rest = text[end:]
            if len(rest) > self._longest:
                raise SourceError(f"{self._path}: no JSON, or a value of more than {self._longest:,} characters")
            if values:
                yield values
        values, end = self._whole(rest + "\n")
        left = rest[end:].strip()
        yield [*values, left.encode("utf-8", "surrogateescape")] if left else values

    def _whole(self, text: str) -> tuple[list[bytes], int]:
        """Return the values that end within a text, and where the last of them ends."""
        values, at = list[bytes](), 0
        while True:
            between = _BETWEEN.match(text, at)
            at = between.end() if between else at
            try:
                value, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                return values, at
            if end == len(text):  # a number might go on
                return values, at
            values.append(self._line(value, text[at:end]))
            at = end

    def _line(self, value: object, written: str) -> bytes:
        if isinstance(value, str) and unwrapped(value) is None:
            return row_line(value, None, None, self._fields)
        return written.replace("\n", " ").replace("\r", " ").encode("utf-8", "surrogateescape")


def _is_value(line: str) -> bool:
    try:
        _DECODER.raw_decode(line)
    except (ValueError, RecursionError):
        return False
    return True


def _reaches_beyond(text: str, first: str) -> bool:
    """Whether a value begins in the first line and ends after it."""
    try:
        return _DECODER.raw_decode(text)[1] > len(first)
    except (ValueError, RecursionError):
        return False
