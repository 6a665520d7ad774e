"""The loops of a process: one thread for each role, so that none waits behind another's retries.

Each role has clients of its own; objects of the log belong to one thread. A broker that is away is waited for; anything
else that goes wrong in a thread ends the process.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from stream.errors import BrokerError, StalledError
from stream.log.kafka import MAX_POLL_S
from stream.metrics import Metrics
from stream.roles.context import Worker

log = logging.getLogger("stream.run")
POLL_S = 0.05
FIRST_WAIT_S, LAST_WAIT_S = 0.1, 2.0  # after a failed step; well below any session timeout
STUCK_S = MAX_POLL_S + 30.0  # without a completed step for so long, something hangs, and the groups go on without us
SLOW_S = 4.0
MEND_AFTER_S = 10.0  # an election takes less; what fails for longer may miss its topics
LOOK_S = 0.1
JOIN_S = 40.0  # a step in which nothing answers takes less


class Loop:
    """The workers of one thread; a failing broker is waited for, anything else ends the process.

    `mend` makes missing topics, and returns their names: somebody may have deleted them while we run.
    """

    def __init__(
        self,
        workers: list[Worker],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        mend: Callable[[], list[str]] = list,
    ) -> None:
        self._workers, self._metrics, self._clock, self._mend = workers, metrics, clock, mend
        self._stepped_s = clock()
        self.stepped_at_s = time.time()
        self._failing: dict[str, tuple[float, float]] = {}  # role: not before, and how long to wait the next time
        self._mended_s = clock()
        self._busy: set[str] = set()  # roles that had something to do when they were last called

    @property
    def name(self) -> str:
        """Of its thread."""
        return "+".join(worker.role for worker in self._workers)

    def step(self) -> None:
        """Every worker once; waits only where none has anything to do. One that failed is left alone for a while."""
        due = [worker for worker in self._workers if self._failing.get(worker.role, (0.0, 0.0))[0] <= self._clock()]
        for worker in due:
            begun_s, begun_cpu_s = self._clock(), time.thread_time()
            try:
                others = self._busy - {worker.role}
                self._busy.discard(worker.role)
                if worker.run_once(0.0 if others else POLL_S):
                    self._busy.add(worker.role)
                if self._failing.pop(worker.role, None):
                    log.info("%s: Kafka answers again", worker.role)
            except BrokerError as error:
                self._metrics.errors.labels(worker.role).inc()
                if isinstance(error, StalledError):
                    self._metrics.stalls.labels(worker.role).inc()
                if worker.role not in self._failing:
                    log.warning("%s: %s", worker.role, error)
                _, pause_s = self._failing.get(worker.role, (0.0, FIRST_WAIT_S))
                self._failing[worker.role] = (self._clock() + pause_s, min(2 * pause_s, LAST_WAIT_S))
            self._metrics.busy_s.labels(worker.role).inc(time.thread_time() - begun_cpu_s)
            self._stepped_s = self._clock()
            if self._stepped_s - begun_s > SLOW_S:
                log.warning("%s: one step took %.1f s; the other roles here had to wait", worker.role,
                            self._stepped_s - begun_s)  # fmt: skip
        self._mend_topics()
        if not due:
            time.sleep(POLL_S)
            self._stepped_s = self._clock()
        self.stepped_at_s = time.time()

    def _mend_topics(self) -> None:
        if not self._failing:
            self._mended_s = self._clock()
        elif self._clock() - self._mended_s >= MEND_AFTER_S:
            try:
                if made := self._mend():
                    log.warning("topics were missing and are made anew: %s", ", ".join(made))
            except BrokerError as error:
                log.warning("%s", error)
            self._mended_s = self._clock()

    def healthy(self) -> bool:
        """Whether the loop makes progress; a broker that is away is no reason to be restarted."""
        return self._clock() - self._stepped_s < STUCK_S

    def ready(self) -> bool:
        """Whether every worker has joined and restored its state."""
        return all(worker.ready for worker in self._workers)


class RoleLoops:
    """One thread a loop. `run` returns when it is time to stop, every thread at rest; a bug in one is raised there."""

    def __init__(self, loops: Sequence[Loop], metrics: Metrics) -> None:
        self._loops = loops
        self._stop = threading.Event()
        self._faults: list[BaseException] = []
        metrics.stepped_at.set_function(lambda: min(loop.stepped_at_s for loop in loops))

    def run(self, stopping: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
        """`meanwhile` is called again and again, by this thread."""
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

    def ready(self) -> bool:
        """Whether every worker has joined, restored its state, and hears from the broker."""
        return all(loop.ready() for loop in self._loops)

    def _follow(self, loop: Loop) -> None:
        try:
            while not self._stop.is_set():
                loop.step()
        except BaseException as fault:  # raised where the process ends
            self._faults.append(fault)
