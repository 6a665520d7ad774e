"""What `count` and `segment` do alike: share the partitions of raw-text in a group, restore, read on, flush.

A subclass says how the state of partitions is restored, what is done with the texts that are due, and how it is
flushed. After any change of assignment all partitions are restored and sought anew; a failure of the broker in between
leaves the assignment due, so the next step begins with it again.
"""

import logging
from abc import ABC, abstractmethod

from stream.roles.context import Context
from stream.roles.event_time_buffer import EventTimeBuffer
from stream.roles.flush_schedule import FlushSchedule
from stream.roles.lag import Lag

log = logging.getLogger(__name__)


class PartitionWorker(ABC):
    """One role on the partitions of raw-text; any number of processes share them."""

    role: str
    doing: str  # in log lines: "counting"

    def __init__(self, edge: Context) -> None:
        self._edge, self._config = edge, edge.config
        self._source = edge.open_source(edge.config.topics.raw_text, edge.group(self.role))
        self._arrivals = EventTimeBuffer(edge, self._source)
        self._lag = Lag(edge, self.role, self._source)
        self._schedule = FlushSchedule(edge)
        self._due: frozenset[int] | None = None  # assigned, and not yet restored
        self._restored = False

    @property
    def ready(self) -> bool:
        return self._restored

    def run_once(self, timeout_s: float) -> bool:
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            self._due = polled.assigned
        if self._due is not None:
            self._take_over(sorted(self._due))
            self._due = None
        for partition, (asked, got) in polled.lost.items():
            log.warning("partition %d: the log no longer holds offset %d, going on at %d", partition, asked, got,
                        extra={"partition": partition, "offset": asked})  # fmt: skip
            self._edge.metrics.lost.labels(self.role).inc(max(0, got - asked))
            if got < asked:
                self._arrivals.forget(partition)
                self._begin_again_at(partition, got)
        self._arrivals.receive(polled.batches)
        worked = self._work()
        self._lag.report(polled, self._arrivals.waiting, self._arrivals.oldest_s())
        if self._schedule.due(self._arrivals.is_behind):
            self.flush()
        return worked or bool(polled.batches)

    def close(self) -> None:
        self.flush()
        self._source.close()

    @abstractmethod
    def flush(self) -> None:
        """Write what changed, then let the group offset follow. Raises BrokerError; then all is to be written again."""

    @abstractmethod
    def _restore(self, assigned: list[int]) -> dict[int, int]:
        """Forget all partitions, and load the state of these; where each is to be read on."""

    @abstractmethod
    def _begin_again_at(self, number: int, offset: int) -> None:
        """The log of a partition is shorter than it was, so it was made anew: go on at this offset."""

    @abstractmethod
    def _work(self) -> bool:
        """Take the texts that are due out of the buffer; whether there were any."""

    def _take_over(self, assigned: list[int]) -> None:
        self._restored = False
        self._arrivals.restart(assigned)
        for number, offset in self._restore(assigned).items():
            self._source.seek(number, offset or None)
        self._restored = True
        self._schedule.taken_over()
        self._edge.metrics.active.labels(self.role).set(bool(assigned))
        log.info("%s partitions %s", self.doing, assigned)
