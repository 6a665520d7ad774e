"""Notices a partition that has more records and gives none: a fault of a client that no exception reports."""

import time
from collections.abc import Callable, Mapping

STALL_S, STALL_POLLS = 30.0, 20  # between two looks


class StallWatch:
    """Told of every poll; at every look it compares where the partitions stand with where they stood.

    `behind` gives {partition: position} of those that have more at this moment and may be read.
    """

    def __init__(self, behind: Callable[[], Mapping[int, int]]) -> None:
        self._behind = behind
        self._looked_s = time.monotonic()
        self._polls = 0
        self._before: dict[int, int] = {}

    def restart(self) -> None:
        """There is a new client, or a new assignment."""
        self._looked_s, self._polls = time.monotonic(), 0
        self._before.clear()

    def sought(self, partition: int) -> None:
        """The partition goes on elsewhere."""
        self._before.pop(partition, None)

    def stalled(self) -> list[int]:
        """Partitions that had more at the last look and have not moved since; call it after each poll."""
        self._polls += 1
        now_s = time.monotonic()
        if now_s - self._looked_s < STALL_S or self._polls < STALL_POLLS:
            return []
        self._looked_s, self._polls = now_s, 0
        before, self._before = self._before, dict(self._behind())
        return sorted(number for number, at in self._before.items() if before.get(number) == at)
