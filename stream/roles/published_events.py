"""new-words -> the newest published events of each partition, and the words that are still announced.

Only the topic tells what was published: a state may be older, damaged by a process that was replaced, or missing.
"""

import time
from contextlib import closing
from dataclasses import dataclass

from stream.errors import BrokerError
from stream.events.events import Event, decode_event, encode
from stream.log.protocol import Record, Source
from stream.roles.context import Context

PATIENCE_S = 10.0
POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Published:
    """`standing` are the events, by time, of words that were not deleted since; `sent` are all events, encoded."""

    standing: list[Event]
    sent: set[bytes]


def published_events(edge: Context, most: int, topic: str | None = None) -> Published:
    """Read up to `most` events of each partition; records that are not events are skipped.

    `topic` replaces `new-words`. Raises BrokerError if reading makes no progress for `PATIENCE_S`.
    """
    with closing(edge.open_source(topic or edge.config.topics.new_words, None)) as source:
        by_word: dict[bytes | None, list[Event]] = {}
        sent: set[bytes] = set()
        for record in _tail(source, most):
            if record.value is None:
                by_word.pop(record.key, None)
                continue
            try:
                event = decode_event(record.value)
            except ValueError:
                continue
            by_word.setdefault(record.key, []).append(event)
            sent.add(encode(event))  # as that of an outbox, which is read back as well: times are of milliseconds
        standing = [event for events in by_word.values() for event in events]
        return Published(sorted(standing, key=lambda one: one.detected_at_s), sent)


def _tail(source: Source, most: int) -> list[Record]:
    ends: dict[int, int] | None = None
    found: list[Record] = []
    progress_s = time.monotonic()
    while ends is None or any((source.position(number) or 0) < end for number, end in ends.items()):
        polled = source.poll(POLL_S)
        if polled.assigned is not None:
            found, ends = [], source.ends() if polled.assigned else None
            for number, end in (ends or {}).items():
                source.seek(number, max(0, end - most))
        found += polled
        if polled.batches or polled.lost or polled.assigned:
            progress_s = time.monotonic()
        elif time.monotonic() - progress_s > PATIENCE_S:
            raise BrokerError(f"reading the events published made no progress for {PATIENCE_S:g} s")
    return found
