"""The same events make the same store, in any order, however often, and after any crash."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from stream.errors import NewWordsError
from stream.events.events import encode
from stream.store.history import History
from stream.trends.leaderboard import Leaderboard, Shown, Snapshot
from stream.verdicts.verdict import REFUSED, Verdict
from tests.stream.events.event_samples import bare_event as event

BODIES = [
    encode(event(f"词{n % 7}", 1000.0 + n, ("emerged", "rising", "faded")[n % 3], count=n + 1)) for n in range(40)
]


def content(history: History) -> list[tuple[object, ...]]:
    """All but the numbers of the events, which are in the order of their coming."""
    with history.reading() as connection:
        return connection.execute("SELECT word, turn, status, count, score, body FROM event ORDER BY 1, 2").fetchall()


def test_the_same_events_make_the_same_store_in_whatever_order_and_however_often(tmp_path: Path) -> None:
    once, often = History(str(tmp_path / "once")), History(str(tmp_path / "often"))
    once.add(BODIES)
    for seed in range(3):
        shuffled = list(BODIES)
        Random(seed).shuffle(shuffled)
        often.add(shuffled)
    assert content(once) == content(often)
    assert len(content(once)) == len(BODIES)


def test_of_two_events_at_one_moment_the_same_one_remains_in_either_order() -> None:
    two = [encode(event("词", 1000.0, count=9)), encode(event("词", 1000.0, count=12))]
    one, other = History(), History()
    one.add(two)
    other.add(two[::-1])
    assert content(one) == content(other)
    assert len(content(one)) == 1


def test_records_that_are_not_events_are_counted_and_skipped() -> None:
    history = History()
    assert history.add([b"null", b"{}", BODIES[0]]) == 2
    assert len(content(history)) == 1


def test_places_are_kept_with_the_events(tmp_path: Path) -> None:
    history = History(str(tmp_path / "store"))
    history.add(BODIES[:3], {"new-words:0": 3})
    history.add([], {"new-words:0": 4, "new-words:1": 7})
    assert history.places() == {"new-words:0": 4, "new-words:1": 7}
    history.close()
    assert History(str(tmp_path / "store")).places() == {"new-words:0": 4, "new-words:1": 7}


def test_the_oldest_events_leave_first_and_their_curves_with_them() -> None:
    history = History("", 10)
    history.follow(Snapshot(1.0, True, 60.0, 120.0, (Shown(event("词0"), 0.0, 1, 1.0, (3,)),)))
    history.add(BODIES)
    assert sorted(row[3] for row in content(history)) == list(range(31, 41))
    history.add([encode(event(f"新{n}", 9000.0 + n)) for n in range(10)])
    with history.reading() as connection:
        assert connection.execute("SELECT COUNT(*) FROM curve").fetchone() == (0,)


def test_curves_grow_and_change_with_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()

    def follow(curve: tuple[int, ...], to_s: float, step_s: float = 60.0) -> None:
        history.follow(Snapshot(1.0, True, step_s, to_s, (Shown(event("词"), 0.0, 1, 1.0, curve),)))

    def curve_of(connection: sqlite3.Connection) -> list[tuple[float, ...]]:
        return connection.execute("SELECT start_ms / 1000, step_ms / 1000, texts FROM curve ORDER BY 1").fetchall()

    follow((1, 2), 120.0)
    follow((1, 5, 4), 180.0)
    changed = history.version
    follow((1, 5, 4), 180.0)
    assert history.version == changed, "nothing changed, so nothing is written"
    with history.reading() as connection:
        assert curve_of(connection) == [(0, 60, 1), (60, 60, 5), (120, 60, 4)]
    follow((9, 9), 300.0, 120.0)  # the horizon is another one now, and so are the steps
    with history.reading() as connection:
        assert curve_of(connection) == [(0, 60, 1), (60, 120, 9), (180, 120, 9)]


def test_a_board_without_words_is_nothing_to_keep() -> None:
    history = History()
    history.follow(Leaderboard(5).snapshot(0.0, True))
    assert history.version == 0


def test_verdicts_are_kept_when_the_view_is_rebuilt(tmp_path: Path) -> None:
    path = str(tmp_path / "store")
    history = History(path)
    history.add(BODIES, {"new-words:0": 40})
    history.judge(Verdict("词1", REFUSED, 5.0, note="no"))
    history.forget()
    history.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    history = History(path)
    assert content(history) == []
    assert history.places() == {}
    with history.reading() as connection:
        assert connection.execute("SELECT word, verdict, note FROM verdict").fetchall() == [("词1", "refused", "no")]
    history.replace_verdicts([])
    with history.reading() as connection:
        assert connection.execute("SELECT COUNT(*) FROM verdict").fetchone() == (0,)


def test_a_question_that_takes_too_long_is_given_up() -> None:
    history = History()
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(TimeoutError), history.reading(0.05) as connection:
        connection.execute(endless).fetchone()
    assert history.add(BODIES[:1]) == 0, "and others go on"


def test_a_file_that_is_no_store_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("these are not the tables you are looking for" * 100)
    with pytest.raises(NewWordsError, match=r"store.path: notes.txt cannot be used"):
        History(str(tmp_path / "notes.txt"))


WRITER = """
import sys
from stream.store.history import History
from tests.stream.store.test_history import BODIES
history = History(sys.argv[1])
for n in range(10**9):
    history.add([BODIES[n % len(BODIES)]], {"new-words:0": n + 1})
    print(n + 1, flush=True)
"""


def test_killed_while_it_writes_it_has_all_that_it_said_it_had(tmp_path: Path) -> None:
    path = str(tmp_path / "store")
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(25):
            said = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    history, whole = History(path), History()
    (reached,) = history.places().values()
    assert reached >= said
    whole.add(BODIES[n % len(BODIES)] for n in range(reached))
    assert content(history) == content(whole)
