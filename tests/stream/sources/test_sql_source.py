"""A query's rows are all sent once, in order of the cursor; without SQLAlchemy one line says what to install."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stream.errors import SourceError, UsageError
from stream.sources.sql_source import SqlTexts


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table articles (id integer primary key, content text, author text, made text)")
        rows = [(n * 7 % 11, f"t{n * 7 % 11}", f"a{n % 2}", "2021-01-01") for n in range(11)]
        db.executemany("insert into articles values (?, ?, ?, ?)", rows)
    yield f"sqlite:///{path}"


def texts(url: str, query: str, column: str | None = None) -> SqlTexts:
    return SqlTexts(url, query, column)


def rows(source: SqlTexts, cursor: Any = None, most: int = 3) -> list[Any]:
    return [json.loads(line) for batch in source.batches(cursor, most) for line in batch.lines]


def test_rows_carry_text_time_and_source_by_the_names_of_their_columns(url: str) -> None:
    query = "select content as text, author as source, made as ts from articles where id = 7;"
    assert rows(texts(url, query)) == [{"text": "t7", "ts": "2021-01-01", "source": "a1"}]


def test_a_single_column_is_the_text_under_any_name(url: str) -> None:
    assert rows(texts(url, "select content from articles where id = 3")) == [{"text": "t3"}]
    assert rows(texts(url, "select id, content from articles where id = 3", "id")) == [{"text": "t3"}]


@pytest.mark.parametrize("most", [1, 4, 11, 50])
def test_going_on_from_any_cursor_gives_the_rest_in_order(url: str, most: int) -> None:
    query, done = "select id, content as text from articles -- all", 0
    every = [{"text": f"t{n}"} for n in range(11)]
    for batch in texts(url, query, "id").batches(None, most):
        assert len(batch.lines) <= most
        done += len(batch.lines)
        assert rows(texts(url, query, "id"), json.loads(json.dumps(batch.cursor))) == every[done:]
    assert done == 11


def test_colons_and_percent_signs_are_the_users_own(url: str) -> None:
    query = "select content || ':x \\:y 12:30:00 ::z %s %(a)s 100%' from articles where id = 1"
    assert rows(texts(url, query)) == [{"text": "t1:x \\:y 12:30:00 ::z %s %(a)s 100%"}]


@pytest.mark.parametrize(
    ("query", "column", "fault"),
    [
        ("select id, content from articles", None, "text.field text: there is no such column; there are id, content"),
        ("select content as text from articles", "id", "no such column: id"),
        ("select 1.5 as at, content as text from articles", "at", "whole numbers or texts, not float"),
    ],
)
def test_a_query_that_does_not_fit_is_refused(url: str, query: str, column: str | None, fault: str) -> None:
    with pytest.raises((UsageError, SourceError), match=fault):
        rows(texts(url, query, column))


def test_what_the_database_refuses_is_a_source_error_in_its_own_words(url: str) -> None:
    with pytest.raises(SourceError, match="no such table: nowhere"):
        rows(texts(url, "select content from nowhere"))


@pytest.mark.parametrize("wrong", ["nosuchbase://host/db", "postgresql+nosuchdriver://host/x", "://"])
def test_an_unknown_url_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError):
        texts(wrong, "select 1")


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        texts(f"sqlite:///{tmp_path}/missing.db", "select 1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "url", "said"),
    [
        ("sqlalchemy", "sqlite://", r"^reading a database needs sqlalchemy: pip install 'new-words\[sql\]'$"),
        ("psycopg", "postgresql://h/d", r"needs the driver psycopg: pip install 'new-words\[postgresql\]'$"),
        ("pymysql", "mysql://h/d", r"needs the driver pymysql: pip install 'new-words\[mysql\]'$"),
        ("pymysql", "mariadb://h/d", r"needs the driver pymysql: pip install 'new-words\[mysql\]'$"),
        ("oracledb", "oracle+oracledb://h/d", r"needs the driver oracledb: pip install oracledb$"),
    ],
)
def test_without_a_library_one_line_says_what_to_install(
    module: str, url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=said):
        texts(url, "select 1")
