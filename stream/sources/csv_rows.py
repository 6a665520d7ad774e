"""Stream a CSV file as JSON lines: one column is the text, others may be its time and source.

A quoted field may contain delimiters, line feeds and doubled quotes. An unclosed quote is an error once its field is
longer than a line may be, so it cannot read the whole file into memory. A row whose length differs from the table's is
not read, as a text with an unquoted comma would be split there; it becomes a line that begins with `RAGGED`.
Cost: rows are parsed by Python's `csv`, some 2 us each.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path

from stream.errors import SourceError, UsageError
from stream.sources.files import LineReader
from stream.sources.rows import Columns, row_line
from stream.text.fields import Fields

BOM = "\ufeff"
RAGGED = b"a row of "
SAMPLE = 1000  # rows that decide the width of a table without a header
COMMON = 0.05  # least share of rows that have that width


@dataclass(frozen=True, slots=True)
class CsvSettings:
    """Settings of CSV files.

    An empty `delimiter` is a tab for .tsv, else a comma. With an empty `quote`, quotes have no meaning. Without a
    header, columns are named by their number, from 1.
    """

    delimiter: str = ""
    quote: str = '"'
    header: bool = True

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = [(key, "must be one character") for key in ("delimiter", "quote") if len(getattr(self, key)) > 1]
        if "\n" in self.delimiter + self.quote or (self.delimiter and self.delimiter == self.quote):
            wrong.append(("delimiter", "must be neither a line feed nor the quote"))
        return wrong


class CsvRows:
    """Can be read once. Every row counts as one line, blank ones too, but not the header."""

    oversized = 0  # a field too long is an error

    def __init__(
        self, path: str, fields: Fields, settings: CsvSettings, max_field_chars: int, encoding: str = "auto"
    ) -> None:
        self._path, self._fields, self._settings, self._longest = path, fields, settings, max_field_chars
        self._lines = LineReader([path], max_field_chars, encoding)
        self._left = 0  # lines left of the current block; at zero a batch is yielded, as the next line may take long

    @property
    def read_bytes(self) -> int:
        """Bytes read so far (packed)."""
        return self._lines.read_bytes

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def batches(self, most: int) -> Iterator[list[bytes]]:
        """Lists of 1 to `most` lines. Raises UsageError if the columns are not there, SourceError at a bad row."""
        rows = self._rows()
        if self._settings.header:
            names = next(rows, [])
        else:
            sample = list(islice(rows, SAMPLE))
            rows = chain(sample, rows)
            names = [str(number) for number in range(1, _width(sample) + 1)]
            if not any(path.partition(".")[0].isdecimal() for path in self._fields.text):
                raise UsageError("--no-header: --column must say which column is the text, by number, from 1")
        if not names:  # an empty file
            return
        columns = Columns.of(self._fields, names)
        held: list[bytes] = []
        for row in rows:
            held.append(self._line(row, len(names), columns))
            if len(held) >= most or self._left == 0:
                yield held
                held = []
        if held:
            yield held

    def _line(self, row: list[str], width: int, columns: Columns) -> bytes:
        while len(row) > width and not row[-1]:
            row.pop()
        if len(row) not in (0, width):
            delimiter = self._delimiter
            shown = delimiter.join(row).replace("\n", " ").encode("utf-8", "surrogateescape")
            return RAGGED + b"%d columns, not %d: " % (len(row), width) + shown
        text, ts, source = columns.values(row)
        return row_line(text, _time(ts), source or None, self._fields)

    @property
    def _delimiter(self) -> str:
        return self._settings.delimiter or ("\t" if ".tsv" in Path(self._path).suffixes else ",")

    def _rows(self) -> Iterator[list[str]]:
        settings = self._settings
        csv.field_size_limit(self._longest)
        rows = csv.reader(
            self._decoded(),
            delimiter=self._delimiter,
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


def _width(rows: list[list[str]]) -> int:
    """Return the width of a table without a header: the smallest row length that is common.

    An unquoted delimiter in a text makes a row longer, and in some tables most texts have one.
    """
    lengths = Counter(len(row) for row in rows if row)
    return min((length for length, rows in lengths.items() if rows >= COMMON * lengths.total()), default=0)


def _time(ts: str | None) -> str | int | float | None:
    """Convert a number, which is text in CSV, back to a number."""
    if not ts:
        return None
    digits = ts.strip()
    if digits.isdecimal() and len(digits) < 20:
        return int(digits)
    return float(digits) if digits.replace(".", "", 1).isdecimal() and len(digits) < 20 else ts
