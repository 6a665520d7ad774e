"""What a sink does with a line so slow that a first write fails; with a client that notes how long it is waited for."""

from typing import NamedTuple

import pytest
from kafka.errors import KafkaTimeoutError

from stream.errors import BrokerError
from stream.io import kafka_log
from stream.io.kafka_log import FIRST_DELIVERY_S, KafkaSink
from stream.io.settings import KafkaSettings


class Written(NamedTuple):
    topic: str
    partition: int
    offset: int


class SlowLine:
    """A client whose every batch takes `takes_s`; it is its own sender and future."""

    def __init__(self, takes_s: float, delivery_timeout_ms: int, waits_s: list[float]) -> None:
        self._takes_s, self._delivery_s, self._waits_s = takes_s, delivery_timeout_ms / 1000, waits_s
        self._sender = self

    def send(self, *message: object) -> "SlowLine":
        return self

    def get(self, timeout: float) -> Written:
        self._waits_s.append(timeout)
        if self._takes_s > min(timeout, self._delivery_s):
            raise KafkaTimeoutError
        return Written("t", 0, 7)

    def flush(self, timeout: float) -> None:
        self._waits_s.append(timeout)

    def force_close(self) -> None: ...

    def join(self, timeout: float) -> None: ...


def test_each_batch_on_its_way_has_the_time_that_the_failure_before_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    waits_s: list[float] = []
    monkeypatch.setattr(kafka_log, "connect", lambda make, settings, client_id, **options: SlowLine(
        6.0, options["delivery_timeout_ms"], waits_s))  # fmt: skip
    sink = KafkaSink(KafkaSettings(), "test", outstanding_bytes=1000)
    with pytest.raises(BrokerError):
        sink.send("t", None, bytes(2000))
    assert waits_s.pop() == FIRST_DELIVERY_S + 1 and not waits_s
    assert sink.flush() == {}  # of nothing, which says nothing of the line
    for _ in range(5):  # the first ones are waited for while the others go out
        sink.send("t", None, bytes(600))
    assert sink.flush() == {("t", 0): 7}
    assert set(waits_s) == {2 * FIRST_DELIVERY_S + 1}
