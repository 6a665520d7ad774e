"""raw-text -> texts in order of event time, over all partitions of one worker.

A fetch brings much of one partition before anything of the next, so in a backlog one would be hours ahead of another:
a word would be looked for in texts that are not there yet. Here a text waits until every partition has come to its
time, or has no more to give, or has given nothing for `PATIENCE_S`. Within a partition the order stays that of the log.
Bounded: a partition of which `MOST_TEXTS` texts or `MOST_BYTES` bytes wait is held.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

import numpy as np

from sketches.count_min import F64
from stream.io.log import Record, Records, Source
from stream.stages.decode import READABLE, Decoded, Origin, decode_all
from stream.stages.text import REASONS
from stream.stages.texts import Texts, joined
from stream.workers.edge import Edge

MOST_TEXTS = 2000
MOST_BYTES = 4 << 20
PATIENCE_S = 10.0
FEW = 200  # texts
LOOK_AHEAD = 8  # a text dated too far ahead goes with those after it


@dataclass(frozen=True, slots=True)
class Batch:
    """What records of a partition say."""

    decoded: Decoded
    came_s: F64  # (n,) Kafka's time of each
    rejected: list[tuple[Record, str]]  # those that cannot be read, each with the reason
    newest_s: float = field(init=False)  # event time

    def __post_init__(self) -> None:
        object.__setattr__(self, "newest_s", float(self.decoded.texts.at_s.max(initial=-inf)))

    @classmethod
    def of(cls, records: Records, decoded: Decoded) -> "Batch":
        """Only of what cannot be read the record itself is kept."""
        reasons = decoded.reasons.tolist()
        rejected = [(record, REASONS[reason - 1]) for record, reason in zip(records, reasons, strict=True) if reason
                    ] if any(reasons) else []  # fmt: skip
        return cls(decoded, records.at_s, rejected)

    def __len__(self) -> int:
        return len(self.decoded.reasons)

    @property
    def texts(self) -> Texts:
        """Those that can be read."""
        return self.decoded.texts.chosen(self.decoded.reasons == READABLE)

    @property
    def next_offset(self) -> int:
        """After the last of them."""
        return int(self.decoded.texts.offsets[-1]) + 1

    @property
    def oldest_s(self) -> float:
        """Kafka's time of the first of them."""
        return float(self.came_s[0])

    @property
    def size_bytes(self) -> int:
        """What it holds in memory, nearly."""
        return self.decoded.texts.written.nbytes + sum(len(record.value or b"") for record, _ in self.rejected)

    def between(self, first: int, last: int) -> "Batch":
        """Those from `first` up to but not with `last`."""
        if first == 0 and last >= len(self):
            return self
        offsets = set(self.decoded.texts.offsets[first:last].tolist()) if self.rejected else set()
        rejected = [one for one in self.rejected if one[0].offset in offsets]
        return Batch(self.decoded.between(first, last), self.came_s[first:last], rejected)


def _small_joined(batches: list[Batch]) -> list[Batch]:
    """The same, small ones as one: each costs as much as a hundred texts."""
    if len(batches) < 2 or _length(batches) > FEW * len(batches):
        return batches
    decoded = Decoded(joined([batch.decoded.texts for batch in batches]),
                      np.concatenate([batch.decoded.reasons for batch in batches]),
                      np.concatenate([batch.decoded.clamped for batch in batches]))  # fmt: skip
    came_s = np.concatenate([batch.came_s for batch in batches])
    return [Batch(decoded, came_s, [one for batch in batches for one in batch.rejected])]


