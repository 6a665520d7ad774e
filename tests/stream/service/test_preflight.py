"""Every question has a line; a failing one says what is wrong, and the exit code is 1."""

import io
from pathlib import Path

import pytest

from stream.config.config import Config, load
from stream.errors import BrokerError
from stream.service.access_check import RIGHTS, Access, Finding, needed
from stream.service.preflight import check, lines_of, memory_limit
from stream.web.server import listening
from stream.web.settings import ServerSettings

GOOD = Access("kafka:9092: cluster abc, 3 brokers", 4, [Finding("topic raw-text", True, "4 partitions")])


def config_with(*settings: str) -> Config:
    return load(None, {}, ["server.host=127.0.0.1", "server.port=0", *settings])


def test_each_question_has_a_line_and_all_are_good() -> None:
    lines = list(lines_of(config_with(), ["count", "refresh", "segment"], lambda *_: GOOD))
    assert [line.name for line in lines] == ["config", "files", "port", "connection", "memory", "topic raw-text"]
    assert all(line.is_good for line in lines)
    assert str(lines[3]) == "ok   connection: kafka:9092: cluster abc, 3 brokers"


def test_a_broker_that_is_away_is_a_line_and_nothing_is_asked_behind_it() -> None:
    def away(*_: object) -> Access:
        raise BrokerError("cannot connect to kafka:9092")

    *_, last = lines_of(config_with(), ["count"], away)
    assert str(last) == "FAIL connection: cannot connect to kafka:9092"


def test_a_port_that_is_taken_a_key_that_is_none_and_too_little_memory_are_each_told(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("short")
    with listening(ServerSettings(host="127.0.0.1", port=0)) as taken:
        config = config_with(f"server.port={taken.getsockname()[1]}", f"kafka.state_key_file={key}",
                             "sketches.pair_width=2000000000", "kafka.max_state_bytes=99999999999999")  # fmt: skip
        lines = {line.name: line for line in lines_of(config, ["refresh"], lambda *_: GOOD)}
    assert not any(lines[name].is_good for name in ("files", "port", "memory"))
    assert "kafka.state_key_file" in lines["files"].said
    assert "server.port: auto" in lines["port"].said
    assert "this machine gives" in lines["memory"].said


def test_the_exit_code_is_that_of_the_worst_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    assert check(config_with("kafka.bootstrap_servers=127.0.0.1:1"), ["count"], out) == 1
    assert "FAIL connection: cannot connect to 127.0.0.1:1" in out.getvalue()


@pytest.mark.parametrize(("written", "limit"), [("1048576\n", 1 << 20), ("max\n", None), (None, None)])
def test_the_memory_is_that_of_the_container_where_there_is_one(
    tmp_path: Path, written: str | None, limit: int | None
) -> None:
    path = tmp_path / "memory.max"
    if written is not None:
        path.write_text(written)
    assert memory_limit(path) == limit or (limit is None and memory_limit(path) > 1 << 28)


def test_a_role_is_asked_for_no_more_than_it_needs() -> None:
    assert needed("word_counts", ["count", "refresh"]) == []
    assert needed("tallies", ["refresh"]) == ["DELETE", "READ", "WRITE"]
    assert needed("raw_text", ["count", "refresh", "segment"]) == ["READ"]
    assert {right for rights in RIGHTS.values() for some in rights.values() for right in some.split()} <= {
        "READ", "WRITE", "DESCRIBE", "DELETE"
    }  # fmt: skip
