"""A broker that starts late is waited for, with a line every half minute; other failures are raised at once."""

import logging

import pytest

from stream.errors import BrokerError, UsageError
from stream.service.start import PAUSE_S, REMIND_S, STEP_S, Start, StoppedError


class Broker:
    """There from a moment on; each try takes as long as connecting does before it gives up."""

    def __init__(self, there_s: float, try_s: float = 5.0) -> None:
        self.now_s, self.there_s, self.try_s, self.ticks = 0.0, there_s, try_s, 0
        self.stops_s = float("inf")
        self.start = Start(lambda: self.now_s >= self.stops_s, self.ticked, lambda: self.now_s, self.sleep)

    def ticked(self) -> None:
        self.ticks += 1

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def connect(self) -> str:
        if self.now_s < self.there_s:
            self.now_s += self.try_s
            raise BrokerError("cannot connect to kafka:9092")
        return "connected"


def test_it_waits_as_long_as_it_takes_and_says_so_every_half_minute(caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker(there_s=3600.0)
    with caplog.at_level(logging.INFO):
        assert broker.start.patiently(broker.connect) == "connected"
    waiting = [record for record in caplog.records if "waiting for Kafka" in record.message]
    assert 3600 / (REMIND_S + broker.try_s + PAUSE_S) <= len(waiting) <= 3600 / REMIND_S + 1
    assert "kafka:9092" in waiting[0].message
    assert "Kafka answered after 360" in caplog.records[-1].message
    assert broker.ticks > 500


def test_it_is_healthy_while_it_tries_and_not_if_a_try_never_ends() -> None:
    broker = Broker(there_s=100.0)
    broker.start.patiently(broker.connect)
    assert broker.start.healthy()
    broker.now_s += STEP_S
    assert not broker.start.healthy()


def test_a_broker_that_is_there_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert Broker(there_s=0.0).start.patiently(lambda: 5) == 5
    assert not caplog.records


def test_waiting_can_be_stopped() -> None:
    broker = Broker(there_s=1e9)
    broker.stops_s = 60.0
    with pytest.raises(StoppedError):
        broker.start.patiently(broker.connect)
    assert broker.now_s < 70


def test_a_failure_that_waiting_cannot_fix_is_raised_at_once() -> None:
    broker = Broker(there_s=0.0)

    def wrong() -> None:
        raise UsageError("topic trend-state has 3 partitions")

    with pytest.raises(UsageError):
        broker.start.patiently(wrong)
    assert broker.now_s == 0.0
