"""Return freed memory to the operating system, so that a process uses little more than it holds.

Three causes keep memory that is free, and three remedies:
- A Kafka poll that times out leaves a reference cycle from its exception to all calling frames and the records they
  hold. Python collects cycles by the number of objects, not their size, so it is also run every `EVERY_S` seconds.
- glibc gives each thread a heap of its own, 8 MB more here. All threads are made to share one.
- Memory freed between blocks in use stays with the process. `malloc_trim` returns it, every `EVERY_S` seconds and
  before a worker allocates much, at the cost of a millisecond and some page faults.
Effect: a tenth of the memory of `segment`, a quarter of that of `refresh`.
"""

import ctypes
import gc
import time
from collections.abc import Callable
from contextlib import suppress

EVERY_S = 2.0
WORKED_S = 0.2  # of processor: who did less since the last time has made hardly anything that could be given back
M_ARENA_MAX = -8  # of malloc.h


class Heap:
    """Create it before any thread starts. With a C library other than glibc only the cycles are collected."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, worked: Callable[[], float] = time.process_time
    ) -> None:
        """`worked` are seconds of processor used so far."""
        self._clock, self._worked = clock, worked
        self._given_s, self._given_at_s = clock(), worked()
        self._trim: Callable[[int], int] = lambda room: 0
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(M_ARENA_MAX, 1)
            self._trim = library.malloc_trim

    def begin(self) -> None:
        """Exclude what exists now from later collections: it stays until the end."""
        gc.collect()
        gc.freeze()

    def give_back(self) -> None:
        """Collect cycles and return free memory."""
        gc.collect()
        self._trim(0)
        self._given_s, self._given_at_s = self._clock(), self._worked()

    def give_back_in_time(self) -> None:
        """Call `give_back` at most every `EVERY_S` seconds, and only if work was done since."""
        if self._clock() - self._given_s >= EVERY_S and self._worked() - self._given_at_s >= WORKED_S:
            self.give_back()
