"""Hostile texts become words, dead letters or nothing; no later stage fails."""

import logging

import jsonschema
import orjson
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from stream.events.events import event_schema
from stream.ingest.dead_letters import KEY_BYTES, MOST_VALUE_BYTES
from stream.text.clean import rendered
from stream.trends.leaderboard import Leaderboard, encode_snapshot
from tests.stream.roles.simulated_cluster import Crew

HOSTILE = "</script><\"'`&\u202e\u2066\x00\x1b\r\n\u2028\\{{%s$"
LETTERS = {
    "a bomb of arrays": b"[" * 100_000 + b"]" * 100_000,
    "a bomb in a text": b'{"text": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    "ten megabytes": b'{"text": "' + "长".encode() * 3_500_000 + b'"}',
    "half a surrogate": b'{"text": "\\ud83d"}',
    "a number without end": b'{"text": "a", "ts": 1' + b"0" * 5000 + b"}",
    "not text at all": bytes(range(256)),
}


@pytest.fixture(scope="module")
def crew() -> Crew:
    crew = Crew("server.top_words=20")
    crew.dress = lambda text: f"{HOSTILE}{text}{HOSTILE}"
    crew.start("first")
    for value in LETTERS.values():
        crew.log.append(crew.topic("raw_text"), b"k" * 100_000, value, partition=0)
    for number in range(20_000):
        value = orjson.dumps({"text": HOSTILE, "source": f"{HOSTILE}{number}"})
        crew.log.append(crew.topic("raw_text"), b"%d" % number, value, partition=number % 3)
    crew.settle()
    return crew


def test_what_can_be_read_is_counted_exactly(crew: Crew) -> None:
    assert crew.verdict().notes == []
    assert crew.events()


def test_an_unreadable_record_becomes_a_dead_letter_of_acceptable_size(crew: Crew) -> None:
    letters = crew.records("raw_text_dlq")
    assert [letter.value for letter in letters] == [value[:MOST_VALUE_BYTES] for value in LETTERS.values()]
    assert all(len(letter.key or b"") <= KEY_BYTES for letter in letters)
    headers = [dict(crew.log.headers[crew.topic("raw_text_dlq"), 0, letter.offset]) for letter in letters]
    assert [header["bytes"] for header in headers] == [b"%d" % len(value) for value in LETTERS.values()]


def test_events_are_valid_and_the_evidence_is_the_text_as_it_is_read(crew: Crew) -> None:
    for record in crew.records("new_words"):
        assert b"\n" not in (record.value or b"")
        event = orjson.loads(record.value or b"")
        jsonschema.validate(event, event_schema())
        assert event["word"].isalnum()
        assert event["examples"]
        assert all(rendered(HOSTILE) in example["text"] for example in event["examples"])


def test_metrics_can_be_parsed_and_the_page_gets_json(crew: Crew) -> None:
    families = list(text_string_to_metric_families(generate_latest(crew.processes["first"].metrics.registry).decode()))
    assert "newwords_texts" in {family.name for family in families}
    board = Leaderboard(100)
    board.add(crew.events())
    shown = orjson.loads(encode_snapshot(board.snapshot(crew.now_s, live=False)))
    assert len(shown["words"]) == len({event.word for event in crew.events()})


def test_no_text_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        crew = Crew()
        crew.dress = lambda text: f"{HOSTILE}{text}"
        crew.start("first")
        crew.feed(60.0)
    assert caplog.records
    assert all(record.getMessage().isprintable() and "\u202e" not in record.getMessage() for record in caplog.records)
