"""Events as a table, from files, a store and the topic; with pandas, with polars, and with neither."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stream import read_events
from stream.errors import SourceError, UsageError
from stream.events.events import encode
from stream.frames import COLUMNS
from stream.store.history import History
from tests.stream.events.event_samples import bare_event as event

EVENTS = [event("乙", 200.0, "rising", 12), event("甲", 100.0)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(map(encode, EVENTS)) + b"\n\n")
    return path


def test_rows_are_events_in_the_order_of_detection(file: Path) -> None:
    first, second = read_events(file, frame="rows")
    assert (first["word"], second["word"]) == ("甲", "乙")
    assert first["detected_at"] == datetime.fromtimestamp(100.0, UTC)
    assert list(first) == COLUMNS
    assert (first["example"], first["weakest_link"], second["count"]) == (None, None, 12)


@pytest.mark.parametrize("frame", ["pandas", "polars"])
def test_a_frame_has_typed_columns(file: Path, frame: str) -> None:
    library = pytest.importorskip(frame)
    found = read_events([file, file], frame=frame)
    assert isinstance(found, library.DataFrame)
    assert list(found.columns) == COLUMNS
    assert len(found) == 4
    assert str(found["detected_at"].dtype).startswith(("datetime64", "Datetime"))


def test_an_empty_frame_of_pandas_has_its_columns(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    (tmp_path / "none").write_bytes(b"")
    assert list(read_events(tmp_path / "none").columns) == COLUMNS


def test_a_store_is_read_as_its_events(tmp_path: Path, file: Path) -> None:
    store = tmp_path / "words.sqlite"
    history = History(str(store))
    history.add(map(encode, EVENTS))
    history.close()
    assert read_events(store, frame="rows") == read_events(file, frame="rows")


def test_the_topic_is_read_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("stream.subscription.subscribe", lambda *args, **more: asked.append((args, more)) or EVENTS)
    assert [one["word"] for one in read_events(kafka="b:9092", frame="rows", config="F")] == ["甲", "乙"]
    assert asked == [(("b:9092",), {"until_now": True, "config": "F"})]


def test_what_makes_no_sense_is_refused(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="must be one of pandas, polars, rows"):
        read_events(file, frame="excel")
    for arguments in ({}, {"source": file, "kafka": "b:9092"}):
        with pytest.raises(UsageError, match="one of the two"):
            read_events(**arguments)
    with pytest.raises(SourceError, match="No such file"):
        read_events(tmp_path / "none")
    bad = tmp_path / "bad"
    bad.write_bytes(encode(EVENTS[0]) + b"\n{}\n")
    with pytest.raises(SourceError, match="line 2 is not an event"):
        read_events(bad, frame="rows")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r"pip install 'new-words\[polars\]'"):
        read_events(file, frame="polars")
