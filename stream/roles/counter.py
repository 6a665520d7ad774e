"""raw-text -> tallies: exact counts of the partitions it is assigned, appended range by range; it holds no sketch.

Every `kafka.flush_s`, in a backlog at every step of event time as well, the texts read since are counted together and
appended as the tally of their offsets. Whoever takes a partition over goes on where the log of tallies says that its
predecessor got to, on each shard for itself. After a failed write the partitions are claimed anew.
This role alone writes dead letters (before the tally that has passed them, so one may come twice, never not at all).
Memory: the texts of one flush, at most `TOGETHER_CHARS` characters a partition and `MOST_CHARS` of all of them.
"""

import logging
from collections import Counter as Totals
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf, nextafter

import numpy as np

from stream.errors import BrokerError
from stream.ingest.dead_letters import Rejection, send_dead_letter
from stream.ingest.unreadable import Unreadable
from stream.roles.context import Context
from stream.roles.event_time_buffer import Batch
from stream.roles.partition_worker import PartitionWorker
from stream.segmentation.windows import TOGETHER_CHARS
from stream.tallies.recount import totals_of
from stream.tallies.tally import RangeTally, count_windows
from stream.tallies.writer import Hint, TallyWriter
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch

log = logging.getLogger(__name__)
MOST_CHARS = 1 << 20  # of all partitions that wait to be counted
TERM_BITS = 32  # of an epoch, those above count generations of the group, those below repeated claims


@dataclass(slots=True)
class Partition:
    """[begin, end) is read and not yet appended; `following` is how far each shard has it."""

    following: list[int]
    begin: int
    end: int
    newest_s: float = 0.0
    totals: Totals[str] = field(default_factory=Totals)
    waiting: dict[int, list[TextBatch]] = field(default_factory=dict)  # texts of the range, by window
    waiting_chars: int = 0

    @classmethod
    def at(cls, following: list[int]) -> "Partition":
        """As far as the shard that is furthest behind."""
        return cls(following, min(following), min(following))

    @property
    def boundary(self) -> float:
        """Where the next shard joins that is further than the range begins: no range may reach over it."""
        return min((offset for offset in self.following if offset > self.begin), default=inf)


