"""The topic is copied to the store: resumed where it ended, identical after a rebuild, and anew for another topic."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stream.api.live import LiveWords
from stream.desk import recorder as module
from stream.desk import topic_thread
from stream.desk.recorder import Recorder
from stream.errors import BrokerError
from stream.log.memory import MemoryLog, MemorySource
from stream.log.protocol import Source
from stream.store.history import History
from tests.stream.api.desks import events, shown
from tests.stream.waiting import until as wait_until

TOPIC = "new-words"


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog(lambda: 0.0)
    made.create(TOPIC, 3)
    for number, body in enumerate(events()):
        made.append(TOPIC, b"", body, partition=number % 3)
    return made


def record(history: History, open_source: Callable[[str], Source], until: Callable[[], bool], whole: bool = True,
           live: LiveWords | None = None) -> None:  # fmt: skip
    recorder = Recorder(history, open_source, TOPIC, whole, live or LiveWords(60.0))
    wait_until(until)
    recorder.close()


def content(history: History) -> list[tuple[object, ...]]:
    with history.reading() as connection:
        return connection.execute("SELECT word, turn, body FROM event ORDER BY 1, 2").fetchall()


def read_all(history: History) -> Callable[[], bool]:
    return lambda: sum(history.places().values()) == len(events())


def test_a_deleted_store_is_rebuilt_from_the_topic_with_the_same_content(log: MemoryLog, tmp_path: Path) -> None:
    stores = [History(str(tmp_path / name)) for name in ("one", "other")]
    for one in stores:
        record(one, lambda topic: MemorySource(log, topic), read_all(one))
    assert content(stores[0]) == content(stores[1])
    assert len(content(stores[0])) == len(events())


def test_a_new_process_continues_where_the_last_one_stopped(log: MemoryLog, tmp_path: Path) -> None:
    history = History(str(tmp_path / "store"))
    record(history, lambda topic: MemorySource(log, topic), read_all(history))
    log.trim(TOPIC, 0, 4)  # what is gone from the topic stays in the store
    before = content(history)
    record(history, lambda topic: MemorySource(log, topic), read_all(history))
    assert content(history) == before


def test_a_remade_topic_empties_the_store(log: MemoryLog) -> None:
    history = History()
    record(history, lambda topic: MemorySource(log, topic), read_all(history))
    log.create(TOPIC, 1)
    log.append(TOPIC, b"", events()[0])
    record(history, lambda topic: MemorySource(log, topic), lambda: len(content(history)) == 1)


def test_a_store_in_memory_takes_the_end_of_the_topic(log: MemoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IN_MEMORY", 1)
    history = History()
    record(history, lambda topic: MemorySource(log, topic), read_all_ends(history), whole=False)
    assert len(content(history)) == 3


def read_all_ends(history: History) -> Callable[[], bool]:
    return lambda: len(history.places()) == 3


def test_a_broker_that_is_away_is_tried_again(log: MemoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_thread, "PAUSE_S", 0.01)
    history, tries = History(), []

    def open_source(topic: str) -> Source:
        tries.append(topic)
        if len(tries) < 3:
            raise BrokerError("away")
        return MemorySource(log, topic)

    record(history, open_source, read_all(history))
    assert len(tries) == 3


def test_curves_of_what_is_shown_are_kept(log: MemoryLog) -> None:
    history, live = History(), LiveWords(60.0)
    live.show(shown())

    def kept() -> bool:
        with history.reading() as connection:
            return bool(connection.execute("SELECT COUNT(*) FROM curve").fetchone()[0] == 6)

    record(history, lambda topic: MemorySource(log, topic), kept, live=live)