class Arrivals:
    """`due` looks, `drop` takes away: what failed in between is still here."""

    def __init__(self, edge: Edge, source: Source) -> None:
        self._edge, self._source = edge, source
        self._topic = edge.config.topics.raw_text
        self._queues: dict[int, deque[Batch]] = {}
        self._waiting: dict[int, int] = {}  # records of each queue
        self._full: set[int] = set()
        self._silent_s: dict[int, float] = {}  # since when a partition has more to give and gives nothing

    def restart(self, partitions: Iterable[int]) -> None:
        """Forget all; these are the partitions from now on."""
        self._queues = {number: deque() for number in partitions}
        self._waiting = dict.fromkeys(self._queues, 0)
        self._full.clear()
        self._silent_s.clear()

    def forget(self, number: int) -> None:
        """What waits of a partition is of a log that is no more."""
        self._queues[number].clear()
        self._changed(number, -self._waiting[number])

    def receive(self, batches: Iterable[Records]) -> None:
        """Decode records as of the wall clock."""
        now_s, settings = self._edge.now_s(), self._edge.config.text
        for records in batches:
            origin = Origin(self._topic, records.partition, records.offsets, records.at_s)
            decoded = decode_all(records.values, origin, now_s, settings)
            self._queues[records.partition].append(Batch.of(records, decoded))
            self._changed(records.partition, len(records))
        self._source.hold(self._full)

    @property
    def partitions(self) -> list[int]:
        return sorted(self._queues)

    @property
    def waiting(self) -> int:
        """Records that wait here."""
        return sum(self._waiting.values())

    def oldest_s(self) -> float:
        """Kafka's time of the record that waits longest; inf if there is none."""
        return min((queue[0].oldest_s for queue in self._queues.values() if queue), default=inf)

    def earliest_s(self) -> float:
        """Time of the first that waits; inf if there is none. What cannot be read goes with the next text."""
        firsts = (queue[0].decoded.texts.at_s[0] for queue in self._queues.values() if queue)
        return float(min(firsts, default=inf))

    def frontier_s(self) -> float:
        """All partitions have come so far; inf if there is nothing more to come."""
        lag = self._source.lag()
        return min((self._reach_s(number, lag.get(number)) for number in self._queues), default=inf)

    def behind(self) -> dict[int, bool]:
        """Whether there is more of a partition, here or to come; where nobody knows, there is."""
        lag = self._source.lag()
        return {number: bool(queue) or lag.get(number, 1) > 0 for number, queue in self._queues.items()}

    def is_behind(self) -> bool:
        """Whether there is more of any partition."""
        return any(self.behind().values())

    def due(self, number: int, before_s: float) -> list[Batch]:
        """The next of a partition that are not after `before_s`, with up to `LOOK_AHEAD` in a row of later time."""
        rest, due = self._due(number, before_s), list[Batch]()
        for batch in self._queues[number]:
            if rest:
                due.append(batch.between(0, rest))
                rest -= len(due[-1])
        return _small_joined(due)

    def drop(self, number: int, done: Batch) -> None:
        """It is done, which was the first of what is due."""
        queue, rest = self._queues[number], len(done)
        while rest and len(queue[0]) <= rest:
            rest -= len(queue.popleft())
        if rest:
            queue[0] = queue[0].between(rest, len(queue[0]))
        self._changed(number, -len(done))
        self._source.hold(self._full)

    def _due(self, number: int, before_s: float) -> int:
        """How many of those that wait are due."""
        due = seen = 0
        for batch in self._queues[number]:
            if batch.newest_s <= before_s:  # nearly always
                due = seen = seen + len(batch)
                continue
            is_due = np.flatnonzero(batch.decoded.texts.at_s <= before_s) + seen
            seen += len(batch)
            gaps = np.diff(is_due, prepend=due - 1) - 1  # between those that are due; the first goes on from before
            if len(wide := np.flatnonzero(gaps > LOOK_AHEAD)):
                is_due = is_due[: wide[0]]
            due = int(is_due[-1]) + 1 if len(is_due) else due
            if seen - due > LOOK_AHEAD:
                break
        return due

    def _reach_s(self, number: int, lag: int | None) -> float:
        queue, now_s = self._queues[number], self._edge.now_s()
        if lag == 0 or queue:
            self._silent_s.pop(number, None)
            # The newest, not the last: behind old texts in a full queue nothing more would come, and nothing be done.
            return inf if lag == 0 else max(batch.newest_s for batch in queue)
        silent_s = now_s - self._silent_s.setdefault(number, now_s)
        return -inf if silent_s < PATIENCE_S else inf

    def _changed(self, number: int, more: int) -> None:
        """So many records more of a partition wait; is that enough?"""
        self._waiting[number] += more
        size_bytes = sum(batch.size_bytes for batch in self._queues[number])
        is_full = self._waiting[number] >= MOST_TEXTS or size_bytes >= MOST_BYTES
        (self._full.add if is_full else self._full.discard)(number)


def _length(batches: Iterable[Batch]) -> int:
    return sum(map(len, batches))
