"""Runs the workers of one thread in turn, and waits for a broker that fails.

Only a BrokerError is retried; any other exception is a bug and ends the process. A role that failed pauses for a time
that doubles up to LAST_WAIT_S; the others go on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from stream.errors import BrokerError, StalledError
from stream.log.kafka import MAX_POLL_S
from stream.logs import at_work
from stream.metrics import Metrics
from stream.roles.context import Worker

log = logging.getLogger(__name__)
POLL_S = 0.05
QUIET_POLL_S, QUIET_S = 0.25, 3.0  # where no role here has had anything to do for so long; records end a poll at once
FIRST_WAIT_S, LAST_WAIT_S = 0.1, 2.0  # after a failed step; well below any session timeout
STUCK_S = MAX_POLL_S + 30.0  # a step that takes longer hangs; the groups have given our partitions to others by then
SLOW_S = 4.0
MEND_AFTER_S = 10.0  # an election takes less; what fails for longer may miss its topics
REMIND_S = 30.0  # between log lines that Kafka still does not answer


@dataclass(slots=True)
class Failing:
    """A role that cannot work: since when, its next pause, and when that was last logged."""

    since_s: float
    pause_s: float
    said_s: float
    not_before_s: float = 0.0


class Loop:
    """The workers of one thread.

    `mend` creates missing topics and returns their names, because a topic may be deleted while the service runs.
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
        self._failing: dict[str, Failing] = {}
        self._mended_s = clock()
        self._busy: set[str] = set()  # roles that had something to do when they were last called
        self._worked_s = clock()  # when one of them had

    @property
    def name(self) -> str:
        """The name of its thread."""
        return "+".join(worker.role for worker in self._workers)

    def step(self) -> None:
        """Call every worker that does not pause after a failure; wait only if none has anything to do."""
        now_s = self._clock()
        due = [worker for worker in self._workers
               if worker.role not in self._failing or self._failing[worker.role].not_before_s <= now_s]  # fmt: skip
        for worker in due:
            begun_s, begun_cpu_s = self._clock(), time.thread_time()
            with at_work(worker.role):
                self._step_of(worker)
                self._metrics.busy_s.labels(worker.role).inc(time.thread_time() - begun_cpu_s)
                self._stepped_s = self._clock()
                if self._stepped_s - begun_s > SLOW_S:
                    log.warning("%s: one step took %.1f s; other roles of this thread had to wait", worker.role,
                                self._stepped_s - begun_s)  # fmt: skip
        self._mend_topics()
        if not due:
            time.sleep(POLL_S)
            self._stepped_s = self._clock()
        self.stepped_at_s = time.time()

    def _step_of(self, worker: Worker) -> None:
        try:
            others = self._busy - {worker.role}
            self._busy.discard(worker.role)
            if worker.run_once(0.0 if others else self._poll_s()):
                self._busy.add(worker.role)
                self._worked_s = self._clock()
            if self._failing.pop(worker.role, None):
                log.info("%s: Kafka answers again", worker.role)
        except BrokerError as error:
            self._metrics.errors.labels(worker.role).inc()
            if isinstance(error, StalledError):
                self._metrics.stalls.labels(worker.role).inc()
            self._note_failure(worker.role, error)

    def _poll_s(self) -> float:
        """Return how long a poll may wait (s): longer if no worker has had anything to do for a while."""
        return POLL_S if self._clock() - self._worked_s < QUIET_S else QUIET_POLL_S

    def _note_failure(self, role: str, error: BrokerError) -> None:
        """Log the first failure, and again every REMIND_S while it lasts."""
        now_s = self._clock()
        failing = self._failing.setdefault(role, Failing(now_s, FIRST_WAIT_S, now_s - REMIND_S))
        if now_s - failing.said_s >= REMIND_S:
            since_s = now_s - failing.since_s
            log.warning("%s: %s%s", role, error, f" (for {since_s:.0f} s; still retrying)" if since_s else "")
            failing.said_s = now_s
        failing.not_before_s = now_s + failing.pause_s
        failing.pause_s = min(2 * failing.pause_s, LAST_WAIT_S)

    def _mend_topics(self) -> None:
        if not self._failing:
            self._mended_s = self._clock()
        elif self._clock() - self._mended_s >= MEND_AFTER_S:
            try:
                if made := self._mend():
                    log.warning("topics were missing and were created again: %s", ", ".join(made))
            except BrokerError as error:
                log.warning("%s", error)
            self._mended_s = self._clock()

    def healthy(self) -> bool:
        """Whether the loop makes progress.

        An absent broker does not make it unhealthy, since a restart would not help.
        """
        return self._clock() - self._stepped_s < STUCK_S

    def ready(self) -> bool | str:
        """Whether every worker has joined and restored its state; if one receives nothing usable, the reason."""
        faults = (str(getattr(worker, "unusable", "")) for worker in self._workers)
        return all(worker.ready for worker in self._workers) and next(filter(None, faults), True)
