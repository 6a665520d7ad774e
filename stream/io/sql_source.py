"""SQL query -> messages, streamed: rows come from the server a batch at a time, whatever the size of the result.

A column `text` is the text, `ts` its time and `source` who wrote it; a query of one column may call it anything. With a
cursor column (unique; whole numbers or texts) the rows come in its order and reading can go on behind any of them.
Needs SQLAlchemy and the driver of the database; both are imported only here, when they are wanted.
"""

import importlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stream.errors import SourceError, UsageError
from stream.io.text_sources import Batch, Encoder

EXTRA = "pip install 'new-words[sql]'"


class SqlTexts:
    """One query, read over one connection. Raises UsageError if the URL, a driver or a column is wrong."""

    def __init__(self, url: str, query: str, cursor_column: str | None, encoder: Encoder) -> None:
        self._sql = _sqlalchemy()
        self._engine = _engine(self._sql, url)
        self._query = query.strip().rstrip(";")
        self._column, self._encoder = cursor_column, encoder
        self.name = f"{self._engine.url.render_as_string(hide_password=True)} {self._query} by {cursor_column}"
        self.total_bytes: int | None = None
        self.read_bytes = 0

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        with self._said(), self._engine.connect() as connection:
            streamed = connection.execution_options(stream_results=True, max_row_buffer=most)
            result = streamed.execute(*self._statement(cursor))
            names = list(result.keys())
            text, ts, source = self._places(names)
            at = None if self._column is None else names.index(self._column)
            for rows in result.partitions(most):
                messages = [
                    message
                    for row in rows
                    if (message := self._encoder.row(row[text], _of(row, ts), _of(row, source))) is not None
                ]
                self.read_bytes += sum(len(message.value) for message in messages)
                yield Batch(messages, None if at is None else _plain(rows[-1][at], self._column))

    def _statement(self, cursor: Any) -> tuple[Any, dict[str, Any]]:
        query = self._query.replace(":", "\\:")  # a colon is the user's own, never a parameter of ours
        if self._column is None:
            return self._sql.text(query), {}
        column = self._engine.dialect.identifier_preparer.quote(self._column)
        where = "" if cursor is None else f" where {column} > :after"
        wrapped = f"select * from ({query}\n) as new_words_rows{where} order by {column}"
        return self._sql.text(wrapped), {} if cursor is None else {"after": cursor}

    def _places(self, names: list[str]) -> tuple[int, int | None, int | None]:
        """Where text, ts and source stand in a row."""
        others = [name for name in names if name != self._column]
        if self._column is not None and self._column not in names:
            raise UsageError(f"--cursor {self._column}: the query has only the columns {', '.join(names)}")
        if "text" not in names and len(others) != 1:
            raise UsageError(
                f"--query: name one column text, as in `select content as text`; it has {', '.join(names)}"
            )
        text = names.index("text" if "text" in names else others[0])
        ts, source = (names.index(name) if name in names else None for name in ("ts", "source"))
        return text, ts, source

    @contextmanager
    def _said(self) -> Iterator[None]:
        """The database's own words on what went wrong, without the statement and its values."""
        try:
            yield
        except self._sql.exc.SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).strip().splitlines()
            raise SourceError(f"{self._engine.url.render_as_string(hide_password=True)}: {' '.join(said)}") from error
        finally:
            self._engine.dispose()


def _sqlalchemy() -> Any:
    try:
        return importlib.import_module("sqlalchemy")
    except ImportError as error:
        raise UsageError(f"reading a database needs SQLAlchemy: {EXTRA}") from error


def _engine(sql: Any, url: str) -> Any:
    try:
        parsed = sql.make_url(url)
    except sql.exc.ArgumentError as error:
        raise UsageError("SOURCE: not a database URL; one looks like postgresql://user@host/database") from error
    shown = parsed.render_as_string(hide_password=True)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if file and file != ":memory:" and not file.startswith("file:") and not Path(file).exists():
        raise SourceError(f"{shown}: No such file or directory")  # SQLite would make an empty one
    try:
        return sql.create_engine(parsed)
    except ModuleNotFoundError as error:
        raise UsageError(f"{shown}: needs the driver {error.name}: {EXTRA}, or name another, as in "
                         "postgresql+psycopg://") from error  # fmt: skip
    except sql.exc.SQLAlchemyError as error:
        raise UsageError(f"{shown}: {error}") from error


def _of(row: Any, place: int | None) -> Any:
    return None if place is None else row[place]


def _plain(value: Any, column: str | None) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UsageError(f"--cursor {column}: must hold whole numbers or texts, not {type(value).__name__}")
    return value
