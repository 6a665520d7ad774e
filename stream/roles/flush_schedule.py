"""When a role writes its state: every `kafka.flush_s`, and more often for a short time after a takeover.

After a takeover texts have already waited one session timeout. With a full flush interval and the time for joining and
reading on top, they would be missing from the states for longer than both together. So for HURRY_S state is written
every SOON_S, and once as soon as everything that was there has been read; as that is only known as of the last fetch,
the short interval then goes on for another HURRY_S. It ends there, because a long backlog should not be written every
second.
"""

from collections.abc import Callable
from math import inf

from stream.roles.context import Context

SOON_S = 1.0
HURRY_S = 5.0


class FlushSchedule:
    """Says when the next write is due; its owner reports takeovers and writes."""

    def __init__(self, edge: Context) -> None:
        self._edge = edge
        self._flushed_s, self._hurried_until_s = edge.now_s(), -inf
        self._caught_up = True

    def due(self, is_behind: Callable[[], bool]) -> bool:
        """Whether to write now; `is_behind`, asked only after a takeover, says whether there is more to read."""
        now_s, every_s = self._edge.now_s(), self._edge.config.kafka.flush_s
        if now_s < self._hurried_until_s:
            every_s = min(SOON_S, every_s)
            if not self._caught_up and not is_behind():
                return True
        return now_s - self._flushed_s >= every_s

    def taken_over(self) -> None:
        """Report that partitions were assigned and their state is restored."""
        self._flushed_s = self._edge.now_s()
        self._hurried_until_s = self._flushed_s + HURRY_S
        self._caught_up = False

    def flushed(self, behind: bool) -> None:
        """Report that state was written; `behind` says whether there is more to read."""
        self._flushed_s = self._edge.now_s()
        if not (behind or self._caught_up):
            self._caught_up, self._hurried_until_s = True, self._flushed_s + HURRY_S

    def failed(self) -> None:
        """Report that a write failed: the next one is due at once, since a step without a write would count as a
        success.
        """
        self._flushed_s = -inf
