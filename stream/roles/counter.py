"""raw-text -> pair-sketches: counts the partitions it is assigned, and keeps their state by the law of state.

State of partition p: `fold(texts of p below next_offset)`, written whole every `kafka.flush_s`, in a backlog at every
step of event time as well; after any change of assignment the last record is read and reading goes on from its
offset, so nothing is counted twice or left out. The group's offset says in its metadata where the record lies: no
successor reads the whole topic to find it, and none believes it blindly, for what is not found there is looked for
everywhere.
This role alone writes dead letters (before the state that has passed them, so one may come twice, never not at all).
"""

import logging
from math import inf, nextafter

import numpy as np

from sketches.pair_sketch import PairSketch
from stream.errors import BrokerError
from stream.ingest.dead_letters import Rejection, send_letter
from stream.roles.context import UNFIT, Context
from stream.roles.event_time_buffer import Batch
from stream.roles.partition_worker import PartitionWorker
from stream.segmentation.tally import tally
from stream.state.chunks import StateRecord
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch, joined
from stream.words.windows import TOGETHER_CHARS

log = logging.getLogger(__name__)


class Partition:
    """What is known of one input partition. `totals` go with the state, so that they can be compared with the input."""

    def __init__(self, sketch: PairSketch, next_offset: int, totals: dict[str, int], newest_s: float) -> None:
        self.sketch, self.next_offset, self.totals, self.newest_s = sketch, next_offset, totals, newest_s
        self.changed = False
        self.lies_at = 0  # both slots of its record lie at this offset of the state topic, or behind it
        self.written_at = 0
        self.waiting: dict[int, list[TextBatch]] = {}  # of each window, not in the sketch yet
        self.waiting_chars = 0


