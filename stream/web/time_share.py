"""Limits the computing time of one activity, so that another gets the rest: a token bucket in seconds of work.

The pipeline and the server share one interpreter lock, so each second that a server thread computes is a second that
the pipeline waits. Callers wait while `wait_s()` is above 0 and then charge their work, which takes at most `share` of
the time in the long run, if its pieces are shorter than `DEEPEST_S`: a larger debt is forgiven. The bucket can be
overdrawn by the pieces that began while there was time left.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

STEP_S = 0.2  # waited at once; then it may be closed
DEEPEST_S = 2.0
"""The largest debt: without a limit one long piece of work would block all others for minutes."""


class TimeShare:
    """A bucket that fills with `share` seconds a second, up to `saved_s`. Several threads may use one."""

    def __init__(self, share: float, saved_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.share, self._saved_s, self._clock = share, saved_s, clock
        self._left_s, self._at_s, self._lock = saved_s, clock(), Lock()
        self.closed = False
        """True after `close`: no more work is done, so no thread waits."""

    def close(self) -> None:
        """Let all waiting threads continue; their work will not be done."""
        self.closed = True

    def wait_s(self) -> float:
        """Return the seconds until there is time left; 0 if there is some now, or if it is closed.

        Ask again at least every `STEP_S`.
        """
        if self.closed:
            return 0.0
        with self._lock:
            now_s = self._clock()
            self._left_s = min(self._saved_s, self._left_s + (now_s - self._at_s) * self.share)
            self._at_s = now_s
            return max(0.0, -self._left_s / self.share)

    def spend(self, seconds: float) -> None:
        """Charge seconds of work."""
        with self._lock:
            self._left_s = max(self._left_s - seconds, -DEEPEST_S)

    @contextmanager
    def spending(self, used: Callable[[], float] = time.thread_time) -> Iterator[None]:
        """Charge the time that this thread computes within the `with` block."""
        begun_s = used()
        try:
            yield
        finally:
            self.spend(used() - begun_s)
