"""Send each event of topic new-words to a webhook as one signed POST, at least once.

    NEWWORDS_WEBHOOK__SECRET=… new-words push --webhook https://example.org/new-words
    new-words push --webhook https://example.org/new-words --set webhook.secret_file=/run/secrets/webhook --from latest

The body is the event as on the topic. Requests are signed by Standard Webhooks (HMAC-SHA256 of id, timestamp and body;
headers webhook-id, webhook-timestamp, webhook-signature). The id is also sent as Idempotency-Key, and stays the same
when an event is sent again, as may happen after a crash. With webhook.words=first only the first word of a story is
sent. Progress is stored as the offset of --group: a restarted process continues where it stopped, and several processes
of one group share the work.

2xx: delivered. 4xx and redirects: counted and skipped. 5xx, 408, 425, 429, no answer within webhook.timeout_s, no
connection: retried after 0.5 s, 1 s, 2 s … up to a minute, or as Retry-After says, until it succeeds. Later events
wait, so the events of a word arrive in order. SIGTERM and Ctrl-C end it after the current event.
"""

import argparse
import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from prometheus_client import CollectorRegistry

from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of
from stream.errors import BrokerError, UsageError
from stream.metrics import WebhookMetrics
from stream.outputs.event_consumer import POLL_S, EventSource, ReceivedEvent
from stream.outputs.webhook import DELIVERED, LATER, REFUSED, Answer, Webhook

log = logging.getLogger("stream.push")
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 60.0
COMMIT_S = 1.0
BATCH = 100
STUCK_S = 330.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words push`."""
    add = parser.add_argument
    add("--webhook", metavar="URL", help="where to send events, instead of webhook.url")
    add("--group", metavar="G", help="consumer group that stores the progress (default: kafka.group and -push)")
    add("--from", choices=("beginning", "latest"), default="beginning", dest="begin",
        help="where a new group starts (default %(default)s)")  # fmt: skip
    add(
        "--metrics-port",
        type=int,
        metavar="P",
        help="serve /metrics, /healthz and /readyz on this port (default: do not)",
    )
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Push until SIGTERM or SIGINT."""
    from stream.log.kafka import KafkaSource

    config = configured(args)
    webhook = Webhook(config.webhook, f"/{config.kafka.group}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    group = args.group or f"{config.kafka.group}-push"
    source = KafkaSource(config.kafka, config.topics.new_words, group, f"{config.kafka.client_id}-push", BATCH)
    metrics = WebhookMetrics(CollectorRegistry())
    pusher = Pusher(config, webhook.post, metrics, stop, time.time, time.monotonic)
    server = None
    if args.metrics_port is not None:
        from stream.web.server import Server

        settings = replace(config.server, port=args.metrics_port)
        server = Server(settings, metrics.registry, pusher.healthy, lambda: pusher.joined)
    log.info("pushing to %s as %s%s", webhook.name, group, "" if webhook.signed else ", unsigned: no webhook.secret")
    try:
        with closing(EventSource(source, args.begin == "latest")) as events:
            pusher.run(events)
    finally:
        if server:
            server.close()
    log.info("stopped: %s", pusher.totals)
    return 0


def configured(args: argparse.Namespace) -> Config:
    """Return the configuration with the address of --webhook. Raises UsageError."""
    config = config_of(args)
    if args.webhook is None:
        return config
    settings = replace(config.webhook, url=args.webhook)
    if faults := [reason for key, reason in settings.faults() if key == "url"]:
        raise UsageError(f"--webhook: {faults[0]}")
    return replace(config, webhook=settings)


@dataclass(slots=True)
class Totals:
    """Events by outcome; `again` counts the attempts after the first."""

    delivered: int = 0
    refused: int = 0
    again: int = 0

    def __str__(self) -> str:
        return f"{self.delivered:,} delivered, {self.refused:,} refused, {self.again:,} attempts repeated"


class Pusher:
    """Sends one event at a time, in order."""

    def __init__(
        self,
        config: Config,
        post: Callable[..., Answer],
        metrics: WebhookMetrics,
        stop: threading.Event,
        now_s: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._settings = config.webhook
        self._post, self._metrics, self._stop, self._now_s, self._clock = post, metrics, stop, now_s, clock
        self._stepped_s = self._committed_s = clock()
        self._state = ""
        self.totals = Totals()
        self.joined = False

    def healthy(self) -> bool:
        """Whether the loop makes progress. A receiver that does not answer is no reason to restart the process."""
        return self._clock() - self._stepped_s < STUCK_S

    def run(self, events: EventSource) -> None:
        """Send until a stop is requested, then commit the progress."""
        while not self._stop.is_set():
            self._stepped_s = self._clock()
            try:
                several = events.poll(POLL_S)
                self.joined = True
            except BrokerError as error:
                self._say(f"Kafka: {error}")
                continue
            for one in several:
                if not self._process(one, events):
                    break
        with suppress(BrokerError):
            events.commit()

    def _process(self, one: ReceivedEvent, events: EventSource) -> bool:
        """Deliver one event and note it as done. False if a stop was requested."""
        if self._settings.wants(one.event) and not self._deliver(one):
            return False
        events.done(one)
        if self._clock() - self._committed_s >= COMMIT_S:
            events.commit()
            self._committed_s = self._clock()
        return not self._stop.is_set()

    def _deliver(self, one: ReceivedEvent) -> bool:
        wait_s = FIRST_BACKOFF_S
        while True:
            self._stepped_s = self._clock()
            answer = self._post(one.event, self._now_s())
            self._metrics.posts.labels(answer.outcome).inc()
            self._say("" if answer.outcome == DELIVERED else f"{answer.outcome}: {answer.reason}")
            if answer.outcome != LATER:
                self.totals.delivered += answer.outcome == DELIVERED
                self.totals.refused += answer.outcome == REFUSED
                return True
            self.totals.again += 1
            if self._stop.wait(min(max(wait_s, answer.wait_s), 10 * LAST_BACKOFF_S)):
                return False
            wait_s = min(2 * wait_s, LAST_BACKOFF_S)

    def _say(self, state: str) -> None:
        """Log once per change of state, not per event."""
        if state != self._state:
            log.log(logging.WARNING if state else logging.INFO, "%s", state or "events are delivered again")
            self._state = state
