"""pair-sketches -> strong-pairs: every few seconds the model of all partitions. One is active, others stand by.

The state of each partition replaces the one before (never added twice): the tables are added up anew, the candidates
of those partitions that changed join those known. The model is written whole, its version is its `next_offset`. States
that come faster than the clock, in a backlog, give a model for each step of their time.
Cost: a table addition for each partition, then a look at the first cell of each candidate pair.
"""

import logging

import numpy as np

from sketches.candidates import Candidates
from sketches.overcount import overcount
from sketches.pair_sketch import PairSketch
from stream.log.protocol import Polled
from stream.roles.active_standby import ActiveStandby
from stream.roles.context import UNFIT, Context
from stream.roles.model_follower import read_model
from stream.segmentation.pmi_model import StrongPairs, refresh
from stream.state.chunks import StateRecord
from stream.state.model_codec import MODEL, record_of

log = logging.getLogger(__name__)


class Refresher(ActiveStandby):
    """Role `refresh`."""

    role, doing = "refresh", "refreshing"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge, edge.config.topics.pair_sketches)
        self._log = edge.state_log(edge.config.topics.strong_pairs)
        self._assembler = self._edge.assembler()
        self._sketches: dict[str, tuple[PairSketch, float]] = {}
        self._since: set[str] = set()  # partitions whose state came after the last model
        self._merged = PairSketch(edge.config.sketches)
        self._model = StrongPairs.empty()
        self._changed = False
        self._refreshed_s = edge.now_s()

    def flush(self) -> None:
        """Compute the model from the latest state of every partition, and write it."""
        if not (self._active and self._changed and self._sketches):
            return
        started_s = self._edge.now_s()
        merged, evicted = self._merged, self._merged.candidates.evicted
        merged.combine([sketch for _, (sketch, _) in sorted(self._sketches.items())],
                       [self._sketches[name][0] for name in sorted(self._since)])  # fmt: skip
        model = refresh(merged, self._newest_s, self._edge.config.cohesion, self._model)
        metrics = self._edge.metrics
        metrics.refresh_s.observe(max(0.0, self._edge.now_s() - started_s))
        with metrics.flush_s.labels(self.role).time():
            self._log.write([record_of(model)])
        metrics.evicted.labels("candidates").inc(merged.candidates.evicted - evicted)
        self._record(merged, model)
        self._model, self._changed = model, False
        self._since.clear()
        self._refreshed_s = self._edge.now_s()

    def _read(self, polled: Polled) -> None:
        for record in polled:
            if state := self._assembler.add(record.key, record.value):
                if state.name in self._since and self._newest_s >= self._model.as_of_s + self._edge.step_s:
                    self.flush()
                self._take(state)
                del state  # a sketch is large, and the next one comes while this would be held
        self._edge.report_unreadable(self._assembler, self.role)

    def _act(self) -> None:
        if self._changed and self._edge.now_s() - self._refreshed_s >= self._config.cohesion.refresh_s:
            self.flush()

    def _record(self, merged: PairSketch, model: StrongPairs) -> None:
        metrics, settings = self._edge.metrics, self._edge.config.cohesion
        stayed = len(np.intersect1d(model.pairs, self._model.pairs, assume_unique=True))
        metrics.strong_changed.labels("entered").inc(len(model) - stayed)
        metrics.strong_changed.labels("left").inc(len(self._model) - stayed)
        metrics.strong.set(len(model))
        metrics.model.labels(self.role).set(model.version)
        metrics.model_at.labels(self.role).set(self._edge.now_s())
        metrics.event_time.labels(self.role).set(model.as_of_s)
        over = overcount(merged.pairs) * merged.scale_at(model.as_of_s)
        metrics.overcount.labels("pairs").set(over / settings.min_count)
        metrics.state_writes.labels(self.role).inc()

    @property
    def _newest_s(self) -> float:
        return max((newest_s for _, newest_s in self._sketches.values()), default=0.0)

    def _take_over(self, assigned: frozenset[int]) -> dict[int, int | None]:
        self._sketches.clear()
        self._since.clear()
        self._merged.candidates = Candidates(self._config.sketches.candidates)
        self._assembler = self._edge.assembler()
        if not assigned:
            return {}
        last = self._edge.states(self._config.topics.strong_pairs, MODEL.__eq__, self.role).get(MODEL)
        self._log.resume(MODEL, last)
        self._model = (last and read_model(last, self._edge, self.role)) or StrongPairs.empty()
        self._edge.metrics.restores.labels(self.role, "state" if last else "nothing").inc()
        return dict.fromkeys(assigned)

    def _take(self, state: StateRecord) -> None:
        settings = self._edge.config.sketches
        try:
            if state.meta["half_life_s"] != settings.half_life_s:
                raise ValueError(f"half-life {state.meta['half_life_s']} s")
            self._sketches[state.name] = (PairSketch.from_bytes(state.parts, settings), float(state.meta["newest_s"]))
            self._changed = True
            self._since.add(state.name)
        except UNFIT as fault:
            self._edge.metrics.state_unreadable.labels(self.role).inc()
            log.warning("sketches of partition %s are of no use here: %s", state.name, fault)
