"""tallies -> strong-pairs: folds the tallies of each shard into one sketch and publishes a model every few seconds.

The whole model is written only if more than the share `SAME` of its pairs was counted since; otherwise a record of some
bytes says that the last model covers the new texts too. State: a snapshot on `pair-sketches` and the log of tallies
after it (`range_log.snapshot_keeper` decides when to write one). In a backlog, a model is made for each step of event
time.
Memory: one sketch with its candidates for each shard, however many partitions `raw-text` has.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from sketches.overcount import overcount
from sketches.pair_sketch import PairSketch
from stream.range_log.messages import Range
from stream.range_log.reread import Portion
from stream.roles.active_standby import ActiveStandby, Fold
from stream.roles.context import UNFIT, Context
from stream.roles.event_time_buffer import decoded
from stream.roles.model_follower import read_model
from stream.segmentation.pmi_model import StrongPairs, refresh
from stream.state.chunks import StateRecord
from stream.state.model_codec import record_of, touch_name, touch_of
from stream.tallies.codec import tally_of
from stream.tallies.shard import PREFIX, Shard, place_of
from stream.tallies.tally import RangeTally, count_windows, totals_of
from stream.text.message_batch import READABLE
from stream.text.runs import Alphabet

log = logging.getLogger(__name__)
SAME = 0.02  # share of the pairs known: with fewer new ones the model before is good enough, and is not written again
HISTORY = "history"  # the sketch that `backfill` leaves for the first start


@dataclass(slots=True, kw_only=True)
class ShardFold(Fold):
    """A shard, and the last model made from it."""

    shard: Shard
    model: StrongPairs = field(default_factory=StrongPairs.empty)
    refreshed_s: float = float("-inf")
    pairs_since: float = 0.0  # counted since the model was written whole
    since: set[int] = field(default_factory=set)  # input partitions that were counted since the last model


class Refresher(ActiveStandby[ShardFold]):
    """Role `refresh`."""

    role, doing = "refresh", "refreshing"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge, edge.config.topics.tallies, edge.config.topics.pair_sketches)
        self._models = edge.state_log(edge.config.topics.strong_pairs)
        self._alphabet = Alphabet(edge.config.text.scripts)

    def flush(self) -> None:
        """Write the model of every shard that changed. Raises BrokerError."""
        for fold in self._folds.values():
            self._refresh(fold)

    # --- taking over

    def _restore(self, assigned: list[int]) -> Iterator[tuple[ShardFold, int | None]]:
        topics, names = self._config.topics, {f"{PREFIX}{number}": number for number in assigned}
        stored = self._edge.states(topics.pair_sketches, lambda name: name in names or name == HISTORY, self.role)
        wanted = {*names, *map(touch_name, names)}
        models = self._edge.states(topics.strong_pairs, wanted.__contains__, self.role)
        for name, number in names.items():
            last = models.get(name)
            self._models.resume(name, last)
            self._models.resume(touch_name(name), models.get(touch_name(name)))
            self._snapshots.resume(name, stored.get(name))
            fold, place = self._restored(number, stored.pop(name, None), stored.get(HISTORY))
            fold.model = (last and read_model(last, self._edge, self.role)) or fold.model
            yield fold, place

    def _restored(
        self, number: int, record: StateRecord | None, history: StateRecord | None
    ) -> tuple[ShardFold, int | None]:
        """Return the restored shard and the offset at which its log is read on."""
        if record is not None:
            try:
                shard = Shard.restored(record, self._config.sketches, self._edge.seal)
                self._edge.metrics.restores.labels(self.role, "state").inc()
                keeper = self._keeper(number, record)
                return ShardFold(number, shard.cursor, keeper, shard.shards, shard=shard), place_of(record)
            except UNFIT as fault:
                self._unfit(f"snapshot of shard {number}", fault)
        self._edge.metrics.restores.labels(self.role, "nothing").inc()
        shard = self._begun(number, history)
        shard.sequence = record.next_offset if record else 0
        return ShardFold(number, shard.cursor, self._keeper(number, None), shard=shard), None

    def _begun(self, number: int, history: StateRecord | None) -> Shard:
        """Return a shard without tallies, with the counts that `backfill` wrote if there are any."""
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

    def _split(self, fold: ShardFold, shards: int) -> None:
        """Count the pairs of this shard again from `raw-text` if anything was counted, because they are dealt out
        differently now.
        """
        super()._split(fold, shards)
        fold.shard.shards = shards
        if fold.cursor.ledger.is_empty:
            return
        log.warning("shard %d: there are %d shards now; its pairs are counted again", fold.number, shards)
        history = self._edge.states(self._config.topics.pair_sketches, {HISTORY}, self.role).get(HISTORY)
        fold.cursor.ledger.forget()
        fold.shard.sketch, fold.shard.totals = self._begun(fold.number, history).sketch, {}

    # --- folding

    def _fold(self, fold: ShardFold, of: Range, body: bytes) -> None:
        self._count(fold, tally_of(of, body))

    def _fold_again(self, fold: ShardFold, partition: int, portion: Portion) -> None:
        tally = RangeTally(partition, portion.begin, portion.end)
        if portion.records is not None:
            found = decoded(self._edge, portion.records)
            texts = found.texts.chosen(found.reasons == READABLE)
            newest_s = float(texts.at_s.max(initial=0.0))
            counts = count_windows(self._config.windows, texts, self._alphabet)
            tally = RangeTally(partition, portion.begin, portion.end, newest_s, totals_of(found.reasons), counts)
        self._count(fold, tally.share(fold.number, fold.shards))

    def _count(self, fold: ShardFold, tally: RangeTally) -> None:
        shard = fold.shard
        if tally.partition in fold.since and shard.newest_s >= fold.model.as_of_s + self._edge.step_s:
            self._refresh(fold)
        evicted = shard.sketch.candidates.evicted
        shard.fold(tally, self._config.cohesion.min_count)
        self._edge.metrics.evicted.labels("candidates").inc(shard.sketch.candidates.evicted - evicted)
        fold.since.add(tally.partition)
        fold.pairs_since += tally.pairs

    # --- writing

    def _act(self) -> None:
        now_s = self._edge.now_s()
        for fold in self._folds.values():
            if now_s - fold.refreshed_s >= self._config.cohesion.refresh_s:
                self._refresh(fold)
            if fold.keeper.due(now_s):
                with self._edge.metrics.flush_s.labels(self.role).time():
                    self._edge.give_back()
                    settings = self._config.cohesion
                    fold.shard.sketch.forget(fold.shard.newest_s, settings.forgotten_count)
                    snapshot = fold.shard.snapshot(self._next_sequence(fold.shard.sequence))
                    fold.keeper.write(snapshot, fold.cursor, now_s, self._source.owned)
                self._edge.metrics.state_writes.labels(self.role).inc()

    def _refresh(self, fold: ShardFold) -> None:
        """Make and write the model of a shard, if anything was counted since the last one."""
        if not fold.since:
            return
        started_s, shard, metrics = self._edge.now_s(), fold.shard, self._edge.metrics
        known = shard.sketch.pairs.total * shard.sketch.scale_at(shard.newest_s)
        if fold.model.version and fold.pairs_since < SAME * known:
            self._models.write([touch_of(fold.model, shard.newest_s, shard.name)])
            fold.model = replace(fold.model, as_of_s=shard.newest_s)
        else:
            model = refresh(shard.sketch, shard.newest_s, self._config.cohesion, fold.model)
            metrics.refresh_s.observe(max(0.0, self._edge.now_s() - started_s))
            self._models.write([record_of(model, shard.name, shard.shards)])
            self._record(fold, model)
            fold.model, fold.pairs_since = model, 0.0
        metrics.model_at.labels(self.role).set(self._edge.now_s())
        fold.refreshed_s = self._edge.now_s()
        fold.since.clear()

    def _record(self, fold: ShardFold, model: StrongPairs) -> None:
        metrics, settings, sketch = self._edge.metrics, self._config.cohesion, fold.shard.sketch
        stayed = len(np.intersect1d(model.pairs, fold.model.pairs, assume_unique=True))
        metrics.strong_changed.labels("entered").inc(len(model) - stayed)
        metrics.strong_changed.labels("left").inc(len(fold.model) - stayed)
        others = [one for one in self._folds.values() if one is not fold]
        metrics.strong.set(len(model) + sum(len(one.model) for one in others))
        metrics.candidates.set(sum(len(one.shard.sketch.candidates) for one in self._folds.values()))
        metrics.model.labels(self.role).set(model.version)
        metrics.event_time.labels(self.role).set(model.as_of_s)
        metrics.fill.labels("pairs").set(sketch.pairs.fill)
        metrics.fill.labels("chars").set(sketch.chars.fill)
        over = overcount(sketch.pairs) * sketch.scale_at(model.as_of_s)
        metrics.overcount.labels("pairs").set(over / settings.min_count)
