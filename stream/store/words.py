"""Queries on the store: words, one word, counts, curves and a timeline.

The words of a range of time are those with an event in it. As in `export`, the last event in the range gives a word's
status, and the best one its count and score. Refused words and parts of other words are left out unless they are asked
for. Every answer is bounded; a page begins after the value and the word at which the last one ended.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stream.text.runs import fold_word
from stream.verdicts.verdict import Verdict

ORDERS = {
    "score": "h.score",
    "detected": "h.detected_s",
    "announced": "h.announced_s",
    "count": "h.count",
    "first_seen": "h.first_s",
}
NONE = "none"
UNWANTED = ("refused", "part_of")


@dataclass(frozen=True, slots=True)
class WordFilter:
    """Which words are wanted. Times are in seconds since 1970; empty fields match everything.

    `text` is a substring of the word or of an example; `key` is the word itself.
    """

    since_s: float = 0.0
    until_s: float = 1e12
    text: str = ""
    statuses: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    novelty: str = ""
    story: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A word with its figures for the range."""

    key: str
    word: str
    status: str
    novelty: str
    announced_s: float
    detected_s: float
    first_s: float
    count: int
    score: float
    sources: int | None
    story: str | None
    events: int
    example: str
    verdict: str | None
    part_of: str | None
    note: str | None
    by: str | None
    judged_s: float | None


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page; `total` counts all pages, `after` is where the next page begins, None on the last."""

    words: tuple[FoundWord, ...]
    total: int
    after: tuple[float, str] | None


FOUND = """
h.word, e.shown, e.status, e.novelty, h.announced_s, h.detected_s, h.first_s, h.count, h.score, h.sources, e.story,
h.events, substr(json_extract(CAST(e.body AS TEXT), '$.examples[0].text'), 1, 200), v.verdict, v.of, v.note, v.by,
v.at_s"""
HITS = """
WITH h AS MATERIALIZED (
  SELECT word, MAX(turn) AS turn, MIN(detected_s) AS announced_s, MAX(detected_s) AS detected_s,
    MIN(first_s) AS first_s, MAX(count) AS count, MAX(score) AS score, MAX(sources) AS sources, COUNT(*) AS events
  FROM event WHERE detected_s >= ? AND detected_s < ? {words} GROUP BY word)"""
JOINED = """
FROM h JOIN event e ON e.word = h.word AND e.turn = h.turn LEFT JOIN verdict v ON v.word = h.word WHERE {terms}"""


def find_words(connection: sqlite3.Connection, wanted: WordFilter, order: str = "score", limit: int = 50,
               after: tuple[float, str] | None = None) -> FoundPage:  # fmt: skip
    """Return a page of words in descending `order`; `after` is where the last page ended."""
    head, begin = _hits(wanted)
    terms, values = _terms(wanted)
    from_ = JOINED.format(terms=terms)
    (total,) = connection.execute(f"{head} SELECT COUNT(*) {from_}", (*begin, *values)).fetchone()
    column = ORDERS[order]
    beyond = f" AND ({column}, h.word) < (?, ?)" if after else ""
    rows = connection.execute(
        f"{head} SELECT {column}, {FOUND} {from_}{beyond} ORDER BY {column} DESC, h.word DESC LIMIT ?",
        (*begin, *values, *(after or ()), limit + 1),
    ).fetchall()
    found = tuple(FoundWord(*row[1:]) for row in rows[:limit])
    return FoundPage(found, total, (rows[limit - 1][0], rows[limit - 1][1]) if len(rows) > limit else None)


def events_of(connection: sqlite3.Connection, word: str, limit: int = 100) -> list[bytes]:
    """Return the encoded events of a word, newest first."""
    rows = connection.execute(
        "SELECT body FROM event WHERE word=? ORDER BY turn DESC LIMIT ?", (fold_word(word), limit)
    )
    return [bytes(row[0]) for row in rows]


def events_after(connection: sqlite3.Connection, seq: int, limit: int = 100) -> list[tuple[int, bytes]]:
    """Return (number, event) of the events that were added after event number `seq`."""
    rows = connection.execute("SELECT seq, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return [(int(seq), bytes(body)) for seq, body in rows]


def last_number(connection: sqlite3.Connection) -> int:
    """Return the number of the event added last; 0 if there is none."""
    return int(connection.execute("SELECT COALESCE(MAX(seq), 0) FROM event").fetchone()[0])


def curves_of(connection: sqlite3.Connection, words: Iterable[str], first_ms: int, step_ms: int, bins: int
              ) -> list[list[int]]:  # fmt: skip
    """Return for each word the texts in each of `bins` steps from `first_ms` on."""
    keys = list(map(fold_word, words))
    found = {key: [0] * bins for key in keys}
    rows = connection.execute(
        "SELECT word, (start_ms - ?) / ?, SUM(texts) FROM curve "
        f"WHERE word IN ({','.join('?' * len(keys))}) AND start_ms >= ? AND start_ms < ? GROUP BY 1, 2",
        (first_ms, step_ms, *keys, first_ms, first_ms + bins * step_ms),
    )
    for word, at, texts in rows:
        found[word][at] = texts
    return [found[key] for key in keys]


def range_of(connection: sqlite3.Connection) -> tuple[float, float] | None:
    """Return the times of the first and the last event; None if there is none."""
    first_s, last_s = connection.execute("SELECT MIN(detected_s), MAX(detected_s) FROM event").fetchone()
    return None if first_s is None else (first_s, last_s)


def curve_span(connection: sqlite3.Connection, words: Sequence[str], wanted: WordFilter
               ) -> tuple[int, int, int] | None:  # fmt: skip
    """Return (first, end, longest step) in ms of the curves of these words within the range; None if there are none."""
    keys = [fold_word(word) for word in words]
    first, end, step = connection.execute(
        "SELECT MIN(start_ms), MAX(start_ms + step_ms), MAX(step_ms) FROM curve "
        f"WHERE word IN ({','.join('?' * len(keys))}) AND start_ms >= ? AND start_ms < ?",
        (*keys, wanted.since_s * 1000, wanted.until_s * 1000),
    ).fetchone()
    return None if first is None else (first, end, step)


def timeline(connection: sqlite3.Connection, first_s: float, step_s: float, bins: int) -> list[int]:
    """Return how many words emerged or were held in each of `bins` steps from `first_s` on."""
    counts = [0] * bins
    counted = (
        "SELECT CAST((detected_s - ?) / ? AS INTEGER), COUNT(*) FROM event WHERE status IN ('emerged', 'held') "
        "AND detected_s >= ? AND detected_s < ? GROUP BY 1"
    )
    rows = connection.execute(counted, (first_s, step_s, first_s, first_s + bins * step_s))
    for at, several in rows:
        counts[min(int(at), bins - 1)] += several
    return counts


def tally(connection: sqlite3.Connection, wanted: WordFilter) -> dict[str, dict[str, int]]:
    """Count the words of the range by status, verdict and novelty, and its events by status."""
    head, begin = _hits(wanted)
    terms, values = _terms(wanted)
    counted: dict[str, dict[str, int]] = {}
    for name, column in (
        ("status", "e.status"),
        ("verdict", f"COALESCE(v.verdict, '{NONE}')"),
        ("novelty", "e.novelty"),
    ):
        rows = connection.execute(
            f"{head} SELECT {column}, COUNT(*) {JOINED.format(terms=terms)} GROUP BY 1", (*begin, *values)
        )
        counted[name] = dict(rows.fetchall())
    rows = connection.execute("SELECT status, COUNT(*) FROM event WHERE detected_s >= ? AND detected_s < ? GROUP BY 1",
                              (wanted.since_s, wanted.until_s))  # fmt: skip
    counted["events"] = dict(rows.fetchall())
    return counted


def _hits(wanted: WordFilter) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL for words with an event in the range that match the filter's text or word."""
    if wanted.key:
        return HITS.format(words="AND word = ?"), (wanted.since_s, wanted.until_s, fold_word(wanted.key))
    if not wanted.text:
        return HITS.format(words=""), (wanted.since_s, wanted.until_s)
    words = "AND word IN (SELECT word FROM event WHERE instr(word, ?) OR instr(text, ?))"
    return HITS.format(words=words), (wanted.since_s, wanted.until_s, fold_word(wanted.text), wanted.text.lower())


