"""CSV file -> lines of JSON, streamed: one column is the text, others may be its time and its source.

A field in quotes may hold delimiters, line feeds and doubled quotes. A quote that never ends is an error once its field
is longer than a line may be, and not a file read into memory. Rows are parsed by Python's `csv`: some 2 us each.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from stream.errors import SourceError, UsageError
from stream.sources.files import LineReader
from stream.sources.rows import Fields, of_row, row_line

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class CsvSettings:
    """`delimiter` empty: a tab for .tsv, else a comma. `quote` empty: quotes are characters like any other. Without a
    header columns are called by their number, from 1.
    """

    delimiter: str = ""
    quote: str = '"'
    header: bool = True

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        wrong = [(key, "must be one character") for key in ("delimiter", "quote") if len(getattr(self, key)) > 1]
        if "\n" in self.delimiter + self.quote or (self.delimiter and self.delimiter == self.quote):
            wrong.append(("delimiter", "must be neither a line feed nor the quote"))
        return wrong


class CsvRows:
    """To be read once. Every row counts as one line, blank ones too, the header does not."""

    oversized = 0  # a field too long is an error

    def __init__(self, path: str, fields: Fields, settings: CsvSettings, max_field_chars: int) -> None:
        self._path, self._fields, self._settings, self._longest = path, fields, settings, max_field_chars
        self._lines = LineReader([path], max_field_chars)
        self._left = 0  # lines at hand: at zero a batch goes out, for the next line may be long in coming

    @property
    def read_bytes(self) -> int:
        """Bytes read of the file so far, packed."""
        return self._lines.read_bytes

    def batches(self, most: int) -> Iterator[list[bytes]]:
        """Lists of 1 to `most` lines. Raises UsageError if the columns are not there, SourceError at a bad row."""
        rows = self._rows()
        text, ts, source = self._places(rows)
        held: list[bytes] = []
        for row in rows:
            stamp = _time(of_row(row, ts))
            held.append(row_line(of_row(row, text), stamp, of_row(row, source) or None))
            if len(held) >= most or self._left == 0:
                yield held
                held = []
        if held:
            yield held

    def _places(self, rows: Iterator[list[str]]) -> tuple[int, int | None, int | None]:
        if self._settings.header:
            names = next(rows, None)
            if names is None:
                return 0, None, None  # an empty file
            return self._fields.places(names)
        numbers = [name for name in (self._fields.text, self._fields.ts, self._fields.source) if name.isdecimal()]
        if self._fields.text not in numbers:
            raise UsageError("--no-header: --column must say which column is the text, by number, from 1")
        return self._fields.places([str(number) for number in range(1, max(map(int, numbers)) + 1)])

    def _rows(self) -> Iterator[list[str]]:
        settings = self._settings
        delimiter = settings.delimiter or ("\t" if ".tsv" in Path(self._path).suffixes else ",")
        csv.field_size_limit(self._longest)
        rows = csv.reader(
            self._decoded(),
            delimiter=delimiter,
            quotechar=settings.quote or None,
            quoting=csv.QUOTE_MINIMAL if settings.quote else csv.QUOTE_NONE,
        )
        try:
            yield from rows
        except csv.Error as error:
            raise SourceError(f"{self._path}: line {rows.line_num}: {error}") from error

    def _decoded(self) -> Iterator[str]:
        numbers = count()
        for lines in self._lines.batches(1 << 20):
            self._left = len(lines)
            for line in lines:
                self._left -= 1
                text = line.decode("utf-8", "surrogateescape") + "\n"
                yield text if next(numbers) else text.removeprefix(BOM)


def _time(ts: str | None) -> str | float | None:
    """A number of seconds is written as text in CSV like all else; eight digits are a date."""
    if not ts:
        return None
    return float(ts) if len(ts) != 8 and ts.replace(".", "", 1).isdecimal() else ts
