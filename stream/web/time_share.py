"""Time that one activity may take from another: a share of every second, and a little saved up.

A token bucket in seconds of work. The flow and the server run under one interpreter lock, so a second that a thread of
the server computes is a second that the flow waits; whoever asks through a `TimeShare` cannot take more than `share` of
the time in the long run. It overdraws by one piece of work at most, which the next ones wait for.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

STEP_S = 0.2  # waited at once; then it may be closed
DEEPEST_S = 2.0
"""A debt beyond it is forgiven: else one long piece of work would shut everybody out for minutes."""


class TimeShare:
    """`share` of the time, of which `saved_s` may be saved up. Threads may use one together."""

    def __init__(self, share: float, saved_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.share, self._saved_s, self._clock = share, saved_s, clock
        self._left_s, self._at_s, self._lock = saved_s, clock(), Lock()
        self.closed = False
        """From then on nothing more is done, so nobody is to wait."""

    def close(self) -> None:
        """Let go whoever waits; what they wanted is not to be done."""
        self.closed = True

    def wait_s(self) -> float:
        """Seconds until there is time left; 0 if there is now, or never again. Ask anew every `STEP_S`."""
        if self.closed:
            return 0.0
        with self._lock:
            now_s = self._clock()
            self._left_s = min(self._saved_s, self._left_s + (now_s - self._at_s) * self.share)
            self._at_s = now_s
            return max(0.0, -self._left_s / self.share)

    def spend(self, seconds: float) -> None:
        """So much was taken."""
        with self._lock:
            self._left_s = max(self._left_s - seconds, -DEEPEST_S)

    @contextmanager
    def spending(self, used: Callable[[], float] = time.thread_time) -> Iterator[None]:
        """Whatever this thread computes meanwhile."""
        begun_s = used()
        try:
            yield
        finally:
            self.spend(used() - begun_s)
