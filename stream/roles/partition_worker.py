"""What `count` and `segment` share: each reads partitions of `raw-text` and appends a result for each range of offsets.

The texts read since the last flush are appended to a range log with their offsets every `kafka.flush_s`, and in a
backlog at every step of event time. A process that takes a partition over goes on where the log says that its
predecessor stopped, for each shard separately. After a broker failure the assignment is due again, so the next step
reads that from the log. Memory: the texts of one flush, at most `TOGETHER_CHARS` characters a partition and
`MOST_CHARS` of all.
"""

import logging
from abc import ABC, abstractmethod
from collections import Counter as Totals
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf, nextafter

import numpy as np

from stream.errors import BrokerError
from stream.log.protocol import Polled
from stream.range_log.writer import Hint, RangeWriter
from stream.roles.context import Context
from stream.roles.event_time_buffer import Batch, EventTimeBuffer
from stream.roles.flush_schedule import FlushSchedule
from stream.roles.lag import Lag
from stream.segmentation.windows import TOGETHER_CHARS
from stream.tallies.tally import totals_of
from stream.text.text_batch import TextBatch

log = logging.getLogger(__name__)
MOST_CHARS = 1 << 20  # of all partitions that wait to be appended
TERM_BITS = 32  # of an epoch, those above count generations of the group, those below repeated claims


@dataclass(slots=True)
class Partition:
    """An input partition: [begin, end) is read and not yet appended; `following` is the next offset of each shard."""

    following: list[int]
    begin: int
    end: int
    newest_s: float = 0.0
    totals: Totals[str] = field(default_factory=Totals)
    waiting: list[TextBatch] = field(default_factory=list)  # texts of the range
    waiting_chars: int = 0

    @classmethod
    def at(cls, following: list[int]) -> "Partition":
        """Begin at the next offset of the shard that is furthest behind."""
        return cls(following, min(following), min(following))

    @property
    def boundary(self) -> float:
        """The next offset at which a shard that is further ahead joins; a range must not cross it."""
        return min((offset for offset in self.following if offset > self.begin), default=inf)

    def begin_anew(self) -> None:
        """Begin the next range, after the present one was appended."""
        self.begin, self.waiting_chars = self.end, 0
        self.waiting.clear()
        self.totals.clear()


