"""Unreadable records are logged once a minute with an example; if nearly all are unreadable, the reason is given."""

import logging

import pytest

from stream.ingest.dead_letters import Rejection
from stream.ingest.unreadable import EVERY_S, FEW, Unreadable
from stream.log.protocol import Record
from stream.text.message import TextSettings


def rejected(value: bytes, reason: str, number: int = 1) -> list[Rejection]:
    return [Rejection(Record(2, 40 + at, 0.0, None, value), reason) for at in range(number)]


CONTENT = '{"content": "天气好热", "created_at": "2024-01-01"}'.encode()


def test_the_first_is_said_at_once_and_the_rest_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    watch = Unreadable("raw-text", TextSettings())
    with caplog.at_level(logging.WARNING):
        watch.note(0, rejected(CONTENT, "no_text"), 0.0)
        for second in range(1, int(EVERY_S)):
            watch.note(1, rejected(CONTENT, "no_text"), float(second))
        assert len(caplog.messages) == 1
        watch.note(1, [], EVERY_S)
        watch.note(5, [], 2 * EVERY_S + 1)
        watch.note(5, [], 3 * EVERY_S + 2)
    first, second = caplog.messages
    assert first.startswith("raw-text: 1 of 1 records could not be read (no_text 1); text.field is text, content looks")
    assert 'partition 2, offset 40: \'{"content": "\\u5929' in first
    assert second.startswith("raw-text: 60 of 120 records could not be read (no_text 60)")


def test_if_nearly_all_records_are_unreadable_that_is_a_fault_while_it_lasts() -> None:
    watch = Unreadable("raw-text", TextSettings())
    watch.note(0, rejected(CONTENT, "no_text", FEW - 1), 0.0)
    assert watch.fault == ""
    watch.note(0, rejected(CONTENT, "no_text"), 1.0)
    hint = "text.field is text, content looks like a text"
    assert watch.fault == f"20 of the last 20 records of raw-text cannot be read: no_text 20; {hint}"
    watch.note(2, [], 2.0)
    assert watch.fault == ""


def test_empty_records_are_no_fault_and_times_have_a_hint(caplog: pytest.LogCaptureFixture) -> None:
    watch = Unreadable("raw-text", TextSettings())
    watch.note(0, rejected(b"", "empty", 100), 0.0)
    assert watch.fault == ""
    other = Unreadable("raw-text", TextSettings())
    other.note(0, rejected(b'{"text": "a", "ts": 20240101}', "bad_time", FEW), 0.0)
    assert "20240101 as seconds it is of 1970; a date is written 2024-01-01" in other.fault
    other.note(0, [], EVERY_S)
    assert len(caplog.messages) == 2
