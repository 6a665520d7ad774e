"""When a role writes its state: every `kafka.flush_s`, and after a takeover as soon as it has read what was there.

Whoever had the partitions was missed for a session timeout. With a whole flush interval on top, and what joining and
reading take, texts would be away from the states for longer than both. So for `HURRY_S` state is written every
`SOON_S`, and once as soon as all is read that is there; as of the last fetch, for which reason it then goes on so for
as long again. No longer: whoever has a long interval, or a day to catch up with, does not want a write every second.
"""

from collections.abc import Callable
from math import inf

from stream.roles.context import Context

SOON_S = 1.0
HURRY_S = 5.0


class FlushSchedule:
    """Told of takeovers and writes, it says when the next write is due."""

    def __init__(self, edge: Context) -> None:
        self._edge = edge
        self._flushed_s, self._hurried_until_s = edge.now_s(), -inf
        self._caught_up = True

    def due(self, is_behind: Callable[[], bool]) -> bool:
        """Whether to write now; after a takeover it is asked whether there is more to read."""
        now_s, every_s = self._edge.now_s(), self._edge.config.kafka.flush_s
        if now_s < self._hurried_until_s:
            every_s = min(SOON_S, every_s)
            if not self._caught_up and not is_behind():
                return True
        return now_s - self._flushed_s >= every_s

    def taken_over(self) -> None:
        """Partitions were assigned and their state is restored."""
        self._flushed_s = self._edge.now_s()
        self._hurried_until_s = self._flushed_s + HURRY_S
        self._caught_up = False

    def flushed(self, behind: bool) -> None:
        """State was written; whether there is more to read."""
        self._flushed_s = self._edge.now_s()
        if not (behind or self._caught_up):
            self._caught_up, self._hurried_until_s = True, self._flushed_s + HURRY_S

    def failed(self) -> None:
        """State could not be written, and is due at once: a step that writes nothing would look as if all was well."""
        self._flushed_s = -inf
