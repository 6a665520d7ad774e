"""`python -m tests.chaos.halting MOMENT run …`: the service, in a process that stops or dies at one moment.

`marker`: frozen once it has written the markers of a takeover, before its first range. `shards`: dead once a range
stands on the first shard and not on the second.
"""

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from stream.__main__ import main
from stream.range_log.writer import Hint, RangeWriter

APPENDED = 3  # ranges that go through before


def halt_after_marker() -> None:
    """SIGSTOP to itself, the first time it has claimed anything."""
    claim, halted = RangeWriter.claim, []

    def halting(self: RangeWriter, epoch: int, hints: Mapping[int, Hint | None]) -> dict[int, list[int]]:
        claimed = claim(self, epoch, hints)
        if claimed and not halted:
            halted.append(True)
            os.kill(os.getpid(), signal.SIGSTOP)
        return claimed

    RangeWriter.claim = halting  # type: ignore[method-assign]  # a test's own process


def die_between_shards() -> None:
    """SIGKILL to itself, once the broker has the part of the first shard."""
    append, appended = RangeWriter.append, []

    def dying(self: RangeWriter, partition: int, begin: int, end: int, *rest: Any) -> None:
        append(self, partition, begin, end, *rest)
        if rest[-1] == 0:
            appended.append(partition)
            if len(appended) > APPENDED:
                self.flush()
                os.kill(os.getpid(), signal.SIGKILL)

    RangeWriter.append = dying  # type: ignore[method-assign]  # a test's own process


MOMENTS = {"marker": halt_after_marker, "shards": die_between_shards}

if __name__ == "__main__":
    MOMENTS[sys.argv.pop(1)]()
    sys.exit(main())
