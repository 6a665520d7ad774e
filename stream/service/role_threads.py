"""Runs one thread for each loop, so that no role waits while another retries; each thread has clients of its own.

An exception that is not a BrokerError ends the process: `RoleThreads.run` raises it.
"""

import threading
import time
from collections.abc import Callable, Sequence

from stream.metrics import Metrics
from stream.service.loop import Loop

LOOK_S = 0.1
JOIN_S = 40.0  # a step in which nothing answers takes less


class RoleThreads:
    """One thread for each loop. `run` returns after all threads have stopped."""

    def __init__(self, loops: Sequence[Loop], metrics: Metrics) -> None:
        self._loops = loops
        self._stop = threading.Event()
        self._faults: list[BaseException] = []
        metrics.stepped_at.set_function(lambda: min(loop.stepped_at_s for loop in loops))

    def run(self, stopping: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Run until `stopping()`, calling `meanwhile` in this thread. Raises the first exception that ended a loop."""
        threads = [threading.Thread(target=self._follow, args=(loop,), name=loop.name, daemon=True)
                   for loop in self._loops]  # fmt: skip
        for thread in threads:
            thread.start()
        while not (stopping() or self._faults):
            time.sleep(LOOK_S)
            meanwhile()
        self._stop.set()
        for thread in threads:
            thread.join(JOIN_S)
        if self._faults:
            raise self._faults[0]

    def healthy(self) -> bool:
        """Whether every loop makes progress."""
        return all(loop.healthy() for loop in self._loops)

    def ready(self) -> bool | str:
        """Whether every worker has joined, restored its state and hears from Kafka.

        If one gets nothing usable, the reason.
        """
        said = [loop.ready() for loop in self._loops]
        return all(said) and next((one for one in said if isinstance(one, str)), True)

    def _follow(self, loop: Loop) -> None:
        try:
            while not self._stop.is_set():
                loop.step()
        except BaseException as fault:  # raised where the process ends
            self._faults.append(fault)
