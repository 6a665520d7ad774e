"""raw-text -> texts in order of event time, over all partitions of one worker.

A fetch brings much of one partition before anything of the next, so in a backlog one would be hours ahead of another:
a word would be looked for in texts that are not there yet. Here a text waits until every partition has come to its
time, or has no more to give, or has given nothing for `PATIENCE_S`. Within a partition the order stays that of the log.
Bounded: a partition of which `MOST_TEXTS` texts or `MOST_BYTES` bytes wait is held.
"""

from collections import deque
from collections.abc import Iterable
from itertools import islice

from stream.io.log import Record, Source
from stream.stages.text import Rejected, Text, decode
from stream.workers.edge import Edge

MOST_TEXTS = 2000
MOST_BYTES = 4 << 20
PATIENCE_S = 10.0
LOOK_AHEAD = 8  # a text dated too far ahead goes with those after it
Item = tuple[Record, Text | Rejected]


class Arrivals:
    """`due` looks, `drop` takes away: what failed in between is still here."""

    def __init__(self, edge: Edge, source: Source) -> None:
        self._edge, self._source = edge, source
        self._topic = edge.config.topics.raw_text
        self._queues: dict[int, deque[Item]] = {}
        self._bytes: dict[int, int] = {}
        self._silent_s: dict[int, float] = {}  # since when a partition has more to give and gives nothing

    def restart(self, partitions: Iterable[int]) -> None:
        """Forget all; these are the partitions from now on."""
        self._queues = {number: deque() for number in partitions}
        self._bytes = dict.fromkeys(self._queues, 0)
        self._silent_s.clear()

    def forget(self, number: int) -> None:
        """What waits of a partition is of a log that is no more."""
        self._queues[number].clear()
        self._bytes[number] = 0

    def receive(self, records: Iterable[Record]) -> None:
        """Decode records as of the wall clock."""
        now_s, settings, topic = self._edge.now_s(), self._edge.config.text, self._topic
        for record in records:
            item = decode(record.value, record.at_s, now_s, topic, record.partition, record.offset, settings)
            self._queues[record.partition].append((record, item))
            self._bytes[record.partition] += len(record.value or b"")
        self._hold()

    @property
    def partitions(self) -> list[int]:
        return sorted(self._queues)

    @property
    def waiting(self) -> int:
        """Records that wait here."""
        return sum(map(len, self._queues.values()))

    def oldest_s(self) -> float:
        """Kafka's time of the record that waits longest; inf if there is none."""
        return min((queue[0][0].at_s for queue in self._queues.values() if queue), default=float("inf"))

    def earliest_s(self) -> float:
        """Time of the first that waits; inf if there is none."""
        return min((_at_s(queue[0]) for queue in self._queues.values() if queue), default=float("inf"))

    def frontier_s(self) -> float:
        """All partitions have come so far; inf if there is nothing more to come."""
        lag = self._source.lag()
        return min((self._reach_s(number, lag.get(number)) for number in self._queues), default=float("inf"))

    def behind(self) -> dict[int, bool]:
        """Whether there is more of a partition, here or to come; where nobody knows, there is."""
        lag = self._source.lag()
        return {number: bool(queue) or lag.get(number, 1) > 0 for number, queue in self._queues.items()}

    def due(self, number: int, before_s: float) -> list[Item]:
        """The next of a partition that are not after `before_s`."""
        queue, end = self._queues[number], 0
        for place, item in enumerate(queue):
            if _at_s(item) <= before_s:
                end = place + 1
            elif place - end >= LOOK_AHEAD:
                break
        return list(islice(queue, end))

    def drop(self, number: int, items: list[Item]) -> None:
        """These are done."""
        queue = self._queues[number]
        for record, _ in items:
            queue.popleft()
            self._bytes[number] -= len(record.value or b"")
        self._hold()

    def _reach_s(self, number: int, lag: int | None) -> float:
        queue, now_s = self._queues[number], self._edge.now_s()
        if lag == 0 or queue:
            self._silent_s.pop(number, None)
            # The newest, not the last: behind old texts in a full queue nothing more would come, and nothing be done.
            return float("inf") if lag == 0 else max(map(_at_s, queue))
        silent_s = now_s - self._silent_s.setdefault(number, now_s)
        return float("-inf") if silent_s < PATIENCE_S else float("inf")

    def _hold(self) -> None:
        self._source.hold({number for number, queue in self._queues.items()
                           if len(queue) >= MOST_TEXTS or self._bytes[number] >= MOST_BYTES})  # fmt: skip


def _at_s(item: Item) -> float:
    return item[1].at_s if isinstance(item[1], Text) else 0.0  # what cannot be read goes with the next text
