"""Read new words from another Python program: `from stream import subscribe`.

    for event in subscribe("broker:9092", group="my-notebook"):
        print(event.word, event.count, event.examples[0].text)

    async for event in subscribe("broker:9092"):
        await show(event.word)

Yields `stream.events.events.Event`: the fields of the JSON on the topic, with times in seconds.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from stream.config.config import load
from stream.errors import BrokerError
from stream.events.events import Event
from stream.log.kafka import KafkaSource
from stream.outputs.event_consumer import POLL_S, EventSource, ReceivedEvent

PATIENCE_S = 60.0
COMMIT_S = 1.0


def subscribe(
    bootstrap_servers: str | None = None,
    *,
    group: str | None = None,
    from_latest: bool = False,
    until_now: bool = False,
    config: str | None = None,
    patience_s: float = PATIENCE_S,
) -> "Subscription":
    """Yield events without end, or with `until_now` those on the topic now. To be used in `for` or `async for`, once.

    With a group, the next subscriber of that name continues where this one stopped: an event counts as processed when
    the loop asks for the next one; others are delivered again. Subscribers of one group share the events. Without a
    group each subscriber starts with the oldest event, or with `from_latest` at the end of the topic.
    Other settings come from `config` (a YAML file) and the environment. Raises UsageError at the first event for a bad
    setting, and BrokerError if Kafka does not answer for `patience_s`. Waits for a topic that does not exist yet.
    """
    return Subscription(_events(bootstrap_servers, group, from_latest, until_now, config, patience_s))


class Subscription:
    """An iterator of events, and an asynchronous iterator that leaves the event loop free while it waits.

    Processed events are committed when it is closed or its loop ends.
    """

    def __init__(self, events: Generator[Event, None, None]) -> None:
        self._events = events

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """End the iteration; the next subscriber of the group starts with the event that was returned last."""
        self._events.close()

    async def __aiter__(self) -> AsyncIterator[Event]:
        loop, worker = asyncio.get_running_loop(), ThreadPoolExecutor(1, "subscriber")  # Kafka's client has one thread
        try:
            while (event := await loop.run_in_executor(worker, next, self._events, None)) is not None:
                yield event
        finally:
            worker.submit(self._events.close)  # behind the poll under way, if the loop was cancelled
            worker.shutdown(wait=False)


def _events(
    bootstrap_servers: str | None, group: str | None, from_latest: bool, until_now: bool, config: str | None,
    patience_s: float,
) -> Generator[Event, None, None]:  # fmt: skip
    overrides = [] if bootstrap_servers is None else [f"kafka.bootstrap_servers={bootstrap_servers}"]
    settings = load(config, os.environ, overrides)
    kafka, topic = settings.kafka, settings.topics.new_words
    with closing(EventSource(KafkaSource(kafka, topic, group, f"{kafka.client_id}-subscriber"), from_latest)) as source:
        committed_s = time.monotonic()
        try:
            for several in source.until_now() if until_now else _for_ever(source, patience_s):
                for one in several:
                    yield one.event
                    source.done(one)
                if time.monotonic() - committed_s >= COMMIT_S:
                    source.commit()
                    committed_s = time.monotonic()
        finally:
            source.commit()


def _for_ever(source: EventSource, patience_s: float) -> Iterator[list[ReceivedEvent]]:
    answered_s = time.monotonic()
    while True:
        try:
            several = source.poll(POLL_S)
            answered_s = time.monotonic()
        except BrokerError:
            if time.monotonic() - answered_s > patience_s:
                raise
            continue
        yield several
