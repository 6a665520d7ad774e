"""Topic word-verdicts -> a book of the current verdicts that grows with the topic.

The topic is read from its beginning at every takeover; it is compacted, so it has one record for each judged word.
"""

import time
from collections.abc import Callable

from stream.errors import BrokerError
from stream.log.protocol import Source
from stream.verdicts.verdict_book import VerdictBook

PATIENCE_S = 10.0
POLL_S = 0.2


class VerdictFollower:
    """Follows the topic into `book`. `open_source()` returns a source of the whole topic."""

    def __init__(self, open_source: Callable[[], Source], clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = open_source(), clock
        self.book = VerdictBook()

    def poll(self, timeout_s: float = 0.0) -> list[str]:
        """Return the folded words whose verdict has changed since the last call."""
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            for partition in polled.assigned:
                self._source.seek(partition, None)
        return [word for record in polled if (word := self.book.take(record.key, record.value)) is not None]

    def catch_up(self) -> None:
        """Read the topic to its present end. Raises BrokerError if that makes no progress for `PATIENCE_S`."""
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
