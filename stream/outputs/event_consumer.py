"""Read events from topic new-words, for `export`, `push`, `watch` and `subscribe`.

Records that are not events (another schema version, another producer) are counted and skipped. In a consumer group,
reading continues after what was marked `done` and committed, so every event is delivered at least once; without a group
nothing is stored.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stream.errors import BrokerError
from stream.events.events import Event, decode_event
from stream.log.protocol import Source

PATIENCE_S = 30.0
POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event with its partition and offset."""

    event: Event
    partition: int
    offset: int


class EventSource:
    """A group without an offset starts with the oldest event, or with `from_latest` at the end of the topic.

    With `keeps_place`, a reader without a group continues after a failure where it stopped.
    """

    def __init__(self, source: Source, from_latest: bool = False, keeps_place: bool = False) -> None:
        self._source, self._from_latest, self._keeps_place = source, from_latest, keeps_place
        self._ends: dict[int, int] = {}
        self._done: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self.unreadable = 0

    def poll(self, timeout_s: float) -> list[ReceivedEvent]:
        """The next events; those of one word are in order. Raises BrokerError, and may be called again."""
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            self._begin()
        events = []
        for record in polled:
            if self._keeps_place:
                self._next[record.partition] = record.offset + 1
            if record.value is None:
                continue  # the word was taken back: who wants to follow that reads the verdicts
            try:
                event = decode_event(record.value or b"null")
                events.append(ReceivedEvent(event, record.partition, record.offset))
            except ValueError:
                self.unreadable += 1
        return events

    def done(self, one: ReceivedEvent) -> None:
        """Mark this event and those before it in its partition as processed."""
        self._done[one.partition] = one.offset + 1

    def commit(self) -> None:
        """Commit what is done. If that fails, some events are delivered again."""
        done, self._done = self._done, {}
        if done:
            self._source.commit({partition: (offset, "") for partition, offset in done.items()})

    def until_now(self, clock: Callable[[], float] = time.monotonic) -> Iterator[list[ReceivedEvent]]:
        """All events up to the end of the topic at the first poll. Raises BrokerError if none come for PATIENCE_S."""
        progress_s = clock()
        while not self._at_the_end():
            events = self.poll(POLL_S)
            yield events
            if events:
                progress_s = clock()
            elif clock() - progress_s > PATIENCE_S:
                raise BrokerError("the topic of new words is not there, or does not answer")

    def close(self) -> None:
        self._source.close()

    def _begin(self) -> None:
        self._ends, self._done = self._source.ends(), {}
        for partition, end in self._ends.items():
            committed = self._source.committed(partition)
            usual = self._next.get(partition, end if self._from_latest else None)
            self._source.seek(partition, committed[0] if committed else usual)
            if committed is None and self._from_latest:  # so that events produced before the next start are not skipped
                self._source.commit({partition: (end, "")})

    def _at_the_end(self) -> bool:
        places = ((self._source.position(partition) or 0, end) for partition, end in self._ends.items())
        return bool(self._ends) and all(at >= end for at, end in places)