def _terms(wanted: WordFilter) -> tuple[str, list[Any]]:
    terms, values = ["1"], list[Any]()
    if wanted.statuses:
        terms.append(f"e.status IN ({','.join('?' * len(wanted.statuses))})")
        values += wanted.statuses
    verdicts = f"COALESCE(v.verdict, '{NONE}')"
    if wanted.verdicts:
        terms.append(f"{verdicts} IN ({','.join('?' * len(wanted.verdicts))})")
        values += wanted.verdicts
    else:
        terms.append(f"{verdicts} NOT IN ({','.join('?' * len(UNWANTED))})")
        values += UNWANTED
    for column, value in (("e.novelty", wanted.novelty), ("e.story", wanted.story)):
        if value:
            terms.append(f"{column} = ?")
            values.append(value)
    return " AND ".join(terms), values


def verdicts_of(connection: sqlite3.Connection, limit: int = 1_000_000) -> list[Verdict]:
    """Return the current verdicts, newest first."""
    rows = connection.execute(
        "SELECT shown, verdict, at_s, of, note, by FROM verdict ORDER BY at_s DESC, word LIMIT ?", (limit,)
    )
    return [Verdict(*row) for row in rows]


def held_events(connection: sqlite3.Connection, limit: int) -> list[bytes]:
    """Return the last events of words that are held, the longest held first.

    Refused ones too, as they may be accepted later.
    """
    rows = connection.execute(
        "SELECT body FROM event e WHERE status = 'held' AND turn = (SELECT MAX(turn) FROM event WHERE word = e.word) "
        "AND word NOT IN (SELECT word FROM verdict WHERE verdict = 'accepted') ORDER BY turn DESC LIMIT ?",
        (limit,),
    )
    return [bytes(row[0]) for row in rows][::-1]


def events_within(connection: sqlite3.Connection, words: Sequence[str], since_s: float, until_s: float) -> list[bytes]:
    """Return the events of these folded words within a range, in the order of word and time."""
    found: list[bytes] = []
    for first in range(0, len(words), 500):
        few = words[first : first + 500]
        rows = connection.execute(
            f"SELECT body FROM event WHERE word IN ({','.join('?' * len(few))}) AND detected_s >= ? AND detected_s < ? "
            "ORDER BY word, turn",
            (*few, since_s, until_s),
        )
        found += [bytes(row[0]) for row in rows]
    return found
