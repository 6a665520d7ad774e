"""Waits at the start until Kafka answers, however long, with `/healthz` up and a log line every REMIND_S.

Ending the process instead would only make the orchestrator restart it again and again: the log would say less, and an
alert on restarts would fire although Kafka is the cause.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from stream.errors import BrokerError

log = logging.getLogger(__name__)
PAUSE_S = 1.0
REMIND_S = 30.0
STEP_S = 180.0  # connecting, asking and giving up take less; without a try for so long something hangs
T = TypeVar("T")


class StoppedError(Exception):
    """The process was told to stop while it waited for Kafka."""


class Start:
    """Retries what needs Kafka until `stopping()`; `ticked` is called before each try, to show progress."""

    def __init__(
        self,
        stopping: Callable[[], bool],
        ticked: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stopping, self._ticked, self._clock, self._sleep = stopping, ticked, clock, sleep
        self._tried_s = clock()

    def patiently(self, act: Callable[[], T]) -> T:
        """Call `act` until it raises no BrokerError, and return its result.

        Raises StoppedError when told to stop, and any other exception of `act`.
        """
        began_s = self._clock()
        said_s: float | None = None
        while not self._stopping():
            self._tried_s = self._clock()
            self._ticked()
            try:
                found = act()
            except BrokerError as error:
                now_s = self._clock()
                if said_s is None or now_s - said_s >= REMIND_S:
                    log.warning("waiting for Kafka (%.0f s): %s", now_s - began_s, error)
                    said_s = now_s
                self._sleep(PAUSE_S)
            else:
                if said_s is not None:
                    log.info("Kafka answered after %.0f s", self._clock() - began_s)
                return found
        raise StoppedError

    def healthy(self) -> bool:
        """Whether it has tried lately; an absent broker does not make it unhealthy."""
        return self._clock() - self._tried_s < STEP_S
