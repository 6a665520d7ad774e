"""raw-text -> texts in order of event time, over all partitions of one worker.

A fetch returns much of one partition before anything of the next. In a backlog one partition would be hours ahead of
another, and a word would be looked for in texts that have not been read. So a text waits until every partition has
reached its time, has nothing more to give, or has returned nothing for `PATIENCE_S`. Within a partition the order of
the log is kept. Memory is bounded: a partition whose share of `ALL_TEXTS` texts or `ALL_BYTES` bytes is waiting is
paused, so memory does not grow with the number of partitions.
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
    """Consecutive records of one partition, decoded."""

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
        """Make a batch; the records themselves are kept only if they cannot be read."""
        which = np.flatnonzero(decoded.reasons).tolist()
        rejected = [Rejection.of(records, number, REASONS[decoded.reasons[number] - 1]) for number in which]
        return cls(decoded, records.at_s, rejected)

    def __len__(self) -> int:
        return len(self.decoded.reasons)

    @property
    def texts(self) -> TextBatch:
        """The texts of the readable records."""
        return self.decoded.texts.chosen(self.decoded.reasons == READABLE)

    @property
    def next_offset(self) -> int:
        """The offset after the last record."""
        return int(self.decoded.texts.offsets[-1]) + 1

    @property
    def oldest_s(self) -> float:
        """Kafka's timestamp of the first record."""
        return float(self.came_s[0])

    @property
    def size_bytes(self) -> int:
        """Its approximate size in memory."""
        return self.decoded.texts.written.nbytes + sum(len(one.record.value or b"") for one in self.rejected)

    def between(self, first: int, last: int) -> "Batch":
        """Return the records with index `first` up to, but not including, `last`."""
        if first == 0 and last >= len(self):
            return self
        offsets = set(self.decoded.texts.offsets[first:last].tolist()) if self.rejected else set()
        rejected = [one for one in self.rejected if one.record.offset in offsets]
        return Batch(self.decoded.between(first, last), self.came_s[first:last], rejected)


def _small_joined(batches: list[Batch]) -> list[Batch]:
    """Join small batches into one, because handling a batch costs as much as a hundred texts."""
    if len(batches) < 2 or _length(batches) > FEW * len(batches):
        return batches
    decoded = Decoded(joined([batch.decoded.texts for batch in batches]),
                      np.concatenate([batch.decoded.reasons for batch in batches]),
                      np.concatenate([batch.decoded.clamped for batch in batches]))  # fmt: skip
    came_s = np.concatenate([batch.came_s for batch in batches])
    return [Batch(decoded, came_s, [one for batch in batches for one in batch.rejected])]


def decoded(edge: Context, records: Records) -> Decoded:
    """Decode and clean records of `raw-text`; a timestamp too far after the wall clock is replaced."""
    settings = edge.config.text
    origin = Origin(edge.config.topics.raw_text, records.partition, records.offsets, records.at_s)
    found = (decode_all(records.values, origin, edge.now_s(), settings) if records.unread is None
             else unreadable(origin, records.unread.reason))  # fmt: skip
    if header := edge.config.kafka.source_header:
        found = found.from_sources(sources_by(records, header))
    return replace(found, texts=cleaned(found.texts, settings.skip))


class _Queue:
    """The waiting records of one partition, in the order of the log."""

    def __init__(self, partitions: int) -> None:
        """`partitions` is the number of partitions that share the bounds."""
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
        """Remove the first `number` records."""
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
        """Return how many records are not later than `before_s`."""
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
    """Holds records until they are due.

    `due` reads them and `drop` removes them, so that nothing is lost by a failure.
    """

    def __init__(self, edge: Context, source: Source) -> None:
        self._edge, self._source = edge, source
        self._queues: dict[int, _Queue] = {}
        self._full: set[int] = set()
        self._silent_s: dict[int, float] = {}  # since when a partition has more to give and gives nothing

    def restart(self, partitions: Iterable[int]) -> None:
        """Drop everything; from now on these partitions are read."""
        numbers = list(partitions)
        self._queues = {number: _Queue(len(numbers)) for number in numbers}
        self._full.clear()
        self._silent_s.clear()

    def forget(self, number: int) -> None:
        """Drop what waits of a partition, because its log was made anew."""
        self._queues[number] = _Queue(len(self._queues))
        self._full.discard(number)

    def receive(self, batches: Iterable[Records]) -> None:
        """Decode records and queue them."""
        for records in batches:
            self._queues[records.partition].append(Batch.of(records, decoded(self._edge, records)))
            self._note(records.partition)
        self._source.hold(self._full)

    @property
    def partitions(self) -> list[int]:
        return sorted(self._queues)

    @property
    def waiting(self) -> int:
        """The number of waiting records."""
        return sum(queue.records for queue in self._queues.values())

    def oldest_s(self) -> float:
        """Return Kafka's timestamp of the record that has waited longest; inf if none waits."""
        return min((queue.batches[0].oldest_s for queue in self._queues.values() if queue.records), default=inf)

    def earliest_s(self) -> float:
        """Return the event time of the first waiting record; inf if none waits.

        Unreadable records go with the next text.
        """
        firsts = (queue.batches[0].decoded.texts.at_s[0] for queue in self._queues.values() if queue.records)
        return float(min(firsts, default=inf))

    def frontier_s(self) -> float:
        """Return the event time that all partitions have reached; inf if all are read to the end."""
        lag, now_s = self._source.lag(), self._edge.now_s()
        return min((self._reach_s(number, lag.get(number), now_s) for number in self._queues), default=inf)

    def behind(self) -> dict[int, bool]:
        """Return for each partition whether it has more records, here or on the topic; True if that is not known."""
        lag = self._source.lag()
        return {number: queue.records > 0 or lag.get(number, 1) > 0 for number, queue in self._queues.items()}

    def is_behind(self) -> bool:
        """Whether any partition has more records."""
        return any(self.behind().values())

    def due(self, number: int, before_s: float) -> list[Batch]:
        """Return the next records of a partition that are not later than `before_s`.

        Up to `LOOK_AHEAD` later ones may be among them.
        """
        queue, due = self._queues[number], list[Batch]()
        rest = queue.due(before_s)
        for batch in queue.batches:
            if not rest:
                break
            due.append(batch.between(0, rest))
            rest -= len(due[-1])
        return _small_joined(due)

    def drop(self, number: int, done: Batch) -> None:
        """Remove a batch that is done; it must be the first that `due` returned."""
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
        """Update whether a partition has reached its bound."""
        (self._full.add if self._queues[number].is_full else self._full.discard)(number)


def sources_by(records: Records, header: str) -> list[str | None]:
    """Return (n,) the value of a header for each record, None if it has none; this overrides the source in the text.

    If a header occurs several times the last counts, because a gateway appends its own. Cost: 2 us a record.
    """
    found = [dict(records.headers(number)).get(header) for number in range(len(records))]
    return [None if value is None else value.decode("utf-8", "replace")[:NAME_CHARS] for value in found]


def _length(batches: Iterable[Batch]) -> int:
    return sum(map(len, batches))
