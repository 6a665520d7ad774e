"""Topic word-verdicts -> the book, as it grows.

Read from its beginning at every takeover, for it is compacted: as many records as there are words judged.
"""

import time
from collections.abc import Callable

from stream.errors import BrokerError
from stream.log.protocol import Source
from stream.verdicts.verdict_book import VerdictBook

PATIENCE_S = 10.0
POLL_S = 0.2


class VerdictFollower:
    """`book` holds what was read. `open_source()` gives a source of all of the topic."""

    def __init__(self, open_source: Callable[[], Source], clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = open_source(), clock
        self.book = VerdictBook()

    def poll(self, timeout_s: float = 0.0) -> list[str]:
        """Words whose verdict changed, as they are counted."""
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            for partition in polled.assigned:
                self._source.seek(partition, None)
        return [word for record in polled if (word := self.book.take(record.key, record.value)) is not None]

    def catch_up(self) -> None:
        """Read what the topic holds now. Raises BrokerError if its end does not come nearer for `PATIENCE_S`."""
        progress_s = self._clock()
        while not self._at_the_end():
            if self.poll(POLL_S):
                progress_s = self._clock()
            elif self._clock() - progress_s > PATIENCE_S:
                raise BrokerError(f"reading the verdicts made no progress for {PATIENCE_S:g} s")

    def close(self) -> None:
        self._source.close()

    def _at_the_end(self) -> bool:
        ends = self._source.ends()
        return bool(ends) and all((self._source.position(partition) or 0) >= end for partition, end in ends.items())
