"""tallies -> strong-pairs: folds the tallies of each shard into one sketch, and every few seconds makes its model.

Whoever is assigned a shard is the active one for it. Its state is a snapshot on `pair-sketches` and the log of tallies
behind it: a snapshot is written when that has grown as large as the snapshot before, or is older than
`kafka.snapshot_s`. Then the tallies that no cursor needs are given back. What the snapshot before the last one needs
is kept, so that a spoilt snapshot costs nothing but reading.
A tally that is missing or unreadable is counted again from raw-text. Tallies that come faster than the clock, in a
backlog, give a model for each step of their time.
Memory: a sketch and its candidates for each shard, however many partitions raw-text has.
"""

import logging
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from sketches.overcount import overcount
from sketches.pair_sketch import PairSketch
from stream.log.protocol import Polled, Record
from stream.range_log.chain import Judged, Verdict
from stream.range_log.messages import Checkpoint, Marker, Range, UnreadableError
from stream.range_log.reread import Reread
from stream.range_log.snapshot_keeper import SnapshotKeeper
from stream.roles.active_standby import ActiveStandby
from stream.roles.context import UNFIT, Context
from stream.roles.model_follower import read_model
from stream.segmentation.pmi_model import StrongPairs, refresh
from stream.state.chunks import StateRecord
from stream.state.model_codec import record_of
from stream.tallies.codec import tally_of
from stream.tallies.shard import PREFIX, Shard, place_of
from stream.tallies.tally import RangeTally, count_again

log = logging.getLogger(__name__)
HISTORY = "history"  # the sketch that `backfill` leaves for the first start
MOST_WAITING = 500  # records that wait while a range is counted again
REREAD_S = 0.05
TERM_BITS = 32  # of a snapshot's number, those above count generations of the group, those below writes


@dataclass(slots=True)
class Active:
    """A shard this process is the active one for."""

    shard: Shard
    keeper: SnapshotKeeper
    model: StrongPairs = field(default_factory=StrongPairs.empty)
    refreshed_s: float = float("-inf")
    since: set[int] = field(default_factory=set)  # input partitions that were counted since the last model


