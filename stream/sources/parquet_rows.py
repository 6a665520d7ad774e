"""Stream a Parquet file as JSON lines: a row group is read column by column and yielded in batches.

Memory: the used columns of one row group as stored on disk, and one batch. Needs pyarrow.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stream.errors import SourceError
from stream.optional import extra
from stream.sources.rows import Columns, row_line
from stream.text.fields import Fields

BATCH_ROWS = 4096


class ParquetRows:
    """Can be read once; every row is one line."""

    oversized = 0

    def __init__(self, path: str, fields: Fields) -> None:
        self._path, self._fields = path, fields
        self._arrow: Any = extra("pyarrow", f"{path}: reading Parquet", "parquet")
        self._parquet: Any = extra("pyarrow.parquet", f"{path}: reading Parquet", "parquet")
        self.read_bytes = 0
        """Bytes read so far, estimated from the share of rows."""

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def batches(self, most: int) -> Iterator[list[bytes]]:
        """Lists of 1 to `most` lines. Raises UsageError if the columns are not there, SourceError if it is damaged."""
        try:
            with self._parquet.ParquetFile(self._path) as file:
                yield from self._batches(file, min(most, BATCH_ROWS))
        except (OSError, self._arrow.ArrowException) as error:
            raise SourceError(f"{self._path}: {error}") from error

    def _batches(self, file: Any, most: int) -> Iterator[list[bytes]]:
        names = list(file.schema_arrow.names)
        wanted = (columns := Columns.of(self._fields, names)).wanted
        size_bytes, rows, done = Path(self._path).stat().st_size, file.metadata.num_rows, 0
        for batch in file.iter_batches(batch_size=most, columns=[names[at] for at in wanted], use_threads=False):
            values: list[list[Any]] = [[None] * len(batch)] * len(names)
            for at in wanted:
                values[at] = self._values(batch.column(names[at]))
            done += len(batch)
            self.read_bytes = size_bytes * done // rows
            yield [row_line(*columns.values(row), self._fields) for row in zip(*values, strict=True)]

    def _values(self, column: Any) -> list[Any]:
        if self._arrow.types.is_timestamp(column.type):  # Python's datetime knows no nanoseconds
            column = column.cast(self._arrow.timestamp("us", column.type.tz), safe=False)
        values: list[Any] = column.to_pylist()
        return values
