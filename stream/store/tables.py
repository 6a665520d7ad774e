"""The tables of the store, a SQLite file or memory, and connections to it.

`event` has a row for each event with its JSON. Its `turn` orders the events of a word, whichever topic was read first:
it is twice the time in milliseconds, plus 1 unless the event is held, so a held event comes before any other of the
same millisecond. `curve` has for each word the number of texts in each step of time, written only while this process is
the announcer or replays; `place` is how far each topic partition was read; `verdict` holds the current verdicts. A
store of another version loses everything but its verdicts; on Kafka the events are read again from the topics, past
curves are lost.
"""

import sqlite3
from pathlib import Path

from stream.errors import NewWordsError

VERSION = 2
VIEW = """
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT NOT NULL, turn INTEGER NOT NULL, detected_s REAL NOT NULL,
  first_s REAL NOT NULL, shown TEXT NOT NULL, status TEXT NOT NULL, novelty TEXT NOT NULL, count INTEGER NOT NULL,
  score REAL NOT NULL, sources INTEGER, story TEXT, text TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (word, turn));
CREATE INDEX event_detected ON event (detected_s);
CREATE INDEX event_story ON event (story) WHERE story IS NOT NULL;
CREATE TABLE curve (word TEXT NOT NULL, start_ms INTEGER NOT NULL, step_ms INTEGER NOT NULL, texts INTEGER NOT NULL,
  PRIMARY KEY (word, start_ms)) WITHOUT ROWID;
CREATE TABLE place (name TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT ROWID;
"""
VERDICTS = """
CREATE TABLE IF NOT EXISTS verdict (
  word TEXT PRIMARY KEY, shown TEXT NOT NULL, verdict TEXT NOT NULL, of TEXT, note TEXT NOT NULL, by TEXT NOT NULL,
  at_s REAL NOT NULL) WITHOUT ROWID;
"""
BUSY_S = 5.0


def connect(path: str) -> sqlite3.Connection:
    """Open a connection, for one thread at a time; an empty path is a store in memory. Raises NewWordsError."""
    try:
        made = sqlite3.connect(path or ":memory:", timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("PRAGMA synchronous=NORMAL")
        return made
    except (sqlite3.Error, OSError) as error:
        raise unusable(path, error) from error


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Create the tables if they are missing or of another version. Raises NewWordsError."""
    try:
        connection.executescript(VERDICTS)
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            empty(connection)
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def empty(connection: sqlite3.Connection) -> None:
    """Delete everything but the verdicts."""
    dropped = "".join(f"DROP TABLE IF EXISTS {table};" for table in ("event", "curve", "place"))
    connection.executescript(f"BEGIN IMMEDIATE;{dropped}{VIEW}PRAGMA user_version={VERSION};COMMIT;")


def unusable(path: str, error: Exception) -> NewWordsError:
    """Return the error for a file that cannot be used."""
    place = Path(path).name if path else "in memory"
    return NewWordsError(
        f"store.path: {place} cannot be used: {error}; on Kafka it may be deleted, and is filled again"
    )
