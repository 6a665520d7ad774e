"""Real databases for tests: started in a temporary folder on a free port, never as root, gone with the test.

PostgreSQL and MariaDB are those of Debian (packages postgresql, mariadb-server-core); MongoDB is no package, so a small
server from Maven speaks its wire protocol. SQLite needs no server. Each gives `Database`: how a source names it, and a
way to fill it.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pymongo
import pymysql

from tests.broker.cluster import WATCHDOG, free_ports
from tests.broker.jars import fetch_jars, missing
from tests.machine import found, needs

POM = Path(__file__).with_name("pom.xml")
START_S = 60.0
QUERY = ("--query", "select id, body as text from posts", "--cursor", "id")
Rows = Iterable[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Database:
    """`source` are the arguments that make a command read (id, body) of posts; `fill` writes them there."""

    source: tuple[str, ...]
    fill: Callable[[Rows], None]


def lacking(name: str) -> str | None:
    """What this machine needs to run that database, or None."""
    if name == "postgresql" and not found("initdb"):
        return "needs PostgreSQL: apt-get install postgresql"
    if name == "mariadb" and not found("mariadbd"):
        return "needs MariaDB: apt-get install mariadb-server-core"
    if name == "mongodb" and (lack := missing(POM)):
        return f"needs Java 17 and Maven: {lack}"
    return None


@contextmanager
def sqlite() -> Iterator[Database]:
    """A file."""
    with tempfile.TemporaryDirectory(prefix="new-words-") as folder:
        path = f"{folder}/posts.db"

        def fill(rows: Rows) -> None:
            with closing(sqlite3.connect(path)) as db, db:
                db.execute("create table posts (id integer primary key, body text)")
                db.executemany("insert into posts values (?, ?)", rows)

        yield Database((f"sqlite:///{path}", *QUERY), fill)


@contextmanager
def postgresql() -> Iterator[Database]:
    """The newest that is installed."""
    programs = Path(needs("initdb")).resolve().parent
    with _folder() as folder:
        (port,) = free_ports(1)
        make = [f"{programs}/initdb", "-D", f"{folder}/data", "-U", "test", "--auth=trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True, **_user())
        serve = [f"{programs}/postgres", "-D", f"{folder}/data", "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]

        def connected() -> Any:
            return psycopg.connect(host="127.0.0.1", port=port, user="test", dbname="postgres")

        def fill(rows: Rows) -> None:
            with closing(connected()) as db, db.cursor() as cursor:
                cursor.execute("create table posts (id integer primary key, body text)")
                with cursor.copy("copy posts from stdin") as copy:
                    for row in rows:
                        copy.write_row(row)
                db.commit()

        with _running(serve, folder, lambda: connected().close()):
            yield Database((f"postgresql://test@127.0.0.1:{port}/postgres", *QUERY), fill)


@contextmanager
def mariadb(*options: str) -> Iterator[Database]:
    """Without accounts; `options` are the server's."""
    with _folder() as folder:
        (port,) = free_ports(1)
        serve = [needs("mariadbd"), "--no-defaults", f"--datadir={folder}", f"--port={port}",
                 "--bind-address=127.0.0.1", f"--socket={folder}/socket", "--skip-grant-tables",
                 "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", *options]  # fmt: skip

        def connected(database: str | None = None) -> Any:
            return pymysql.connect(host="127.0.0.1", port=port, user="root", database=database)

        def fill(rows: Rows) -> None:
            with closing(connected()) as db, db.cursor() as cursor:
                cursor.execute("create database test character set utf8mb4")
                cursor.execute("create table test.posts (id integer primary key, body text)")
                for some in _chunks(rows):
                    cursor.executemany("insert into test.posts values (%s, %s)", some)
                db.commit()

        with _running(serve, folder, lambda: connected().close()):
            yield Database((f"mariadb://root@127.0.0.1:{port}/test", *QUERY), fill)


@contextmanager
def mongodb() -> Iterator[Database]:
    """In memory; documents are {_id, body}."""
    with _folder() as folder:
        (port,) = free_ports(1)
        main = Path(__file__).with_name("Mongo.java")
        shutil.copy(main, folder)
        jars = fetch_jars(pom=POM)
        shutil.copytree(jars, f"{folder}/jars")  # where nobody may read
        serve = ["java", "-Xmx3g", "-XX:+UseSerialGC", "-cp", f"{folder}/jars/*", f"{folder}/{main.name}", str(port)]
        uri = f"mongodb://127.0.0.1:{port}/test"

        def client() -> Any:
            return pymongo.MongoClient(uri, serverSelectionTimeoutMS=500)

        def ping() -> None:
            with client() as one:
                one.admin.command("ping")

        def fill(rows: Rows) -> None:
            with client() as one:
                for some in _chunks(rows):
                    one.test.posts.insert_many([{"_id": number, "body": body} for number, body in some])

        with _running(serve, folder, ping):
            yield Database((uri, "--collection", "posts", "--text-field", "body"), fill)


SERVERS: dict[str, Callable[[], Any]] = {
    "sqlite": sqlite, "postgresql": postgresql, "mariadb": mariadb, "mongodb": mongodb,
}  # fmt: skip


def _user() -> dict[str, Any]:
    """Servers refuse to be root; nobody else can become somebody else."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def _folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="new-words-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        yield folder


@contextmanager
def _running(command: list[str], folder: str, ask: Callable[[], None]) -> Iterator[None]:
    """The server, once `ask` is answered. It does not outlive us, not even if we are killed."""
    watchdog = ["sh", "-c", WATCHDOG, "sh", folder]
    with Path(folder, "log").open("wb") as log, subprocess.Popen(watchdog, stdin=subprocess.PIPE) as watching:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, **_user())
        try:
            assert watching.stdin is not None
            watching.stdin.write(f"{server.pid}\n".encode())
            watching.stdin.flush()
            _wait(server, folder, ask)
            yield
        finally:
            server.kill()
            server.wait()
            watching.kill()


def _wait(server: subprocess.Popen[bytes], folder: str, ask: Callable[[], None]) -> None:
    end_s = time.monotonic() + START_S
    while True:
        with suppress(psycopg.Error, pymysql.Error, pymongo.errors.PyMongoError):
            ask()
            return
        if server.poll() is not None or time.monotonic() > end_s:
            said = Path(folder, "log").read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"{' '.join(server.args)} did not start:\n{said}")  # type: ignore[arg-type]
        time.sleep(0.1)


def _chunks(rows: Rows) -> Iterator[list[tuple[int, str]]]:
    every = iter(rows)
    while some := list(islice(every, 5000)):
        yield some
