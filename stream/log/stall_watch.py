"""Notices a partition that has unread records but returns none: a client fault that raises no exception.

Input: one call for each poll -> output: the partitions that have not moved between two checks. A check asks the broker
once, at most every STALL_S seconds.
"""

import time
from collections.abc import Callable, Mapping

STALL_S, STALL_POLLS = 30.0, 20  # between two looks


class StallWatch:
    """Compares the positions of partitions that have unread records between two checks.

    `behind` returns {partition: position} of the partitions that have unread records and are not held.
    """

    def __init__(self, behind: Callable[[], Mapping[int, int]]) -> None:
        self._behind = behind
        self._looked_s = time.monotonic()
        self._polls = 0
        self._before: dict[int, int] = {}

    def restart(self) -> None:
        """Start anew: the client or the assignment changed."""
        self._looked_s, self._polls = time.monotonic(), 0
        self._before.clear()

    def sought(self, partition: int) -> None:
        """Forget the position of a partition that was sought elsewhere."""
        self._before.pop(partition, None)

    def stalled(self) -> list[int]:
        """Call after each poll; return the partitions that had unread records at the last check and have not moved
        since.
        """
        self._polls += 1
        now_s = time.monotonic()
        if now_s - self._looked_s < STALL_S or self._polls < STALL_POLLS:
            return []
        self._looked_s, self._polls = now_s, 0
        before, self._before = self._before, dict(self._behind())
        return sorted(number for number, at in self._before.items() if before.get(number) == at)
