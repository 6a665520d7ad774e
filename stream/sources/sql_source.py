"""Stream a SQL query as JSON lines: rows come from the server batch by batch, whatever the size of the result.

The mapping (`rows.Columns`) says which columns are text, time and source; a single column is the text. With a cursor
column (unique; integers or text) rows are ordered by it and reading can resume after any row. Without one, a restarted
reader begins again.
Needs SQLAlchemy and the driver of the database; both are imported when first used.
Cost: two batches in memory, here or in the driver; PostgreSQL keeps a cursor open and MySQL a half-sent result.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stream.errors import SourceError, UsageError
from stream.masking import masked, masked_in
from stream.optional import extra, install
from stream.sources.base import Batch
from stream.sources.rows import Columns, row_line
from stream.text.fields import Fields

DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
"""The driver to use if the URL names none."""
EXTRAS = {"psycopg": "postgresql", "pymysql": "mysql"}
WRITE_TIMEOUT_S = 86_400
MOST_ROWS = 5000


class SqlTexts:
    """One query, read over one connection. Raises UsageError if the URL, a driver or a column is wrong."""

    lasts, oversized = False, 0

    def __init__(self, url: str, query: str, cursor_column: str | None, fields: Fields | None = None) -> None:
        self._sql = extra("sqlalchemy", "reading a database", "sql")
        self._engine = _engine(self._sql, url)
        self._is_mysql = self._engine.dialect.name in ("mysql", "mariadb")
        self._query = query.strip().rstrip(";")
        self._column, self._fields = cursor_column, fields or Fields()
        self.name = f"{_shown(self._engine.url)} {self._query} by {cursor_column}"
        self.total_bytes: int | None = None
        self.read_bytes = 0

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        most = min(most, MOST_ROWS)
        with self._said(), self._engine.connect() as connection:
            streamed = connection.execution_options(stream_results=True, max_row_buffer=most)
            self._made_patient(connection)
            result = streamed.execute(*self._statement(cursor))
            try:
                yield from self._of(result, most)
            except BaseException:
                self._abandon(connection, result)
                raise

    def _abandon(self, connection: Any, result: Any) -> None:
        """Drop the connection: closing one to MySQL properly reads all remaining rows first, which may take hours."""
        if self._is_mysql:
            unread: Any = getattr(result.cursor, "_result", None)  # PyMySQL has no public way
            if hasattr(unread, "unbuffered_active"):
                unread.unbuffered_active = False
            connection.invalidate()
        result.close()

    def _of(self, result: Any, most: int) -> Iterator[Batch]:
        names = list(result.keys())
        if self._column is not None and self._column not in names:
            raise UsageError(f"--cursor {self._column}: the query has only the columns {', '.join(names)}")
        columns = Columns.of(self._fields, names, self._column)
        at = None if self._column is None else names.index(self._column)
        for rows in result.partitions(most):
            lines = [row_line(*columns.values(row), self._fields) for row in rows]
            self.read_bytes += sum(map(len, lines))
            yield Batch(lines, True, None if at is None else _plain(rows[-1][at], self._column))

    def _made_patient(self, connection: Any) -> None:
        """Raise MySQL's write timeout: by default it drops a reader that pauses for a minute, as with a slow Kafka."""
        if self._is_mysql:
            connection.execute(self._sql.text(f"set session net_write_timeout = {WRITE_TIMEOUT_S}"))

    def _statement(self, cursor: Any) -> tuple[Any, dict[str, Any]]:
        query = self._query.replace(":", "\\:")  # a colon in the query is not a bind parameter
        if self._column is None:
            return self._sql.text(query), {}
        column = self._engine.dialect.identifier_preparer.quote(self._column)
        where = "" if cursor is None else f" where {column} > :after"
        wrapped = f"select * from ({query}\n) as new_words_rows{where} order by {column}"
        return self._sql.text(wrapped), {} if cursor is None else {"after": cursor}

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Report the database's error message without the statement and its values."""
        try:
            yield
        except self._sql.exc.SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).strip().splitlines()
            raise SourceError(f"{_shown(self._engine.url)}: {masked_in(' '.join(said))}") from error
        finally:
            self._engine.dispose()


def _engine(sql: Any, url: str) -> Any:
    try:
        parsed = sql.make_url(url)
    except sql.exc.ArgumentError as error:
        raise UsageError("SOURCE: not a database URL; one looks like postgresql://user@host/database") from error
    shown = _shown(parsed)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if file and file != ":memory:" and not file.startswith("file:") and not Path(file).exists():
        raise SourceError(f"{shown}: No such file or directory")  # SQLite would create an empty one
    if "+" not in parsed.drivername and parsed.drivername in DRIVERS:
        parsed = parsed.set(drivername=f"{parsed.drivername}+{DRIVERS[parsed.drivername]}")
    try:
        return sql.create_engine(parsed)
    except ModuleNotFoundError as error:
        name = str(error.name)
        how = install(EXTRAS[name]) if name in EXTRAS else f"pip install {name}"
        raise UsageError(f"{shown}: needs the driver {name}: {how}") from error
    except sql.exc.SQLAlchemyError as error:
        raise UsageError(f"{shown}: {masked_in(str(error))}") from error


def _shown(url: Any) -> str:
    return masked(url.render_as_string(hide_password=True))


def _plain(value: Any, column: str | None) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UsageError(f"--cursor {column}: must hold whole numbers or texts, not {type(value).__name__}")
    return value
