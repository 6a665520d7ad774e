"""A start on a broker that may come later: it is waited for, however long, with `/healthz` up and a line now and then.

A process that ended for want of a broker would be started again, and again; its log would say less, and an alert on
restarts would ring where Kafka is the fault.
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
    """The process was told to end before it had begun."""


class Start:
    """`patiently` does what needs Kafka; `healthy` says whether it is still trying. `stopping` ends it.

    `ticked` is called before each try, to show that there is progress.
    """

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
        """What `act` returns once it raises no BrokerError. Raises StoppedError, and whatever else `act` raises."""
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
                    log.info("Kafka is there after %.0f s", self._clock() - began_s)
                return found
        raise StoppedError

    def healthy(self) -> bool:
        """Whether it has tried lately; a broker that is away is no reason to be restarted."""
        return self._clock() - self._tried_s < STEP_S
