"""Writes events, verdicts and curves to the store; queries read through `reading`. One writer, any number of readers.

Guarantee: events and how far their topic was read are stored in one transaction, so after a crash no event is missing
or doubled. An event that is added again changes nothing, and the order in which topics are read makes no difference.
Bounded: at most `most_events`; the oldest are deleted first, and the curves of words without events.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock

import orjson

from stream.events.events import HELD, Event, decode_event
from stream.store.tables import connect, empty, prepare, unusable
from stream.text.runs import fold_word
from stream.trends.leaderboard import Snapshot
from stream.verdicts.verdict import Verdict

IN_MEMORY = 5_000  # events of a store without a path
INSERT = """
INSERT INTO event (word, turn, detected_s, first_s, shown, status, novelty, count, score, sources, story, text, body)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (word, turn) DO UPDATE SET
  status=excluded.status, novelty=excluded.novelty, count=excluded.count, score=excluded.score, shown=excluded.shown,
  first_s=excluded.first_s, sources=excluded.sources, story=excluded.story, text=excluded.text, body=excluded.body
  WHERE excluded.body > event.body"""
LONGEST_READ_S = 5.0


class History:
    """The store at a path, or in memory. Raises NewWordsError if the file cannot be used."""

    def __init__(self, path: str = "", most_events: int = IN_MEMORY) -> None:
        self._path, self._most_events = path, most_events
        self._writer, self._lock = connect(path), Lock()
        prepare(self._writer, path)
        self._reader, self._reader_lock = (connect(path), Lock()) if path else (self._writer, self._lock)
        self._curves: dict[str, dict[int, int]] = {}
        self._step_ms = 0
        self.version = 0
        """Increases with every change, so that answers can be cached until then."""

    def add(self, bodies: Iterable[bytes], places: Mapping[str, int] | None = None) -> int:
        """Store encoded events and the next offset of each partition; return how many were not events."""
        rows, strange = [], 0
        for body in bodies:
            try:
                rows.append(_row(decode_event(body), body))
            except ValueError:
                strange += 1
        with self._writing() as connection:
            connection.executemany(INSERT, rows)
            connection.executemany("INSERT OR REPLACE INTO place VALUES (?,?)", (places or {}).items())
            if rows:
                self._trim(connection)
        return strange

    def places(self) -> dict[str, int]:
        """Return the next offset of each topic partition."""
        with self.reading() as connection:
            return dict(connection.execute("SELECT name, next_offset FROM place"))

    def forget(self) -> None:
        """Delete everything but the verdicts, because the topic was made anew or must be read again."""
        with self._lock:
            empty(self._writer)
            self._curves.clear()
            self.version += 1

    def judge(self, one: Verdict) -> None:
        """Store the current verdict on a word."""
        values = one.key, one.word, one.verdict, one.of, one.note, one.by, one.at_s
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO verdict VALUES (?,?,?,?,?,?,?)", values)

    def withdraw(self, word: str) -> None:
        """Delete the verdict on a word."""
        with self._writing() as connection:
            connection.execute("DELETE FROM verdict WHERE word=?", (fold_word(word),))

    def replace_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Replace all verdicts by these."""
        rows = [(one.key, one.word, one.verdict, one.of, one.note, one.by, one.at_s) for one in verdicts]
        with self._writing() as connection:
            connection.execute("DELETE FROM verdict")
            connection.executemany("INSERT OR REPLACE INTO verdict VALUES (?,?,?,?,?,?,?)", rows)

    def follow(self, snapshot: Snapshot) -> None:
        """Store the curves of the snapshot's words. If the step has changed, new steps replace the old ones."""
        step_ms, end_ms = round(snapshot.window_s * 1000), round(snapshot.curve_to_s * 1000)
        rows, replaced = [], []
        curves: dict[str, dict[int, int]] = {}
        for one in snapshot.words:
            word, first_ms = fold_word(one.event.word), end_ms - len(one.curve) * step_ms
            curves[word] = {first_ms + at * step_ms: texts for at, texts in enumerate(one.curve)}
            known = self._curves.get(word, {}) if step_ms == self._step_ms else {}
            rows += [
                (word, start, step_ms, texts) for start, texts in curves[word].items() if known.get(start) != texts
            ]
            if step_ms != self._step_ms and one.curve:
                replaced.append((word, first_ms, step_ms))
        self._curves, self._step_ms = curves, step_ms
        if rows:
            with self._writing() as connection:
                connection.executemany("DELETE FROM curve WHERE word=? AND start_ms >= ? AND step_ms != ?", replaced)
                connection.executemany("INSERT OR REPLACE INTO curve VALUES (?,?,?,?)", rows)

    @contextmanager
    def reading(self, longest_s: float = LONGEST_READ_S) -> Iterator[sqlite3.Connection]:
        """Return a connection for queries. A query that takes longer than `longest_s` raises TimeoutError."""
        with self._reader_lock:
            deadline_s = time.monotonic() + longest_s
            self._reader.set_progress_handler(lambda: time.monotonic() > deadline_s, 10_000)
            try:
                yield self._reader
            except sqlite3.OperationalError as error:
                if time.monotonic() > deadline_s:
                    raise TimeoutError("the question took too long") from error
                raise unusable(self._path, error) from error
            finally:
                self._reader.set_progress_handler(None, 0)

    def close(self) -> None:
        with self._lock:
            self._writer.close()
        if self._reader is not self._writer:
            with self._reader_lock:
                self._reader.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is committed whole or not at all. Raises NewWordsError."""
        with self._lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise unusable(self._path, error) from error
                raise
            self.version += 1

    def _trim(self, connection: sqlite3.Connection) -> None:
        (several,) = connection.execute("SELECT COUNT(*) FROM event").fetchone()
        if several > self._most_events:
            connection.execute("DELETE FROM event WHERE seq IN (SELECT seq FROM event ORDER BY turn, word LIMIT ?)",
                               (several - self._most_events,))  # fmt: skip
            connection.execute("DELETE FROM curve WHERE word NOT IN (SELECT word FROM event)")


def _row(event: Event, body: bytes) -> Sequence[object]:
    held = event.status == HELD
    fields = orjson.loads(body)
    text = "\n".join(one.text for one in event.examples).lower()
    return (fold_word(event.word), round(event.detected_at_s * 1000) * 2 + (not held), event.detected_at_s,
            event.first_seen_s, event.word, event.status, event.novelty, event.count, event.score, event.sources,
            fields.get("story"), text, body)  # fmt: skip
