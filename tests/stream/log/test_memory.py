"""The log in memory fulfils the contract, and wakes waiting readers."""

import threading

import pytest

from stream.errors import BrokerError
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Polled
from tests.stream.log.log_contract import LogContract, begin


class MemoryEdge:
    def __init__(self) -> None:
        self.log = MemoryLog()

    def topic(self, partitions: int = 1) -> str:
        self.log.create("raw-text", partitions)
        return "raw-text"

    def source(self, topic: str, group: str | None = None, max_records: int = 5000) -> MemorySource:
        return MemorySource(self.log, topic, group, max_records)

    def sink(self) -> MemorySink:
        return MemorySink(self.log)

    def trim(self, topic: str, partition: int, before: int) -> None:
        self.log.trim(topic, partition, before)


class TestMemoryLog(LogContract):
    @pytest.fixture
    def edge(self) -> MemoryEdge:
        return MemoryEdge()


def test_a_poll_that_waits_is_woken_by_the_next_record() -> None:
    log = MemoryLog(clock=lambda: 12.5)
    log.create("raw-text")
    source = begin(MemorySource(log, "raw-text"))
    polls: list[Polled] = []
    waiter = threading.Thread(target=lambda: polls.append(source.poll(60)))
    waiter.start()
    MemorySink(log).send("raw-text", b"k", b"v")
    waiter.join(60)
    assert [(record.at_s, record.value) for record in polls[0].records] == [(12.5, b"v")]


def test_a_key_always_goes_to_one_partition() -> None:
    log = MemoryLog()
    log.create("raw-text", 8)
    partitions = {log.append("raw-text", f"作者{n % 5}".encode(), b"v")[0] for n in range(100)}
    assert 1 < len(partitions) <= 5


def test_headers_are_kept() -> None:
    log = MemoryLog()
    log.create("raw-text-dlq")
    MemorySink(log).send("raw-text-dlq", None, b"v", [("reason", b"not UTF-8")])
    assert log.headers["raw-text-dlq", 0, 0] == [("reason", b"not UTF-8")]


def test_a_topic_that_was_not_made_is_refused() -> None:
    with pytest.raises(BrokerError, match="no-such-topic"):
        MemorySink(MemoryLog()).send("no-such-topic", None, b"v")
    with pytest.raises(BrokerError, match="no-such-topic"):
        MemorySource(MemoryLog(), "no-such-topic").poll(0)


def test_readers_of_a_remade_topic_go_back_to_its_end() -> None:
    log = MemoryLog()
    log.create("raw-text")
    sink, source = MemorySink(log), MemorySource(log, "raw-text")
    for value in (b"1", b"2", b"3"):
        sink.send("raw-text", None, value)
    assert len(begin(source).poll(0).records) == 3
    log.create("raw-text")
    sink.send("raw-text", None, b"new")
    assert source.poll(0).lost == {0: (3, 1)}
