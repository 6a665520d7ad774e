"""raw-text + strong-pairs -> word-counts: cuts the partitions it is assigned, a table of words for each window.

State of (partition, window): the table of its settled texts, below `settled_offset`, and the table of those that may
be cut again. A record of the partition itself, written after its windows, says which there are, how far all of them
are complete and where to read on. After a change of assignment the settled tables are loaded and the other texts read
again; if any table is missing or unfit, all texts of the partition.
Texts wait for a model of their time, and models are taken up in the order of their time, so a backlog is cut as the
stream was. No window leaves before it was written.
"""

import logging

from stream.errors import BrokerError
from stream.roles.context import UNFIT, Context
from stream.roles.event_time_buffer import Batch
from stream.roles.model_follower import ModelFollower
from stream.roles.partition_worker import PartitionWorker
from stream.state.chunks import StateRecord
from stream.state.window_codec import Settled, load_windows, place_of, window_record
from stream.text.message_batch import READABLE
from stream.text.runs import Alphabet
from stream.words.windows import Windows

log = logging.getLogger(__name__)
PATIENCE_S = 60.0  # so long texts wait for a model


class Segmenter(PartitionWorker):
    """Role `segment`; any number share the partitions."""

    role, doing = "segment", "segmenting"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge)
        self._log = edge.state_log(edge.config.topics.word_counts)
        self._model = ModelFollower(edge, self.role)
        self._alphabet = Alphabet(edge.config.text.scripts)
        self._windows: dict[int, Windows] = {}
        self._next: dict[int, int] = {}
        self._redo: dict[int, int] = {}  # by partition, how far it was read before: no record until that is read again
        self._newest_s: dict[int, float] = {}
        self._changed: dict[int, set[int]] = {}
        self._written: dict[int, set[int]] = {}  # windows that have a record, by partition
        self._head: dict[int, tuple[int, bool]] = {}  # what the last record of the partition said
        self._blocked_s: float | None = None  # since when texts wait and no model has come
        edge.metrics.model_at.labels(self.role).set(edge.now_s())

    @property
    def ready(self) -> bool:
        return super().ready and self._model.ready

    def flush(self) -> None:
        """Write the windows that changed, then the record of each partition, then let the group offset follow."""
        self._edge.give_back()
        try:
            self._write([number for number in self._windows if self._next[number] >= self._redo[number]])
        except BrokerError:
            self._schedule.failed()
            for number, windows in self._windows.items():  # if the topic was lost, those that did not change were too
                self._changed[number] |= set(windows.windows)
            raise
        self._schedule.flushed(self._arrivals.is_behind())

    def _write(self, numbers: list[int]) -> None:
        started_s = self._edge.now_s()
        evicted = sum(self._windows[number].evicted for number in numbers)
        changed = [(number, window) for number in numbers
                   for window in sorted(self._changed[number] & set(self._windows[number].windows))]  # fmt: skip
        for number, window in changed:
            if window not in self._written[number]:
                self._log.resume(f"{number}:{window}", None)
                self._written[number].add(window)
        if changed:
            self._log.write(window_record(number, window, self._windows[number], self._next[number])
                            for number, window in changed)  # fmt: skip
        evicted = sum(self._windows[number].evicted for number in numbers) - evicted
        self._edge.metrics.evicted.labels("words").inc(evicted)
        behind = self._arrivals.behind()
        now = {number: (self._next[number], behind[number]) for number in numbers}
        heads = [number for number in numbers if self._changed[number] or self._head.get(number) != now[number]]
        if heads:
            self._log.write([self._head_record(number, behind[number]) for number in heads])
            self._source.commit({number: (self._next[number], "") for number in heads})
            self._record(started_s, len(changed) + len(heads))
        for number in heads:
            self._changed[number] = set()
            self._head[number] = now[number]
            self._delete_old(number)

    def _record(self, started_s: float, written: int) -> None:
        metrics = self._edge.metrics
        metrics.state_writes.labels(self.role).inc(written)
        metrics.flush_s.labels(self.role).observe(max(0.0, self._edge.now_s() - started_s))
        windows = [window for of_partition in self._windows.values() for window in of_partition.windows.values()]
        metrics.words.set(sum(len(window.settled) + len(window.live) for window in windows))

    def close(self) -> None:
        super().close()
        self._model.close()

    def _work(self) -> bool:
        """Cut the texts that the model is fresh enough for; whether there were any."""
        frontier_s, earliest_s = self._arrivals.frontier_s(), self._arrivals.earliest_s()
        newest_s = max(self._newest_s.values(), default=0.0)
        self._follow_model(min(frontier_s, earliest_s if self._arrivals.waiting else newest_s))
        before_s = self._model.model.as_of_s + self._config.windows.length_s * self._config.windows.recut
        now_s = self._edge.now_s()
        blocked = self._arrivals.waiting and before_s < earliest_s <= frontier_s
        self._blocked_s = (self._blocked_s or now_s) if blocked else None
        if self._blocked_s is not None and now_s - self._blocked_s > PATIENCE_S:
            before_s = frontier_s  # nobody refreshes: a stale model is better than silence
        done = [self._cut(number, min(frontier_s, before_s)) for number in self._arrivals.partitions]
        return any(done)

    def _follow_model(self, at_s: float) -> None:
        if self._model.advance(at_s):
            for number, windows in self._windows.items():
                self._changed[number] |= windows.recut(self._model.model)
            self._edge.metrics.model.labels(self.role).set(self._model.model.version)
            self._edge.metrics.model_at.labels(self.role).set(self._edge.now_s())

    def _cut(self, number: int, before_s: float) -> bool:
        """In portions, so that no window leaves before it was written."""
        batches = self._arrivals.due(number, before_s)
        for batch in batches:
            touched = [*self._changed[number], *self._config.windows.by_window(batch.texts)]
            if not touched or max(touched) < min(touched) + self._config.trends.horizon:  # nearly always
                self._add(number, batch)
            else:
                self._add_in_portions(number, batch)
        return bool(batches)

    def _add_in_portions(self, number: int, batch: Batch) -> None:
        horizon, begin = self._config.trends.horizon, 0
        first = min(self._changed[number], default=None)
        for at, (reason, at_s) in enumerate(zip(batch.decoded.reasons, batch.decoded.texts.at_s, strict=True)):
            if reason != READABLE:
                continue
            window = self._config.windows.window_of(float(at_s))
            if first is not None and window >= first + horizon:
                self._add(number, batch.between(begin, at))
                self.flush()
                begin, first = at, None
            first = min(window if first is None else first, max(window, self._windows[number].newest - horizon + 1))
        self._add(number, batch.between(begin, len(batch)))

    def _add(self, number: int, batch: Batch) -> None:
        if not len(batch):
            return
        windows, metrics, texts = self._windows[number], self._edge.metrics, batch.texts
        late, copies, evicted = windows.late, windows.copies, windows.evicted
        self._changed[number] |= windows.add(texts, self._model.model)
        self._newest_s[number] = max(self._newest_s[number], float(texts.at_s.max(initial=0.0)))
        self._next[number] = batch.next_offset
        self._arrivals.drop(number, batch)
        metrics.late.inc(windows.late - late)
        metrics.copies.inc(windows.copies - copies)
        metrics.evicted.labels("words").inc(windows.evicted - evicted)
        metrics.texts.labels(self.role).inc(len(texts))
        metrics.event_time.labels(self.role).set(max(self._newest_s.values()))
        metrics.latency.labels(self.role).observe(max(0.0, self._edge.now_s() - batch.oldest_s))

    def _restore(self, assigned: list[int]) -> dict[int, int]:
        self._blocked_s = None
        for of_partition in (self._windows, self._next, self._redo, self._newest_s, self._changed, self._written):
            of_partition.clear()
        topic, hold = self._config.topics.word_counts, Settled(self._config.trends.horizon)
        states = self._edge.states(topic, lambda name: place_of(name)[0] in assigned, self.role, hold=hold)
        tables: dict[int, dict[int, StateRecord]] = {number: {} for number in assigned}
        for name in list(states):
            number, window = place_of(name)
            if window is not None:
                tables[number][window] = states.pop(name)
        return {number: self._resume(number, states.get(str(number)), tables[number]) for number in assigned}

    def _begin(self, number: int, offset: int) -> None:
        """With nothing, at this offset."""
        self._windows[number] = Windows(self._config.windows, self._config.trends.horizon, self._alphabet)
        self._changed[number], self._written[number] = set(), set()
        self._next[number] = self._redo[number] = offset
        self._newest_s[number] = 0.0
        self._head.pop(number, None)

    def _begin_again_at(self, number: int, offset: int) -> None:
        """Records of the old log would win by their greater offset, so they are deleted."""
        self._log.delete(str(number), *(f"{number}:{window}" for window in self._written[number]))
        self._log.resume(str(number), None)
        self._begin(number, offset)

    def _resume(self, number: int, head: StateRecord | None, tables: dict[int, StateRecord]) -> int:
        """Load what is written of a partition; where to read on: at the first if any of it is missing or unfit."""
        self._begin(number, 0)
        self._log.resume(str(number), head)
        for window, state in tables.items():
            self._log.resume(state.name, state)
            self._written[number].add(window)
        self._edge.metrics.restores.labels(self.role, "state" if head else "nothing").inc()
        if head is None and not tables:
            return 0
        # What is read again is written when all of it has been: before, it would be less than what is there.
        self._redo[number] = max(state.next_offset for state in (head, *tables.values()) if state)
        try:
            if head is None:
                raise ValueError("the record of the partition is missing")
            load_windows(self._windows[number], str(head.meta.get("windows", "")), tables)
            self._newest_s[number] = float(head.meta["newest_s"])
            self._next[number] = int(head.meta["resume_offset"])
        except UNFIT as fault:
            self._edge.metrics.state_unreadable.labels(self.role).inc()
            log.warning("windows of partition %d are of no use and counted anew: %s", number, fault,
                        extra={"partition": number})  # fmt: skip
            self._windows[number] = Windows(self._config.windows, self._config.trends.horizon, self._alphabet)
            self._newest_s[number], self._next[number] = 0.0, 0
        return self._next[number]

    def _head_record(self, number: int, behind: bool) -> StateRecord:
        windows, following = self._windows[number], self._next[number]
        meta: dict[str, str | int | float] = {
            "windows": " ".join(str(window) for window in sorted(self._written[number] & set(windows.windows))),
            "resume_offset": windows.resume_offset(following), "newest": windows.newest,
            "newest_s": self._newest_s[number], "behind": int(behind),
        }  # fmt: skip
        return StateRecord(str(number), following, {}, meta)

    def _delete_old(self, number: int) -> None:
        """Twice the horizon stays, so that an emitter that was away for a while still finds them."""
        oldest = self._windows[number].newest - 2 * self._config.trends.horizon
        old = sorted(window for window in self._written[number] if window <= oldest)
        if old:
            self._log.delete(*(f"{number}:{window}" for window in old))
            self._written[number] -= set(old)