class Counter(PartitionWorker):
    """Role `count`; any number share the partitions."""

    role, doing = "count", "counting"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge)
        topic = edge.config.topics.tallies
        self._writer = TallyWriter(topic, edge.sink, lambda: edge.open_source(topic, None), self._is_owner, edge.seal)
        self._alphabet = Alphabet(edge.config.text.scripts)
        self._partitions: dict[int, Partition] = {}
        self._step = 0
        self._newest_s = 0.0
        self._texts = 0  # appended, and not known to be written
        self._unreadable = Unreadable(edge.config.topics.raw_text, edge.config.text)

    def flush(self) -> None:
        """Append the tally of every partition that was read on, then let the group offset follow."""
        changed = {number: part for number, part in self._partitions.items() if part.end > part.begin}
        self._schedule.flushed(self._arrivals.is_behind())
        if not changed:
            return
        with self._or_claim_again(), self._edge.metrics.flush_s.labels(self.role).time():
            for number, part in changed.items():
                self._append(number, part)
            places = self._writer.flush()
        self._source.commit({number: (part.end, str(Hint(part.end, places))) for number, part in changed.items()})
        self._edge.metrics.state_writes.labels(self.role).inc(len(changed))
        self._edge.metrics.texts.labels(self.role).inc(self._texts)
        self._texts = 0

    def _restore(self, assigned: list[int]) -> dict[int, int]:
        self._partitions.clear()
        self._texts = 0
        hints = {number: Hint.read(self._source.committed(number)) for number in assigned}
        claimed = self._writer.claim(self._source.term << TERM_BITS, hints)
        for number, following in claimed.items():
            self._partitions[number] = Partition.at(following)
            known = "state" if max(following) else "nothing"
            self._edge.metrics.restores.labels(self.role, known).inc()
        return {number: part.begin for number, part in self._partitions.items()}

    def _is_owner(self) -> bool:
        """Whether the group says so: who reads without one has no right to claim what others have."""
        return self._source.term > 0 and self._source.owned()

    @contextmanager
    def _or_claim_again(self) -> Iterator[None]:
        """What a failed write left on the log nobody knows: the next step asks the log."""
        try:
            yield
        except BrokerError:
            self._due = frozenset(self._partitions)
            self._schedule.failed()
            raise

    def _begin_again_at(self, number: int, offset: int) -> None:
        with self._or_claim_again():
            self._writer.restart(number, offset)
            self._writer.flush()
        self._partitions[number] = Partition.at([offset] * self._writer.shards)

    def _work(self) -> bool:
        """Step by step of event time; no step begins before the tallies of the one before are written."""
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
                        self._count(number, batch)
                    self._arrivals.drop(number, batch)
                    worked = True
        return worked

    def _count(self, number: int, batch: Batch) -> None:
        part = self._partitions[number]
        while (boundary := part.boundary) < batch.next_offset:
            before = int(np.searchsorted(batch.decoded.texts.offsets, boundary))
            if before:
                self._add(number, part, batch.between(0, before))
                batch = batch.between(before, len(batch))
            part.end = int(boundary)
            self._append(number, part)
        self._add(number, part, batch)

    @property
    def unusable(self) -> str:
        """Why the texts that come are of no use; empty while they are."""
        return self._unreadable.fault

    def _add(self, number: int, part: Partition, batch: Batch) -> None:
        """Take texts in; they are counted together with those that come soon after, at a third of the cost."""
        metrics, texts = self._edge.metrics, batch.texts
        self._unreadable.note(len(texts), batch.rejected, self._edge.now_s())
        if batch.rejected:
            self._reject(batch.rejected)
        for window, several in self._config.windows.by_window(texts).items():
            part.waiting.setdefault(window, []).append(several)
            part.waiting_chars += len(several.written)
        part.newest_s = max(part.newest_s, float(texts.at_s.max(initial=0.0)))
        self._newest_s = max(self._newest_s, part.newest_s)
        part.totals.update(totals_of(texts, batch.decoded))
        part.end = batch.next_offset
        every = sum(one.waiting_chars for one in self._partitions.values())
        if part.waiting_chars > TOGETHER_CHARS or every > MOST_CHARS:
            self._append(number, part)
        metrics.clamped.inc(int(np.count_nonzero(batch.decoded.clamped)))
        metrics.event_time.labels(self.role).set(self._newest_s)
        metrics.latency.labels(self.role).observe(max(0.0, self._edge.now_s() - batch.oldest_s))

    def _append(self, number: int, part: Partition) -> None:
        """Count what waits and send it, to every shard that does not have it."""
        if part.end <= part.begin:
            return
        windows = count_windows(part.waiting, self._config.windows.length_s, self._alphabet)
        tally = RangeTally(number, 0, part.begin, part.end, part.newest_s, dict(part.totals), windows)
        for shard, following in enumerate(part.following):
            if following <= part.begin:
                self._writer.append(tally, shard)
                part.following[shard] = part.end
        self._edge.metrics.pairs.inc(tally.pairs)
        self._edge.metrics.characters.inc(tally.characters)
        self._texts += part.totals["texts"]
        part.begin = part.end
        part.waiting.clear()
        part.totals.clear()
        part.waiting_chars = 0

    def _reject(self, rejected: list[Rejection]) -> None:
        for one in rejected:
            send_dead_letter(self._edge.sink, self._config.topics.raw_text_dlq, self._config.topics.raw_text, one)
        self._writer.flushed(self._edge.sink.flush())  # before they count as done
        for one in rejected:
            self._edge.metrics.rejected.labels(one.reason).inc()
