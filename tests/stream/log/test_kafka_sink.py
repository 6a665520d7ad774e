"""A sink on a line so slow that the first write fails, with a client that records how long it is waited for."""

from typing import NamedTuple

import pytest
from kafka.errors import KafkaTimeoutError

from stream.errors import BrokerError
from stream.log import kafka_sink as kafka_log
from stream.log.kafka_sink import FIRST_DELIVERY_S, KafkaSink
from stream.log.settings import KafkaSettings


class Written(NamedTuple):
    topic: str
    partition: int
    offset: int


class Line:
    """A line on which every batch takes `takes_s`, and what its clients were told and asked."""

    def __init__(self, takes_s: float) -> None:
        self.takes_s, self.now_s = takes_s, 0.0
        self.given_s: list[float] = []  # to each client, for a batch
        self.waits_s: list[float] = []


class Client:
    """Is its own sender and future."""

    def __init__(self, line: Line, delivery_timeout_ms: int) -> None:
        self._line, self._delivery_s = line, delivery_timeout_ms / 1000
        line.given_s.append(self._delivery_s)
        self._sender = self

    def send(self, *message: object) -> "Client":
        return self

    def get(self, timeout: float) -> Written:
        line = self._line
        line.waits_s.append(timeout)
        line.now_s += min(timeout, self._delivery_s, line.takes_s)
        if line.takes_s > min(timeout, self._delivery_s):
            raise KafkaTimeoutError
        return Written("t", 0, 7)

    def flush(self, timeout: float) -> None:
        self._line.waits_s.append(timeout)

    def close(self, timeout: float) -> None: ...

    def force_close(self) -> None: ...

    def join(self, timeout: float) -> None: ...


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """On which a first write has failed."""
    line = Line(FIRST_DELIVERY_S + 2)
    monkeypatch.setattr(kafka_log, "connect", lambda make, settings, client_id, **options: Client(
        line, options["delivery_timeout_ms"]))  # fmt: skip
    monkeypatch.setattr(kafka_log.time, "monotonic", lambda: line.now_s)
    return line


@pytest.fixture
def sink(line: Line) -> KafkaSink:
    sink = KafkaSink(KafkaSettings(), "test", outstanding_bytes=1000)
    with pytest.raises(BrokerError):
        sink.send("t", None, bytes(2000))
    assert line.waits_s == [FIRST_DELIVERY_S + 1]
    line.waits_s.clear()
    return sink


def test_each_batch_on_its_way_has_the_time_that_the_failure_before_gave(line: Line, sink: KafkaSink) -> None:
    assert sink.flush() == {}  # of nothing, which says nothing of the line
    for _ in range(2):
        for _ in range(5):  # the first ones are waited for while the others go out
            sink.send("t", None, bytes(600))
        assert sink.flush() == {("t", 0): 7}
    assert set(line.waits_s) == {2 * FIRST_DELIVERY_S + 1}
    assert line.given_s == [FIRST_DELIVERY_S, 2 * FIRST_DELIVERY_S]


def test_on_a_line_that_is_quick_again_it_has_little_time_again(line: Line, sink: KafkaSink) -> None:
    line.takes_s = FIRST_DELIVERY_S / 2
    for _ in range(3):
        sink.send("t", None, bytes(600))
        assert sink.flush() == {("t", 0): 7}
    assert line.given_s == [FIRST_DELIVERY_S, 2 * FIRST_DELIVERY_S, FIRST_DELIVERY_S]
    assert line.waits_s[-1] == FIRST_DELIVERY_S + 1
