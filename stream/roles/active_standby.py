"""What `refresh` and the announcer do alike: whoever is assigned a partition of a state topic is the active one for it.

The group protocol is the leader election: the others are assigned nothing and stand by. The active one restores what
was written before it, reads the topic, and acts only once it has come to where the topic ended when it took over.
"""

import logging
from abc import ABC, abstractmethod

from stream.log.protocol import Polled
from stream.roles.context import Context
from stream.roles.lag import Lag

log = logging.getLogger(__name__)


class ActiveStandby(ABC):
    """One role that follows a state topic in a group."""

    role: str
    doing: str  # in log lines: "announcing"

    def __init__(self, edge: Context, topic: str) -> None:
        self._edge, self._config = edge, edge.config
        self._source = edge.open_source(topic, edge.group(self.role))
        self._lag = Lag(edge, self.role, self._source)
        self._active: frozenset[int] = frozenset()
        self._due: frozenset[int] | None = None  # assigned, and not yet restored
        self._joined = False
        self._ends: dict[int, int] = {}  # of the active partitions, when they were taken over

    @property
    def ready(self) -> bool:
        return self._joined

    def run_once(self, timeout_s: float) -> bool:
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            self._due = polled.assigned
        if self._due is not None:
            self._change_to(self._due)
            self._due = None
        for number, (_, got) in polled.lost.items():  # the topic was made anew: what was its end will not come
            self._ends[number] = min(self._ends.get(number, got), got)
        self._read(polled)
        self._lag.report(polled, self._held())
        if self._active and all((self._source.position(number) or 0) >= end for number, end in self._ends.items()):
            self._act()
        return bool(polled.batches)

    def close(self) -> None:
        self.flush()
        self._source.close()

    @abstractmethod
    def flush(self) -> None:
        """Write what is to be kept. Raises BrokerError."""

    @abstractmethod
    def _take_over(self, assigned: frozenset[int]) -> dict[int, int | None]:
        """Forget all, and restore these partitions, if any; where each is to be read on, None: at its first record."""

    @abstractmethod
    def _read(self, polled: Polled) -> None:
        """Take in what was polled."""

    def _held(self) -> int:
        """Records that were polled and are not done with."""
        return 0

    @abstractmethod
    def _act(self) -> None:
        """Called after each poll once everything is read that was there at the takeover."""

    def _change_to(self, assigned: frozenset[int]) -> None:
        self._active, self._joined = frozenset(), True
        self._ends = self._source.ends() if assigned else {}
        for number, offset in self._take_over(assigned).items():
            self._source.seek(number, offset)
        self._active = assigned
        self._edge.metrics.active.labels(self.role).set(bool(assigned))
        log.info("%s", self.doing if assigned else f"standing by, another process is {self.doing}")