class Refresher(ActiveStandby):
    """Role `refresh`."""

    role, doing = "refresh", "refreshing"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge, edge.config.topics.tallies)
        self._snapshots = edge.state_log(edge.config.topics.pair_sketches)
        self._models = edge.state_log(edge.config.topics.strong_pairs)
        self._shards: dict[int, Active] = {}
        self._waiting: deque[Record] = deque()
        self._reread: Reread | None = None

    def flush(self) -> None:
        """Write the model of every shard that changed."""
        for active in self._shards.values():
            self._refresh(active)

    def close(self) -> None:
        super().close()
        self._let_go()

    def _take_over(self, assigned: frozenset[int]) -> dict[int, int | None]:
        self._let_go()
        if not assigned:
            return {}
        topics, names = self._config.topics, {f"{PREFIX}{number}": number for number in sorted(assigned)}
        stored = self._edge.states(topics.pair_sketches, lambda name: name in names or name == HISTORY, self.role)
        models = self._edge.states(topics.strong_pairs, names, self.role)
        places: dict[int, int | None] = {}
        for name, number in names.items():
            last = models.get(name)
            self._models.resume(name, last)
            self._snapshots.resume(name, stored.get(name))
            active, place = self._restored(number, stored.pop(name, None), stored.get(HISTORY))
            active.model = (last and read_model(last, self._edge, self.role)) or active.model
            self._shards[number], places[number] = active, place or None
        return places

    def _let_go(self) -> None:
        self._shards.clear()
        self._waiting.clear()
        self._end_reread()

    def _restored(self, number: int, record: StateRecord | None, history: StateRecord | None) -> tuple[Active, int]:
        """The shard, and where to read on."""
        if record is not None:
            try:
                shard = Shard.restored(record, self._config.sketches, self._edge.seal)
                active = Active(shard, self._keeper(number, record))
                self._edge.metrics.restores.labels(self.role, "state").inc()
                return active, place_of(record)
            except UNFIT as fault:
                self._unfit(f"snapshot of shard {number}", fault)
        self._edge.metrics.restores.labels(self.role, "nothing").inc()
        shard = self._begun(number, history)
        shard.sequence = record.next_offset if record else 0
        return Active(shard, self._keeper(number, None)), 0

    def _keeper(self, number: int, before: StateRecord | None) -> SnapshotKeeper:
        edge, config = self._edge, self._config
        return SnapshotKeeper(self._snapshots, edge.sink, config.topics.tallies, number, config.kafka.snapshot_s,
                              edge.delete_records, edge.now_s(), before, edge.seal)  # fmt: skip

    def _begun(self, number: int, history: StateRecord | None) -> Shard:
        """A shard of nothing but history, if there is one."""
        settings = self._config.sketches
        if history is not None:
            try:
                if history.meta["half_life_s"] != settings.half_life_s:
                    raise ValueError(f"half-life {history.meta['half_life_s']} s")
                sketch = PairSketch.from_bytes(history.parts, settings)
                return Shard.begun(number, sketch, float(history.meta["newest_s"]), self._edge.seal)
            except UNFIT as fault:
                self._unfit("history", fault)
        return Shard.begun(number, PairSketch(settings), seal=self._edge.seal)

    def _unfit(self, what: str, fault: Exception) -> None:
        self._edge.metrics.state_unreadable.labels(self.role).inc()
        log.warning("%s is of no use and counted anew: %s", what, fault)

    # --- reading

    def _read(self, polled: Polled) -> None:
        for number, (asked, got) in polled.lost.items():
            log.warning("shard %d: the log of tallies no longer holds offset %d, going on at %d", number, asked, got)
            self._shards[number].shard.cursor.begin_again(got)
            self._shards[number].keeper.begin_again()
        self._waiting.extend(polled)
        while self._waiting and self._is_reread():
            record = self._waiting.popleft()
            active = self._shards[record.partition]
            met = active.shard.cursor.read(record)
            if not isinstance(met, Marker | Checkpoint):  # our own checkpoint is no reason for another snapshot
                active.keeper.read(len(record.value or b""))
            if isinstance(met, Judged):
                self._met(active, met)
        self._source.hold(self._shards.keys() if len(self._waiting) > MOST_WAITING else ())
        for active in self._shards.values():
            self._report_unreadable(active)

    def _met(self, active: Active, met: Judged) -> None:
        of, shard = met.of, active.shard
        if met.verdict is Verdict.STALE:
            self._edge.metrics.stale_ranges.labels(self.role).inc()
        if met.verdict in (Verdict.STALE, Verdict.DONE):
            return
        if of.shards > shard.shards:
            self._split(active, of.shards)
        if of.begin == shard.cursor.ledger.following(of.partition) and of.shards == shard.shards:
            try:
                self._count(active, tally_of(of, met.body))
                return
            except UnreadableError as reason:
                shard.cursor.refuse(str(reason))
        self._read_again(active, of)

    def _read_again(self, active: Active, of: Range) -> None:
        """From where the partition stands to the end of a range whose tally, or what is before it, is missing."""
        following = active.shard.cursor.ledger.following(of.partition)
        log.warning("shard %d: tallies of partition %d are missing or do not fit, from offset %d to %d: counted again",
                    active.shard.number, of.partition, following, of.end)  # fmt: skip
        source = self._edge.open_source(self._config.topics.raw_text, None)
        self._reread = Reread(source, of.partition, following, of.end, active.shard.number)

    def _split(self, active: Active, shards: int) -> None:
        """There are more shards than before: what this one holds of the pairs is counted anew from raw-text."""
        shard = active.shard
        if shard.cursor.ledger.is_empty:
            shard.shards = shards
            return
        log.warning("shard %d: is one of %d now, and counted anew", shard.number, shards)
        history = self._edge.states(self._config.topics.pair_sketches, {HISTORY}, self.role).get(HISTORY)
        shard.cursor.ledger.forget()
        shard.sketch, shard.totals, shard.shards = self._begun(shard.number, history).sketch, {}, shards

    def _is_reread(self) -> bool:
        """Whether nothing is to be counted again; counts a portion of what is."""
        if self._reread is None:
            return True
        reread, active, config = self._reread, self._shards[self._reread.owner], self._config
        portion = reread.step(REREAD_S)
        if portion is not None:
            tally = count_again(portion, reread.partition, config.topics.raw_text, config.text, config.windows,
                                self._edge.now_s())  # fmt: skip
            self._count(active, tally.share(active.shard.number, active.shard.shards))
        if reread.done:
            self._edge.metrics.lost.labels("count").inc(reread.lost)
            active.keeper.hurry()
            self._end_reread()
        return reread.done

    def _end_reread(self) -> None:
        if self._reread is not None:
            self._reread.close()
            self._reread = None

    def _count(self, active: Active, tally: RangeTally) -> None:
        shard = active.shard
        if tally.partition in active.since and shard.newest_s >= active.model.as_of_s + self._edge.step_s:
            self._refresh(active)
        evicted = shard.sketch.candidates.evicted
        shard.fold(tally, self._config.cohesion.min_count)
        self._edge.metrics.evicted.labels("candidates").inc(shard.sketch.candidates.evicted - evicted)
        active.since.add(tally.partition)

    def _report_unreadable(self, active: Active) -> None:
        reasons = active.shard.cursor.unreadable
        if reasons:
            self._edge.metrics.state_unreadable.labels(self.role).inc(sum(reasons.values()))
            log.warning("%s: messages that are no tallies of ours, passed over: %s", self.role, dict(reasons))
            reasons.clear()

    def _held(self) -> int:
        return len(self._waiting)

    # --- writing

    def _act(self) -> None:
        if self._waiting:
            return
        now_s = self._edge.now_s()
        for active in self._shards.values():
            if now_s - active.refreshed_s >= self._config.cohesion.refresh_s:
                self._refresh(active)
            if active.keeper.due(now_s):
                with self._edge.metrics.flush_s.labels(self.role).time():
                    self._edge.give_back()
                    sequence = max(self._source.term << TERM_BITS, active.shard.sequence) + 1
                    snapshot = active.shard.snapshot(sequence)
                    active.keeper.write(snapshot, active.shard.cursor, now_s, self._source.owned)
                self._edge.metrics.state_writes.labels(self.role).inc()

    def _refresh(self, active: Active) -> None:
        """Make the model of a shard, if anything was counted since the last one, and write it."""
        if not active.since:
            return
        started_s, shard, metrics = self._edge.now_s(), active.shard, self._edge.metrics
        model = refresh(shard.sketch, shard.newest_s, self._config.cohesion, active.model)
        metrics.refresh_s.observe(max(0.0, self._edge.now_s() - started_s))
        self._models.write([record_of(model, shard.name, shard.shards)])
        self._record(active, model)
        active.model, active.refreshed_s = model, self._edge.now_s()
        active.since.clear()

    def _record(self, active: Active, model: StrongPairs) -> None:
        metrics, settings, sketch = self._edge.metrics, self._config.cohesion, active.shard.sketch
        stayed = len(np.intersect1d(model.pairs, active.model.pairs, assume_unique=True))
        metrics.strong_changed.labels("entered").inc(len(model) - stayed)
        metrics.strong_changed.labels("left").inc(len(active.model) - stayed)
        others = [one for one in self._shards.values() if one is not active]
        metrics.strong.set(len(model) + sum(len(one.model) for one in others))
        metrics.candidates.set(sum(len(one.shard.sketch.candidates) for one in self._shards.values()))
        metrics.model.labels(self.role).set(model.version)
        metrics.model_at.labels(self.role).set(self._edge.now_s())
        metrics.event_time.labels(self.role).set(model.as_of_s)
        metrics.fill.labels("pairs").set(sketch.pairs.fill)
        metrics.fill.labels("chars").set(sketch.chars.fill)
        over = overcount(sketch.pairs) * sketch.scale_at(model.as_of_s)
        metrics.overcount.labels("pairs").set(over / settings.min_count)
