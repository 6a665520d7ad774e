"""The heap, in which all arrays and fetched bytes lie, kept as small as what is in it.

A wait of the client that brings nothing leaves a cycle: its exception, and by it the frames of all that called, with
what they hold, such as records. Python looks for cycles by the number of objects, however large they are: here it looks
every `EVERY_S` too, among what came after the start. glibc gives every thread a heap of its own, 8 MB more where one
thread does all work: here they share one. And what is freed between two pieces in use stays with the process, more of
it with every hour: here it goes back to the system, and so it does before a worker needs much for a moment, that it may
not come on top; for a millisecond and the page faults where it is needed again. That is a tenth of the memory of
`segment` and a quarter of that of `refresh`.
"""

import ctypes
import gc
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

    def begin(self) -> None:
        """All that is here by now will stay, and need not be looked through again."""
        gc.collect()
        gc.freeze()

    def give_back(self) -> None:
        """What is free."""
        gc.collect()
        self._trim(0)
        self._given_s = self._clock()

    def give_back_in_time(self) -> None:
        """What is free, if that was not done a moment ago."""
        if self._clock() - self._given_s >= EVERY_S:
            self.give_back()
