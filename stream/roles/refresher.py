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
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sketches.overcount import overcount
from sketches.pair_sketch import PairSketch
from stream.log.protocol import Polled, Record
from stream.roles.active_standby import ActiveStandby
from stream.roles.context import UNFIT, Context
from stream.roles.model_follower import read_model
from stream.segmentation.pmi_model import StrongPairs, refresh
from stream.state.chunks import StateRecord
from stream.state.model_codec import record_of
from stream.tallies.chain import Judged, Verdict
from stream.tallies.messages import Checkpoint, Marker
from stream.tallies.past_reader import PastReader
from stream.tallies.recount import Recount
from stream.tallies.shard import PREFIX, PastFold, Shard, places_of
from stream.tallies.snapshot_keeper import SnapshotKeeper
from stream.tallies.tally import RangeTally

log = logging.getLogger(__name__)
HISTORY = "history"  # the sketch that `backfill` leaves for the first start
MOST_WAITING = 500  # records that wait while a range is counted again
RECOUNT_S = 0.05


@dataclass(slots=True)
class Active:
    """A shard this process is the active one for."""

    shard: Shard
    keeper: SnapshotKeeper
    past: PastFold | None
    model: StrongPairs = field(default_factory=StrongPairs.empty)
    refreshed_s: float = float("-inf")
    since: set[int] = field(default_factory=set)  # input partitions that were counted since the last model


class Refresher(ActiveStandby):
    """Role `refresh`. `past_of` makes the memory of the past of a shard; None: there is none."""

    role, doing = "refresh", "refreshing"

    def __init__(self, edge: Context, past_of: Callable[[], PastFold] | None = None) -> None:
        super().__init__(edge, edge.config.topics.tallies)
        self._past_of = past_of
        self._snapshots = edge.state_log(edge.config.topics.pair_sketches)
        self._models = edge.state_log(edge.config.topics.strong_pairs)
        self._shards: dict[int, Active] = {}
        self._past: PastReader | None = None
        self._waiting: deque[Record] = deque()
        self._recount: Recount | None = None

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
        pasts: dict[int, tuple[Shard, PastFold, int]] = {}
        for name, number in names.items():
            last = models.get(name)
            self._models.resume(name, last)
            self._snapshots.resume(name, stored.get(name))
            active, place, past_place = self._restored(number, stored.pop(name, None), stored.get(HISTORY))
            active.model = (last and read_model(last, self._edge, self.role)) or active.model
            self._shards[number], places[number] = active, place or None
            if active.past is not None:
                pasts[number] = active.shard, active.past, past_place
        if pasts:
            horizon_s = self._config.trends.horizon * self._config.windows.length_s
            self._past = PastReader(self._edge.open_source(topics.tallies, None), pasts, horizon_s, self._edge.seal)
        return places

    def _let_go(self) -> None:
        self._shards.clear()
        self._waiting.clear()
        self._end_recount()
        if self._past is not None:
            self._past.close()
            self._past = None

    def _restored(
        self, number: int, record: StateRecord | None, history: StateRecord | None
    ) -> tuple[Active, int, int]:
        """The shard, and where to read on: now, and of the past."""
        past = self._past_of() if self._past_of else None
        if record is not None:
            try:
                shard = Shard.restored(record, self._config.sketches, past, self._edge.seal)
                active = Active(shard, self._keeper(record), past)
                self._edge.metrics.restores.labels(self.role, "state").inc()
                return active, *places_of(record)
            except UNFIT as fault:
                self._unfit(f"snapshot of shard {number}", fault)
        self._edge.metrics.restores.labels(self.role, "nothing").inc()
        shard = self._begun(number, history)
        shard.sequence = record.next_offset if record else 0
        past = self._past_of() if self._past_of else None  # what a spoilt snapshot left in the other is of no use
        return Active(shard, self._keeper(None), past), 0, 0

    def _keeper(self, before: StateRecord | None) -> SnapshotKeeper:
        edge, config = self._edge, self._config
        return SnapshotKeeper(self._snapshots, edge.sink, config.topics.tallies, config.kafka.snapshot_s,
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
        while self._waiting and self._recounted():
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
        if self._past:
            self._past.step()

    def _met(self, active: Active, met: Judged) -> None:
        tally, shard = met.tally, active.shard
        if met.verdict is Verdict.STALE:
            self._edge.metrics.stale_tallies.inc()
            return
        if met.verdict is Verdict.DONE:
            return
        if tally.shards > shard.shards:
            self._split(active, tally.shards)
        following = shard.cursor.ledger.following(tally.partition)
        if tally.begin == following and tally.shards == shard.shards:
            self._count(active, tally)
            return
        log.warning("shard %d: tallies of partition %d are missing or do not fit, from offset %d to %d: counted again",
                    shard.number, tally.partition, following, tally.end)  # fmt: skip
        config = self._config
        source = self._edge.open_source(config.topics.raw_text, None)
        self._recount = Recount(source, config.topics.raw_text, shard.number, tally, following, config.text,
                                config.windows)  # fmt: skip

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

    def _recounted(self) -> bool:
        """Whether nothing is being counted again; a portion of what is."""
        if self._recount is None:
            return True
        recount, active = self._recount, self._shards[self._recount.shard]
        tally = recount.step(RECOUNT_S, self._edge.now_s())
        if tally is not None:
            self._count(active, tally.share(active.shard.number, active.shard.shards))
        if recount.done:
            self._edge.metrics.lost.labels("count").inc(recount.lost)
            active.keeper.hurry()
            self._end_recount()
        return recount.done

    def _end_recount(self) -> None:
        if self._recount is not None:
            self._recount.close()
            self._recount = None

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
                    active.keeper.write(active.shard, active.past, self._source.term, now_s, self._source.owned)
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
