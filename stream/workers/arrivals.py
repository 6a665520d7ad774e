"""raw-text -> texts in order of event time, over all partitions of one worker.

A fetch brings much of one partition before anything of the next, so in a backlog one would be hours ahead of another:
a word would be looked for in texts that are not there yet. Here a text waits until every partition has come to its
time, or has no more to give, or has given nothing for `PATIENCE_S`. Within a partition the order stays that of the log.
Bounded: a partition of which `MOST_TEXTS` texts or `MOST_BYTES` bytes wait is held.
"""

from collections import deque
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from stream.io.log import Record, Source
from stream.stages.text import Rejected, Text, decode_all
from stream.workers.edge import Edge

MOST_TEXTS = 2000
MOST_BYTES = 4 << 20
PATIENCE_S = 10.0
LOOK_AHEAD = 8  # a text dated too far ahead goes with those after it
Item = tuple[Record, Text | Rejected]


class Batch:
    """What one poll brought of a partition; it leaves the queue whole where all of it is due."""

    __slots__ = ("items", "newest_s", "size_bytes")

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.newest_s = max([item.at_s if type(item) is Text else 0.0 for _, item in items])
        self.size_bytes = sum([len(record.value or b"") for record, _ in items])


class Arrivals:
    """`due` looks, `drop` takes away: what failed in between is still here."""

    def __init__(self, edge: Edge, source: Source) -> None:
        self._edge, self._source = edge, source
        self._topic = edge.config.topics.raw_text
        self._queues: dict[int, deque[Batch]] = {}
        self._silent_s: dict[int, float] = {}  # since when a partition has more to give and gives nothing

    def restart(self, partitions: Iterable[int]) -> None:
        """Forget all; these are the partitions from now on."""
        self._queues = {number: deque() for number in partitions}
        self._silent_s.clear()

    def forget(self, number: int) -> None:
        """What waits of a partition is of a log that is no more."""
        self._queues[number].clear()

    def receive(self, records: Iterable[Record]) -> None:
        """Decode records as of the wall clock."""
        now_s, settings = self._edge.now_s(), self._edge.config.text
        for number, some in groupby(records, itemgetter(0)):
            batch = list(some)
            items = decode_all(batch, now_s, self._topic, settings)
            self._queues[number].append(Batch(list(zip(batch, items, strict=True))))
        self._hold()

    @property
    def partitions(self) -> list[int]:
        return sorted(self._queues)

    @property
    def waiting(self) -> int:
        """Records that wait here."""
        return sum(map(_length, self._queues.values()))

    def oldest_s(self) -> float:
        """Kafka's time of the record that waits longest; inf if there is none."""
        return min((queue[0].items[0][0].at_s for queue in self._queues.values() if queue), default=float("inf"))

    def earliest_s(self) -> float:
        """Time of the first that waits; inf if there is none."""
        return min((_at_s(queue[0].items[0]) for queue in self._queues.values() if queue), default=float("inf"))

    def frontier_s(self) -> float:
        """All partitions have come so far; inf if there is nothing more to come."""
        lag = self._source.lag()
        return min((self._reach_s(number, lag.get(number)) for number in self._queues), default=float("inf"))

    def behind(self) -> dict[int, bool]:
        """Whether there is more of a partition, here or to come; where nobody knows, there is."""
        lag = self._source.lag()
        return {number: bool(queue) or lag.get(number, 1) > 0 for number, queue in self._queues.items()}

    def is_behind(self) -> bool:
        """Whether there is more of any partition."""
        return any(self.behind().values())

    def due(self, number: int, before_s: float) -> list[Item]:
        """The next of a partition that are not after `before_s`."""
        due: list[Item] = []
        ahead: list[Item] = []  # not due, but of what comes soon after something may be
        for batch in self._queues[number]:
            if batch.newest_s <= before_s:
                due += ahead + batch.items
                ahead = []
                continue
            for item in batch.items:
                ahead.append(item)
                if _at_s(item) <= before_s:
                    due += ahead
                    ahead = []
                elif len(ahead) > LOOK_AHEAD:
                    return due
        return due

    def drop(self, number: int, items: list[Item]) -> None:
        """These are done."""
        queue, rest = self._queues[number], len(items)
        while rest and len(queue[0].items) <= rest:
            rest -= len(queue.popleft().items)
        if rest:
            queue[0] = Batch(queue[0].items[rest:])
        self._hold()

    def _reach_s(self, number: int, lag: int | None) -> float:
        queue, now_s = self._queues[number], self._edge.now_s()
        if lag == 0 or queue:
            self._silent_s.pop(number, None)
            # The newest, not the last: behind old texts in a full queue nothing more would come, and nothing be done.
            return float("inf") if lag == 0 else max(batch.newest_s for batch in queue)
        silent_s = now_s - self._silent_s.setdefault(number, now_s)
        return float("-inf") if silent_s < PATIENCE_S else float("inf")

    def _hold(self) -> None:
        full = {number for number, queue in self._queues.items()
                if _length(queue) >= MOST_TEXTS or sum(batch.size_bytes for batch in queue) >= MOST_BYTES}  # fmt: skip
        self._source.hold(full)


def _length(queue: Iterable[Batch]) -> int:
    return sum(len(batch.items) for batch in queue)


def _at_s(item: Item) -> float:
    return item[1].at_s if isinstance(item[1], Text) else 0.0  # what cannot be read goes with the next text
