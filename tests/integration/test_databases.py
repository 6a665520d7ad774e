"""Every database as a real server: all its rows, once, in order, in memory that does not grow with them.

A million rows are for `python -m tests.databases`; here are enough that a driver which fetched them all would show.
"""

import gc
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest

from stream.sources.rows import Fields, row_line
from stream.sources.sql_source import SqlTexts
from tests.databases import servers
from tests.databases.reading import measured
from tests.databases.servers import QUERY, SERVERS, Database, lacking
from tests.databases.texts import checksum, rows
from tests.integration.test_ingest import came, killed_midway, options, start
from tests.machine import lacks

ROWS = 25_000
"""Fetched at once they would take 16 MB and more, twice what is allowed."""


@pytest.fixture(scope="module", params=SERVERS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    if lack := lacking(request.param):
        lacks(lack)
    with SERVERS[request.param]() as one:
        one.fill(rows(ROWS))
        yield one


def test_every_row_comes_once_in_order_in_memory_that_does_not_grow(database: Database) -> None:
    found = measured(database.source)
    assert (found["lines"], found["checksum"]) == (ROWS, checksum(ROWS))
    assert found["peak_kb"] - found["early_kb"] < 8 << 10


def test_only_what_is_asked_for_is_read(database: Database) -> None:
    """A condition is the server's to answer, with the cursor's around it."""
    source = list(database.source)
    if "--query" in source:
        source[source.index("--query") + 1] += " where id >= 100 and body like '%天气%'"
    else:
        source += ["--filter", '{"_id": {"$gte": 100}, "body": {"$regex": "天气"}}']
    expected = [row_line(body, None, None) for number, body in rows(ROWS) if number >= 100 and "天气" in body]
    found = measured(tuple(source))
    assert (found["lines"], found["checksum"]) == (len(expected), zlib.crc32(b"".join(expected)))


def test_after_kill_9_every_row_is_in_the_topic_once(
    database: Database, kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    argv = [*database.source, "--resume", str(tmp_path / "position"), *options(kafka, topic_prefix)]
    killed_midway(start(*argv), tmp_path / "position")
    assert start(*argv).wait() == 0
    assert Counter(came(kafka, f"{topic_prefix}raw_text")) == Counter(body for _, body in rows(ROWS))


def test_a_reader_slower_than_mariadb_likes_is_waited_for() -> None:
    """The server drops whoever takes nothing for a second; what it has sent ahead fills every buffer between."""
    if lack := lacking("mariadb"):
        lacks(lack)
    with servers.mariadb("--net-write-timeout=1") as one:
        one.fill(rows(ROWS))
        source = SqlTexts(one.source[0], QUERY[1], "id", Fields())
        with closing(source.batches(None, 1000)) as batches:
            done = len(next(batches).lines)
            time.sleep(3)  # so long, that is what is tested
            assert done + sum(len(batch.lines) for batch in batches) == ROWS


# not MongoDB: a page of it has no rest
@pytest.mark.parametrize("database", [name for name in SERVERS if name != "mongodb"], indirect=True)
def test_stopping_early_does_not_read_the_rest(database: Database) -> None:
    """PyMySQL would, to leave the connection clean. No row that was not asked for is looked at, nor a warning given."""
    source = SqlTexts(database.source[0], QUERY[1], "id", Fields())
    with closing(source.batches(None, 10)) as batches:
        assert len(next(batches).lines) == 10
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pymysql.connections.MySQLResult, "_read_rowdata_packet_unbuffered", _never)
            patch.setattr(pymysql.connections.MySQLResult, "_finish_unbuffered_query", _never_while_unread)
            batches.close()
            gc.collect()


def _never(*_: object) -> None:
    raise AssertionError("it went on reading")


def _never_while_unread(result: Any) -> None:
    assert not result.unbuffered_active, "it reads the rest"
