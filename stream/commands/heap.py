"""glibc's heap, in which all arrays and fetched bytes lie, kept as small as what is in it.

It gives every thread a heap of its own, 8 MB more where one thread does all work: here they share one. And what is
freed between two pieces in use stays with the process, more of it with every hour: here it goes back to the system
every `EVERY_S`, for a millisecond and the page faults where it is needed again. That is a tenth of the memory of
`segment` and a quarter of that of `refresh`.
"""

import ctypes
import time
from collections.abc import Callable
from contextlib import suppress

EVERY_S = 2.0
M_ARENA_MAX = -8  # of malloc.h


class Heap:
    """To be made before there are threads. Libraries other than glibc are left as they are."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given_s = clock()
        self._trim: Callable[[int], int] = lambda room: 0
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(M_ARENA_MAX, 1)
            self._trim = library.malloc_trim

    def give_back(self) -> None:
        """What is free, if that was not done a moment ago."""
        if self._clock() - self._given_s >= EVERY_S:
            self._trim(0)
            self._given_s = self._clock()
