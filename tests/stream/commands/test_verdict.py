"""`new-words verdict`: to the topic, to a service, to the store of a replay; and refused verdicts."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from stream.__main__ import main
from stream.log.memory import MemoryLog, MemorySink
from stream.store.history import History
from stream.store.words import verdicts_of
from stream.verdicts.verdict import decode_verdict
from tests.stream.api.desks import desk

TOKEN = "0123456789abcdef"
Capture = pytest.CaptureFixture[str]


def held_by(history: History) -> list[tuple[str, str, str | None, str, str]]:
    with history.reading() as connection:
        return [(one.word, one.verdict, one.of, one.note, one.by) for one in verdicts_of(connection)]


def test_it_is_a_record_of_the_topic(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    log = MemoryLog(lambda: 0.0)
    log.create("word-verdicts")
    monkeypatch.setattr("stream.log.kafka_sink.KafkaSink", lambda *_: MemorySink(log))
    assert main(["verdict", " iPhone14 ", "part-of", "iPhone14 Pro", "--note", "cut", "--by", "mei"]) == 0
    assert main(["verdict", "iPhone14", "withdraw", "--quiet"]) == 0
    first, second = log.partitions("word-verdicts")[0].records
    one = decode_verdict(first.value or b"")
    assert (first.key, one.word, one.of, one.note, one.by) == (b"iphone14", "iPhone14", "iPhone14 Pro", "cut", "mei")
    assert (second.key, second.value) == (b"iphone14", None)
    assert capsys.readouterr().err == "iPhone14: part of iPhone14 Pro\n"


def test_it_is_in_the_store_of_a_replay(tmp_path: Path) -> None:
    path = tmp_path / "store"
    store = ["--store", "--set", f"store.path={path}", "--quiet"]
    assert main(["verdict", "甲", "accept", *store]) == 0
    assert main(["verdict", "乙", "refuse", *store]) == 0
    assert main(["verdict", "甲", "withdraw", *store]) == 0
    assert held_by(History(str(path))) == [("乙", "refused", None, "", "")]


def test_a_service_writes_a_verdict_for_a_client_with_the_token(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk(token=TOKEN) as (server, _, history):
        url = ["--url", f"http://127.0.0.1:{server.port}", "--quiet"]
        assert main(["verdict", "癸", "refuse", *url]) == 1
        assert "verdicts need the token" in capsys.readouterr().err
        monkeypatch.setenv("NEWWORDS_SERVER__TOKEN", TOKEN)
        assert main(["verdict", "癸", "refuse", "--by", "mei", *url]) == 0
        assert held_by(history) == [("癸", "refused", None, "", "mei")]
        assert main(["verdict", "癸", "withdraw", *url]) == 0
        assert held_by(history) == []


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        (["甲", "part-of"], "names the other word"), (["甲", "part-of", "甲"], "another one"),
        (["甲", "accept", "乙"], "nothing else does"), (["甲", "withdraw", "乙"], "nothing else does"),
        ([" ", "accept"], "1 to 100 characters"), (["甲", "accept", "--url", "http://a", "--store"], "one of the two"),
        (["甲", "accept", "--url", "ftp://a"], "must be http://host:port"),
        (["甲", "accept", "--store"], "store.path names no file"),
        (["甲", "accept", "--note", "a" * 1001], "at most 1000"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_bad_usage(args: Sequence[str], fault: str, capsys: Capture) -> None:
    assert main(["verdict", *args]) == 2
    assert fault in capsys.readouterr().err


def test_a_service_that_is_not_there_is_a_failure(capsys: Capture) -> None:
    assert main(["verdict", "甲", "accept", "--url", "http://127.0.0.1:1"]) == 1
    assert "not written" in capsys.readouterr().err
