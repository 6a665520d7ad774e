"""Topic of events -> the newest events of each partition, and which of their words stand there.

What was published is known from there only: a state may be older, spoiled by a process that did not know it was
replaced, or gone.
"""

import time
from contextlib import closing
from dataclasses import dataclass

from stream.errors import BrokerError
from stream.events.events import Event, decode_event
from stream.log.protocol import Record, Source
from stream.roles.context import Context

PATIENCE_S = 10.0
POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Published:
    """`standing` are events in order of time, of a word that was taken back since none; `sent` are all, encoded."""

    standing: list[Event]
    sent: set[bytes]


def published_events(edge: Context, most: int, topic: str | None = None) -> Published:
    """Up to `most` of each partition, the events of a word in their order; what is none of ours is passed over.

    `topic` is another one than new-words. Raises BrokerError if the end does not come nearer for `PATIENCE_S`.
    """
    with closing(edge.open_source(topic or edge.config.topics.new_words, None)) as source:
        by_word: dict[bytes | None, list[Event]] = {}
        sent: set[bytes] = set()
        for record in _tail(source, most):
            if record.value is None:
                by_word.pop(record.key, None)
                continue
            try:
                by_word.setdefault(record.key, []).append(decode_event(record.value))
                sent.add(record.value)
            except ValueError:
                continue
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
