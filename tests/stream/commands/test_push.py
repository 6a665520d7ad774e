"""`new-words push` to a real HTTP server, from a log in memory: order, at-least-once delivery, and its report."""

import argparse
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest
from prometheus_client import CollectorRegistry

from stream.commands import push
from stream.config.config import load
from stream.errors import BrokerError, UsageError
from stream.events.events import encode
from stream.log.memory import MemoryLog, MemorySource
from stream.metrics import WebhookMetrics
from stream.outputs.event_consumer import EventSource, ReceivedEvent
from stream.outputs.webhook import Webhook
from tests.stream.events.event_samples import event
from tests.stream.outputs.webhook_receiver import Receiver

TOPIC = "new-words"


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog(lambda: 0.0)
    made.create(TOPIC)
    for number, status in enumerate(("emerged", "emerged", "rising", "faded")):
        made.append(TOPIC, b"", encode(event("元宇宙", float(number), status=status)))
    return made


class Hurried(threading.Event):
    """Does not wait; remembers how long it was asked to, and stops after so many waits."""

    def __init__(self, most: int = 1000) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._most = most

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        if len(self.waits) >= self._most:
            self.set()
        return self.is_set()


@contextmanager
def pushing(log: MemoryLog, url: str, stop: threading.Event, *overrides: str) -> Iterator[push.Pusher]:
    """A pusher at work in a thread of its own, from the group `pushers`, until the block ends."""
    config = load(None, {}, [f"webhook.url={url}", *overrides])
    webhook = Webhook(config.webhook)
    pusher = push.Pusher(config, webhook.post, WebhookMetrics(CollectorRegistry()), stop, lambda: 5.0, lambda: 0.0)
    events = EventSource(MemorySource(log, TOPIC, "pushers"))
    thread = threading.Thread(target=pusher.run, args=(events,))
    thread.start()
    try:
        yield pusher
    finally:
        stop.set()
        with log.changed:
            log.changed.notify_all()
        thread.join()
        events.close()


def told(receiver: Receiver) -> list[tuple[str, int]]:
    return [(orjson.loads(got.body)["detected_at"][17:19], got.status) for got in receiver.got]


def test_events_arrive_in_order_over_failures_and_refused_ones_are_skipped(log: MemoryLog) -> None:
    stop = Hurried()
    with Receiver([503, 500, 200, 404, 429, 200]) as receiver, pushing(log, receiver.url, stop) as pusher:
        receiver.wait_for(7)
    assert told(receiver) == [
        ("00", 503), ("00", 500), ("00", 200), ("01", 404), ("02", 429), ("02", 200), ("03", 204),
    ]  # fmt: skip
    keys = [got.headers["idempotency-key"] for got in receiver.got]
    assert keys[0] == keys[1] == keys[2]
    assert len(set(keys)) == 4
    assert str(pusher.totals) == "3 delivered, 1 refused, 3 attempts repeated"


def test_only_the_statuses_asked_for_are_sent(log: MemoryLog) -> None:
    with Receiver() as receiver, pushing(log, receiver.url, Hurried(), "webhook.statuses=rising,faded"):
        receiver.wait_for(2)
    assert told(receiver) == [("02", 204), ("03", 204)]


def test_only_the_first_word_of_a_story_is_sent_if_configured(log: MemoryLog) -> None:
    for at_s, (word, story) in enumerate([("涿州", "涿州@t"), ("洪水", "涿州@t"), ("桂花", "桂花@t")], 10):
        log.append(TOPIC, b"", encode(event(word, float(at_s), story=story)))
    with Receiver() as receiver, pushing(log, receiver.url, Hurried(), "webhook.words=first"):
        receiver.wait_for(6)
    assert told(receiver)[-3:] == [("03", 204), ("10", 204), ("12", 204)]


def test_waits_double_up_to_a_minute_unless_the_receiver_says_longer(log: MemoryLog) -> None:
    stop = Hurried(10)
    with Receiver([503] * 10) as receiver, pushing(log, receiver.url, stop):
        receiver.wait_for(10)
    assert stop.waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    stop = Hurried(2)
    with Receiver([503] * 2, headers={"Retry-After": "9"}) as receiver, pushing(log, receiver.url, stop):
        receiver.wait_for(2)
    assert stop.waits == [9.0, 9.0]


def test_a_receiver_gets_everything_after_a_failure_and_nothing_twice_after_a_takeover(log: MemoryLog) -> None:
    with Receiver([200]) as receiver:
        port = receiver.port
        with pushing(log, receiver.url, Hurried()):
            receiver.wait_for(1)
            receiver.statuses += [500] * 1000
    assert next(pair for pair in told(receiver) if pair[1] < 300) == ("00", 200)
    done = len([got for got in receiver.got if got.status < 300])
    stop = threading.Event()
    with pushing(log, receiver.url, stop) as pusher:  # nobody listens any more
        while not pusher.totals.again:
            stop.wait(0.01)
        with Receiver(port=port) as back:
            back.wait_for(4 - done)
    assert [second for second, _ in told(back)] == ["00", "01", "02", "03"][done:]
    with Receiver() as third, pushing(log, third.url, Hurried()):
        log.append(TOPIC, b"", encode(event("新的词", 59.0)))
        third.wait_for(1)
    assert told(third) == [("59", 204)]


def test_neither_secret_nor_address_is_ever_logged(log: MemoryLog, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        Receiver([503, 404]) as receiver,
        pushing(log, receiver.url, Hurried(), "webhook.secret=whsec_c2VjcmV0") as pusher,
    ):
        receiver.wait_for(5)
    assert [record.message for record in caplog.records if record.name == "stream.push"] == [
        "later: status 503", "refused: status 404", "events are delivered again",
    ]  # fmt: skip
    assert pusher.totals.refused == 1
    assert "token-123" not in caplog.text
    assert "c2VjcmV0" not in caplog.text


def test_a_failing_kafka_is_retried(log: MemoryLog) -> None:
    failures = iter([BrokerError("away"), BrokerError("away")])

    class Flaky(EventSource):
        def poll(self, timeout_s: float) -> list[ReceivedEvent]:
            for failure in failures:
                raise failure
            return super().poll(timeout_s)

    stop = Hurried()
    with Receiver() as receiver:
        webhook = Webhook(load(None, {}, [f"webhook.url={receiver.url}"]).webhook)
        pusher = push.Pusher(
            load(None, {}, []), webhook.post, WebhookMetrics(CollectorRegistry()), stop, lambda: 0.0, lambda: 0.0
        )
        thread = threading.Thread(target=pusher.run, args=(Flaky(MemorySource(log, TOPIC, "pushers")),))
        thread.start()
        receiver.wait_for(4)
        stop.set()
        with log.changed:
            log.changed.notify_all()
        thread.join()
    assert next(failures, None) is None


@pytest.mark.parametrize(
    ("argv", "fault"),
    [
        ([], "--webhook: must say where to, as https://example.org/new-words; or set webhook.url"),
        (["--webhook", "ftp://a/token"], "--webhook: must be an address of http:// or https:// with a host"),
        (["--set", "webhook.secret=whsec_?"], "webhook.secret: must be base64 after whsec_ (from --set)"),
        (["--set", "webhook.url=ftp://a/token"],
         "webhook.url: must be an address of http:// or https:// with a host (from --set)"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_without_showing_a_secret(argv: list[str], fault: str) -> None:
    parser = argparse.ArgumentParser()
    push.add_arguments(parser)
    with pytest.raises(UsageError) as caught:
        push.main(parser.parse_args(argv))
    assert str(caught.value) == fault