class PartitionWorker(ABC):
    """Base of a role that reads partitions of `raw-text`; any number of processes share them."""

    role: str
    doing: str  # in log lines: "counting"

    def __init__(self, edge: Context, topic: str) -> None:
        """`topic` is the range log."""
        self._edge, self._config = edge, edge.config
        self._source = edge.open_source(edge.config.topics.raw_text, edge.group(self.role))
        self._arrivals = EventTimeBuffer(edge, self._source)
        self._lag = Lag(edge, self.role, self._source)
        self._schedule = FlushSchedule(edge)
        self._writer = RangeWriter(topic, edge.sink, lambda: edge.open_source(topic, None), self._is_owner, edge.seal)
        self._partitions: dict[int, Partition] = {}
        self._due: frozenset[int] | None = None  # assigned, and not yet restored
        self._restored = False
        self._step = 0
        self._newest_s = 0.0
        self._texts = 0  # appended, and not known to be written

    @property
    def ready(self) -> bool:
        return self._restored and self._lag.in_touch

    def run_once(self, timeout_s: float) -> bool:
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            self._due = polled.assigned
        if self._due is not None:
            self._take_over(sorted(self._due))
            self._due = None
            polled = Polled([], polled.assigned)  # records polled before the seek come again: taken in once
        for partition, (asked, got) in polled.lost.items():
            log.warning("partition %d: the log no longer holds offset %d, going on at %d", partition, asked, got,
                        extra={"partition": partition, "offset": asked})  # fmt: skip
            self._edge.metrics.lost.labels(self.role).inc(max(0, got - asked))
            if got < asked:
                self._begin_again_at(partition, got)
        self._arrivals.receive(polled.batches)
        worked = self._work()
        self._lag.report(polled, self._arrivals.waiting, self._arrivals.oldest_s())
        if self._schedule.due(self._arrivals.is_behind):
            self.flush()
        return worked or bool(polled.batches)

    def flush(self) -> None:
        """Append the waiting range of each partition, then commit the group's offsets.

        Raises BrokerError; what was not appended is then read again from `raw-text`.
        """
        changed = {number: part for number, part in self._partitions.items() if part.end > part.begin}
        self._schedule.flushed(self._arrivals.is_behind())
        if not (changed or self._texts):
            return
        with self._or_claim_again(), self._edge.metrics.flush_s.labels(self.role).time():
            for number, part in changed.items():
                self._append(number, part)
            places = self._writer.flush()
        self._source.commit({number: (part.end, str(Hint(part.end, places))) for number, part in changed.items()})
        self._edge.metrics.state_writes.labels(self.role).inc(len(changed))
        self._edge.metrics.texts.labels(self.role).inc(self._texts)
        self._texts = 0

    def close(self) -> None:
        self.flush()
        self._source.close()

    @abstractmethod
    def _body(self, number: int, part: Partition) -> Iterator[bytes]:
        """Yield what is appended for a partition's range, for each shard."""

    @abstractmethod
    def _accept(self, batch: Batch) -> None:
        """Process a batch before it counts as read. Raises BrokerError."""

    def _take_over(self, assigned: list[int]) -> None:
        self._restored = False
        self._arrivals.restart(assigned)
        self._partitions.clear()
        self._texts = 0
        hints = {number: Hint.read(self._source.committed(number)) for number in assigned}
        for number, following in self._writer.claim(self._source.term << TERM_BITS, hints).items():
            self._partitions[number] = part = Partition.at(following)
            self._edge.metrics.restores.labels(self.role, "state" if max(following) else "nothing").inc()
            self._source.seek(number, part.begin or None)
        self._restored = True
        self._schedule.taken_over()
        self._edge.metrics.active.labels(self.role).set(bool(assigned))
        log.info("%s partitions %s", self.doing, assigned)

    def _is_owner(self) -> bool:
        """Whether the group still assigns the partitions to this process; False without a group."""
        return self._source.term > 0 and self._source.owned()

    @contextmanager
    def _or_claim_again(self) -> Iterator[None]:
        """On a BrokerError make the assignment due again, because it is unknown what the failed write left on the
        log.
        """
        try:
            yield
        except BrokerError:
            self._due = frozenset(self._partitions)
            self._schedule.failed()
            raise

    def _begin_again_at(self, number: int, offset: int) -> None:
        """Count a partition from `offset` on, because its log is shorter than before and so was made anew."""
        self._arrivals.forget(number)
        with self._or_claim_again():
            self._writer.restart(number, offset)
            self._writer.flush()
        self._partitions[number] = Partition.at([offset] * self._writer.shards)

    def _work(self) -> bool:
        """Process due texts in steps of event time.

        A step begins only after the ranges of the one before are written.
        """
        frontier_s, worked = self._arrivals.frontier_s(), False
        while (earliest_s := self._arrivals.earliest_s()) <= frontier_s and earliest_s < inf:
            step = int(earliest_s // self._edge.step_s)
            if step > self._step:
                self.flush()
                self._step = step
            end_s = nextafter((self._step + 1) * self._edge.step_s, 0)
            for number in self._arrivals.partitions:
                for batch in self._arrivals.due(number, min(frontier_s, end_s)):
                    with self._or_claim_again():
                        self._take(number, batch)
                    self._arrivals.drop(number, batch)
                    worked = True
        return worked

    def _take(self, number: int, batch: Batch) -> None:
        part = self._partitions[number]
        while (boundary := part.boundary) < batch.next_offset:
            before = int(np.searchsorted(batch.decoded.texts.offsets, boundary))
            if before:
                self._add(number, part, batch.between(0, before))
                batch = batch.between(before, len(batch))
            part.end = int(boundary)
            self._append(number, part)
        self._add(number, part, batch)

    def _add(self, number: int, part: Partition, batch: Batch) -> None:
        """Add texts to the waiting range; larger ranges cost a third of many small ones."""
        metrics, texts = self._edge.metrics, batch.texts
        self._accept(batch)
        if len(texts):
            part.waiting.append(texts)
            part.waiting_chars += len(texts.written)
        part.newest_s = max(part.newest_s, batch.newest_s if len(texts) else 0.0)
        self._newest_s = max(self._newest_s, part.newest_s)
        part.totals.update(totals_of(batch.decoded.reasons))
        part.end = batch.next_offset
        every = sum(one.waiting_chars for one in self._partitions.values())
        if part.waiting_chars > TOGETHER_CHARS or every > MOST_CHARS:
            self._append(number, part)
        metrics.event_time.labels(self.role).set(self._newest_s)
        metrics.latency.labels(self.role).observe(max(0.0, self._edge.now_s() - batch.oldest_s))

    def _append(self, number: int, part: Partition) -> None:
        """Send the waiting range to every shard that does not have it."""
        if part.end <= part.begin:
            return
        for shard, body in enumerate(self._body(number, part)):
            if part.following[shard] <= part.begin:
                self._writer.append(number, part.begin, part.end, part.newest_s, body, shard)
                part.following[shard] = part.end
        self._texts += part.totals["texts"]
        part.begin_anew()