class Counter(PartitionWorker):
    """Role `count`; any number share the partitions."""

    role, doing = "count", "counting"

    def __init__(self, edge: Context, partitions: int) -> None:
        super().__init__(edge)
        self._log = edge.state_log(edge.config.topics.pair_sketches)
        self._alphabet = Alphabet(edge.config.text.scripts)
        # A pair with min_count in the whole stream has this many in at least one of its partitions.
        self._floor = edge.config.cohesion.min_count / max(1, partitions)
        self._partitions: dict[int, Partition] = {}
        self._step = 0

    def flush(self) -> None:
        """Write the state of every partition that changed, then let the group offset follow."""
        changed = {number: part for number, part in self._partitions.items() if part.changed}
        if not changed:
            return
        self._schedule.flushed(self._arrivals.is_behind())
        self.count_waiting()
        try:
            with self._edge.metrics.flush_s.labels(self.role).time():
                first = None
                for number, part in changed.items():  # one at a time: a record is another copy of its sketch
                    at = self._log.write([_record(number, part)])
                    first = at if first is None else first
        except BrokerError:
            self._schedule.failed()
            for part in self._partitions.values():
                part.changed = True  # if the topic was lost, so were the records of those that did not change
            raise
        for part in changed.values():
            part.changed, part.lies_at, part.written_at = False, part.written_at, first or 0
        self._source.commit({number: (part.next_offset, str(part.lies_at)) for number, part in changed.items()})
        self._edge.metrics.state_writes.labels(self.role).inc(len(changed))
        self._edge.metrics.fill.labels("pairs").set(max(part.sketch.pairs.fill for part in changed.values()))
        self._edge.metrics.fill.labels("chars").set(max(part.sketch.chars.fill for part in changed.values()))
        self._edge.metrics.candidates.set(sum(len(part.sketch.candidates) for part in self._partitions.values()))

    def count_waiting(self) -> None:
        """Count what waits for more of its kind."""
        for part in self._partitions.values():
            self._count_waiting(part)

    def _restore(self, assigned: list[int]) -> dict[int, int]:
        self._partitions.clear()
        names = {str(number): number for number in assigned}
        hint = min(map(self._hint, assigned), default=0)
        states = self._edge.states(self._config.topics.pair_sketches, names, self.role, hint) if names else {}
        for name, number in names.items():
            self._log.resume(name, states.get(name))
            self._partitions[number] = self._read(name, states.pop(name, None))
            self._partitions[number].written_at = hint
        return {number: part.next_offset for number, part in self._partitions.items()}

    def _hint(self, number: int) -> int:
        """Where to look for the record of a partition; 0 where nobody has said."""
        committed = self._source.committed(number)
        return int(committed[1]) if committed and committed[1].isdecimal() else 0

    def _begin_again_at(self, number: int, offset: int) -> None:
        """The record of the old log would win by its greater offset, so it is deleted."""
        self._log.delete(str(number))
        self._log.resume(str(number), None)
        self._partitions[number].next_offset, self._partitions[number].changed = offset, True

    def _read(self, name: str, record: StateRecord | None) -> Partition:
        settings = self._config.sketches
        if record is not None:
            try:
                sketch = PairSketch.from_bytes(record.parts, settings)
                if record.meta["half_life_s"] != settings.half_life_s:
                    raise ValueError(f"half-life {record.meta['half_life_s']} s")
                totals = {key: int(value) for key, value in record.meta.items() if key.startswith("total_")}
                newest_s = float(record.meta["newest_s"])
                self._edge.metrics.restores.labels(self.role, "state").inc()
                return Partition(sketch, record.next_offset, totals, newest_s)
            except UNFIT as fault:
                self._edge.metrics.state_unreadable.labels(self.role).inc()
                log.warning("state of partition %s is of no use and built anew: %s", name, fault)
        self._edge.metrics.restores.labels(self.role, "nothing").inc()
        return Partition(PairSketch(settings), 0, {}, 0.0)

    def _work(self) -> bool:
        """Step by step of event time; no step begins before the state of the one before is written."""
        frontier_s, worked = self._arrivals.frontier_s(), False
        while (earliest_s := self._arrivals.earliest_s()) <= frontier_s and earliest_s < inf:
            step = int(earliest_s // self._edge.step_s)
            if step > self._step:
                self.flush()
                self._step = step
            end_s = nextafter((self._step + 1) * self._edge.step_s, 0)
            for number in self._arrivals.partitions:
                for batch in self._arrivals.due(number, min(frontier_s, end_s)):
                    self._count(number, batch)
                    self._arrivals.drop(number, batch)  # at once: what fails in the next must not count this one again
                    worked = True
        return worked

    def _count(self, number: int, batch: Batch) -> None:
        """Take texts in; they are counted together with those that come soon after, at a third of the cost."""
        part, metrics = self._partitions[number], self._edge.metrics
        if batch.rejected:
            self._reject(part, batch.rejected)
        texts = batch.texts
        part.newest_s = max(part.newest_s, float(texts.at_s.max(initial=0.0)))
        metrics.clamped.inc(int(np.count_nonzero(batch.decoded.clamped)))
        for window, several in self._config.windows.by_window(texts).items():
            part.waiting.setdefault(window, []).append(several)
            part.waiting_chars += len(several.written)
        if part.waiting_chars > TOGETHER_CHARS:
            self._count_waiting(part)
        self._add(part, "total_texts", len(texts))
        metrics.texts.labels(self.role).inc(len(texts))
        metrics.event_time.labels(self.role).set(max(one.newest_s for one in self._partitions.values()))
        metrics.latency.labels(self.role).observe(max(0.0, self._edge.now_s() - batch.oldest_s))
        part.next_offset, part.changed = batch.next_offset, True

    def _count_waiting(self, part: Partition) -> None:
        metrics, evicted = self._edge.metrics, part.sketch.candidates.evicted
        for window, several in sorted(part.waiting.items()):
            texts = joined(several)
            counts = tally(self._alphabet.runs_of(texts.written, texts.starts))
            part.sketch.add(counts, window * self._config.windows.length_s, self._floor)
            self._add(part, "total_pairs", int(counts.total))
            self._add(part, "total_characters", int(counts.char_counts.sum()))
            metrics.pairs.inc(counts.total)
            metrics.characters.inc(float(counts.char_counts.sum()))
        part.waiting.clear()
        part.waiting_chars = 0
        metrics.evicted.labels("candidates").inc(part.sketch.candidates.evicted - evicted)

    def _reject(self, part: Partition, rejected: list[Rejection]) -> None:
        for one in rejected:
            send_letter(self._edge.sink, self._config.topics.raw_text_dlq, self._config.topics.raw_text, one)
        self._edge.sink.flush()  # before they count as done
        for one in rejected:
            self._add(part, f"total_{one.reason}", 1)
            self._edge.metrics.rejected.labels(one.reason).inc()

    @staticmethod
    def _add(part: Partition, key: str, more: int) -> None:
        part.totals[key] = part.totals.get(key, 0) + more


def _record(number: int, part: Partition) -> StateRecord:
    meta: dict[str, str | int | float] = {"half_life_s": part.sketch.settings.half_life_s, "newest_s": part.newest_s}
    return StateRecord(str(number), part.next_offset, part.sketch.stored(), meta | part.totals)
