"""Topic new-words -> events, for whoever uses the words: export, push, subscribe.

Records that are no events of ours (another schema version, another producer) are counted and passed over. In a group
reading goes on behind what was `done` and committed, so every event is handed out at least once; without one nothing
is kept.
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
class Heard:
    """An event, and where it lies."""

    event: Event
    partition: int
    offset: int


class EventSource:
    """Where its group has no offset yet it begins with the oldest event, or `from_latest` with the next to come.

    `keeps_place` is for who has no group: after a failure it goes on behind what was handed out.
    """

    def __init__(self, source: Source, from_latest: bool = False, keeps_place: bool = False) -> None:
        self._source, self._from_latest, self._keeps_place = source, from_latest, keeps_place
        self._ends: dict[int, int] = {}
        self._done: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self.unreadable = 0

    def poll(self, timeout_s: float) -> list[Heard]:
        """The next events, those of a word in their order. Raises BrokerError, and may be called again."""
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            self._begin()
        heard = []
        for record in polled:
            if self._keeps_place:
                self._next[record.partition] = record.offset + 1
            if record.value is None:
                continue  # the word was taken back: who wants to follow that reads the verdicts
            try:
                event = decode_event(record.value or b"null")
                heard.append(Heard(event, record.partition, record.offset))
            except ValueError:
                self.unreadable += 1
        return heard

    def done(self, one: Heard) -> None:
        """It and those before it are dealt with."""
        self._done[one.partition] = one.offset + 1

    def commit(self) -> None:
        """Whoever comes next in the group goes on behind what is done. Best effort: else some come again."""
        done, self._done = self._done, {}
        if done:
            self._source.commit({partition: (offset, "") for partition, offset in done.items()})

    def until_now(self, clock: Callable[[], float] = time.monotonic) -> Iterator[list[Heard]]:
        """What the topic holds as of the first poll. Raises BrokerError where nothing comes for PATIENCE_S."""
        heard_s = clock()
        while not self._at_the_end():
            heard = self.poll(POLL_S)
            yield heard
            if heard:
                heard_s = clock()
            elif clock() - heard_s > PATIENCE_S:
                raise BrokerError("the topic of new words is not there, or does not answer")

    def close(self) -> None:
        self._source.close()

    def _begin(self) -> None:
        self._ends, self._done = self._source.ends(), {}
        for partition, end in self._ends.items():
            committed = self._source.committed(partition)
            usual = self._next.get(partition, end if self._from_latest else None)
            self._source.seek(partition, committed[0] if committed else usual)
            if committed is None and self._from_latest:  # what comes while we are away is "to come" too
                self._source.commit({partition: (end, "")})

    def _at_the_end(self) -> bool:
        places = ((self._source.position(partition) or 0, end) for partition, end in self._ends.items())
        return bool(self._ends) and all(at >= end for at, end in places)
