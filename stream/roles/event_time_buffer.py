"""raw-text -> texts in order of event time, over all partitions of one worker.

A fetch brings much of one partition before anything of the next, so in a backlog one would be hours ahead of another:
a word would be looked for in texts that are not there yet. Here a text waits until every partition has come to its
time, or has no more to give, or has given nothing for `PATIENCE_S`. Within a partition the order stays that of the log.
Bounded: a partition of which its share of `ALL_TEXTS` texts or `ALL_BYTES` bytes waits is held, so the memory does not
grow with the number of partitions.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np

from sketches.count_min import F64
from stream.ingest.dead_letters import Rejection
from stream.log.protocol import Records, Source
from stream.roles.context import Context
from stream.text.clean import cleaned
from stream.text.message import NAME_CHARS, REASONS
from stream.text.message_batch import READABLE, Decoded, Origin, decode_all, unreadable
from stream.text.text_batch import TextBatch, joined

MOST_TEXTS = 2000  # of a partition
MOST_BYTES = 4 << 20
ALL_TEXTS, LEAST_TEXTS = 8000, 200  # of all partitions; of one, however many there are
ALL_BYTES, LEAST_BYTES = 16 << 20, 1 << 18
PATIENCE_S = 10.0
FEW = 200  # texts
LOOK_AHEAD = 8  # a text dated too far ahead goes with those after it


@dataclass(frozen=True, slots=True)
class Batch:
    """What records of a partition say."""

    decoded: Decoded
    came_s: F64  # (n,) Kafka's time of each
    rejected: list[Rejection]  # those that cannot be read
    earliest_s: float = field(init=False)  # event time, of what cannot be read 0
    newest_s: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "earliest_s", float(self.decoded.texts.at_s.min(initial=inf)))
        object.__setattr__(self, "newest_s", float(self.decoded.texts.at_s.max(initial=-inf)))

    @classmethod
    def of(cls, records: Records, decoded: Decoded) -> "Batch":
        """Only of what cannot be read the record itself is kept."""
        which = np.flatnonzero(decoded.reasons).tolist()
        rejected = [Rejection.of(records, number, REASONS[decoded.reasons[number] - 1]) for number in which]
        return cls(decoded, records.at_s, rejected)

    def __len__(self) -> int:
        return len(self.decoded.reasons)

    @property
    def texts(self) -> TextBatch:
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
        return self.decoded.texts.written.nbytes + sum(len(one.record.value or b"") for one in self.rejected)

    def between(self, first: int, last: int) -> "Batch":
        """Those from `first` up to but not with `last`."""
        if first == 0 and last >= len(self):
            return self
        offsets = set(self.decoded.texts.offsets[first:last].tolist()) if self.rejected else set()
        rejected = [one for one in self.rejected if one.record.offset in offsets]
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


def decoded(edge: Context, records: Records) -> Decoded:
    """The texts of records of raw-text, cleaned, as of the wall clock."""
    settings = edge.config.text
    origin = Origin(edge.config.topics.raw_text, records.partition, records.offsets, records.at_s)
    found = (decode_all(records.values, origin, edge.now_s(), settings) if records.unread is None
             else unreadable(origin, records.unread.reason))  # fmt: skip
    if header := edge.config.kafka.source_header:
        found = found.from_sources(sources_by(records, header))
    return replace(found, texts=cleaned(found.texts, settings.skip))


class _Queue:
    """What waits of one partition, in the order of the log."""

    def __init__(self, partitions: int) -> None:
        """One of so many."""
        self.batches: deque[Batch] = deque()
        self.records = self.size_bytes = 0
        self._most_texts = max(LEAST_TEXTS, min(MOST_TEXTS, ALL_TEXTS // partitions))
        self._most_bytes = max(LEAST_BYTES, min(MOST_BYTES, ALL_BYTES // partitions))

    @property
    def is_full(self) -> bool:
        return self.records >= self._most_texts or self.size_bytes >= self._most_bytes

    @property
    def newest_s(self) -> float:
        return max(batch.newest_s for batch in self.batches)

    def append(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.records += len(batch)
        self.size_bytes += batch.size_bytes

    def drop(self, number: int) -> None:
        """The first so many records."""
        self.records -= number
        while number:
            first = self.batches.popleft()
            self.size_bytes -= first.size_bytes
            if len(first) > number:
                rest = first.between(number, len(first))
                self.batches.appendleft(rest)
                self.size_bytes += rest.size_bytes
            number = max(0, number - len(first))

    def due(self, before_s: float) -> int:
        """How many records are due."""
        due = seen = 0
        for batch in self.batches:
            begin, seen = seen, seen + len(batch)
            if batch.newest_s <= before_s:  # nearly always
                due = seen
            elif batch.earliest_s <= before_s:
                is_due = np.flatnonzero(batch.decoded.texts.at_s <= before_s)
                if int(is_due[-1]) >= len(is_due) or begin > due:  # some that are not stand between them
                    gaps = np.diff(is_due, prepend=due - begin - 1) - 1
                    is_due = is_due[: next(iter(np.flatnonzero(gaps > LOOK_AHEAD)), len(is_due))]
                due = begin + int(is_due[-1]) + 1 if len(is_due) else due
            if seen - due > LOOK_AHEAD:
                break
        return due


class EventTimeBuffer:
    """`due` looks, `drop` takes away: what failed in between is still here."""

    def __init__(self, edge: Context, source: Source) -> None:
        self._edge, self._source = edge, source
        self._queues: dict[int, _Queue] = {}
        self._full: set[int] = set()
        self._silent_s: dict[int, float] = {}  # since when a partition has more to give and gives nothing

    def restart(self, partitions: Iterable[int]) -> None:
        """Forget all; these are the partitions from now on."""
        numbers = list(partitions)
        self._queues = {number: _Queue(len(numbers)) for number in numbers}
        self._full.clear()
        self._silent_s.clear()

    def forget(self, number: int) -> None:
        """What waits of a partition is of a log that is no more."""
        self._queues[number] = _Queue(len(self._queues))
        self._full.discard(number)

    def receive(self, batches: Iterable[Records]) -> None:
        """Decode records as of the wall clock."""
        for records in batches:
            self._queues[records.partition].append(Batch.of(records, decoded(self._edge, records)))
            self._note(records.partition)
        self._source.hold(self._full)

    @property
    def partitions(self) -> list[int]:
        return sorted(self._queues)

    @property
    def waiting(self) -> int:
        """Records that wait here."""
        return sum(queue.records for queue in self._queues.values())

    def oldest_s(self) -> float:
        """Kafka's time of the record that waits longest; inf if there is none."""
        return min((queue.batches[0].oldest_s for queue in self._queues.values() if queue.records), default=inf)

    def earliest_s(self) -> float:
        """Time of the first that waits; inf if there is none. What cannot be read goes with the next text."""
        firsts = (queue.batches[0].decoded.texts.at_s[0] for queue in self._queues.values() if queue.records)
        return float(min(firsts, default=inf))

    def frontier_s(self) -> float:
        """All partitions have come so far; inf if there is nothing more to come."""
        lag, now_s = self._source.lag(), self._edge.now_s()
        return min((self._reach_s(number, lag.get(number), now_s) for number in self._queues), default=inf)

    def behind(self) -> dict[int, bool]:
        """Whether there is more of a partition, here or to come; where nobody knows, there is."""
        lag = self._source.lag()
        return {number: queue.records > 0 or lag.get(number, 1) > 0 for number, queue in self._queues.items()}

    def is_behind(self) -> bool:
        """Whether there is more of any partition."""
        return any(self.behind().values())

    def due(self, number: int, before_s: float) -> list[Batch]:
        """The next of a partition that are not after `before_s`, with up to `LOOK_AHEAD` in a row of later time."""
        queue, due = self._queues[number], list[Batch]()
        rest = queue.due(before_s)
        for batch in queue.batches:
            if not rest:
                break
            due.append(batch.between(0, rest))
            rest -= len(due[-1])
        return _small_joined(due)

    def drop(self, number: int, done: Batch) -> None:
        """It is done, which was the first of what is due."""
        self._queues[number].drop(len(done))
        self._note(number)
        self._source.hold(self._full)

    def _reach_s(self, number: int, lag: int | None, now_s: float) -> float:
        queue = self._queues[number]
        if lag == 0 or queue.records:
            self._silent_s.pop(number, None)
            # The newest, not the last: behind old texts in a full queue nothing more would come, and nothing be done.
            return inf if lag == 0 else queue.newest_s
        silent_s = now_s - self._silent_s.setdefault(number, now_s)
        return -inf if silent_s < PATIENCE_S else inf

    def _note(self, number: int) -> None:
        """Whether enough of a partition waits."""
        (self._full.add if self._queues[number].is_full else self._full.discard)(number)


def sources_by(records: Records, header: str) -> list[str | None]:
    """(n,) the source of each record as this header of it says, whatever its text says; None where there is none.

    Of several the last counts: a gateway appends its own. Cost: 2 us a record.
    """
    found = [dict(records.headers(number)).get(header) for number in range(len(records))]
    return [None if value is None else value.decode("utf-8", "replace")[:NAME_CHARS] for value in found]


def _length(batches: Iterable[Batch]) -> int:
    return sum(map(len, batches))
