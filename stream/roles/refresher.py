"""pair-sketches -> strong-pairs: every few seconds the model of all partitions. One is active, others stand by.

The state of each partition replaces the one before (never added twice): the tables are added up anew, the candidates
of those partitions that changed join those known. The model is written whole, its version is its `next_offset`. States
that come faster than the clock, in a backlog, give a model for each step of their time.
Cost: a table addition for each partition, then a look at the first cell of each candidate pair.
"""

import logging
from collections.abc import Iterator

import numpy as np

from sketches.candidates import Candidates
from sketches.overcount import overcount
from sketches.pair_sketch import PairSketch
from stream.log.protocol import Record
from stream.roles.context import UNFIT, Context
from stream.roles.lag import Lag
from stream.segmentation.pmi_model import StrongPairs, refresh
from stream.state.chunks import Assembler, StateRecord
from stream.state.snapshots import StateLog

log = logging.getLogger(__name__)
MODEL = "model"


class Refresher:
    """Role `refresh`."""

    role = "refresh"

    def __init__(self, edge: Context) -> None:
        self._edge = edge
        self._source = edge.open_source(edge.config.topics.pair_sketches, edge.group(self.role))
        self._lag = Lag(edge, self.role, self._source)
        self._log = StateLog(edge.sink, edge.config.topics.strong_pairs)
        self._assembler = Assembler()
        self._sketches: dict[str, tuple[PairSketch, float]] = {}
        self._since: set[str] = set()  # partitions whose state came after the last model
        self._merged = PairSketch(edge.config.sketches)
        self._model = StrongPairs.empty()
        self._active = self._joined = self._changed = False
        self._due: bool | None = None  # whether to be the active one, until that is done
        self._end = 0
        self._refreshed_s = edge.now_s()

    @property
    def ready(self) -> bool:
        return self._joined

    def run_once(self, timeout_s: float) -> bool:
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            self._due = bool(polled.assigned)
        if self._due is not None:
            self._take_over(self._due)
            self._due = None
        for _, got in polled.lost.values():  # the topic was made anew: what was its end will not come
            self._end = min(self._end, got)
        for record in polled:
            if state := self._assembler.add(record.key, record.value):
                if state.name in self._since and self._newest_s >= self._model.as_of_s + self._edge.step_s:
                    self.flush()
                self._take(state)
                del state  # a sketch is large, and the next one comes while this would be held
        self._edge.report_unreadable(self._assembler, self.role)
        self._lag.report(polled)
        caught_up = self._active and (self._source.position(0) or 0) >= self._end
        due = self._edge.now_s() - self._refreshed_s >= self._edge.config.cohesion.refresh_s
        if caught_up and self._changed and due:
            self.flush()
        return bool(polled.batches)

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

    def close(self) -> None:
        self.flush()
        self._source.close()

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

    def _take_over(self, active: bool) -> None:
        self._active, self._joined = False, True
        self._sketches.clear()
        self._since.clear()
        self._merged.candidates = Candidates(self._edge.config.sketches.candidates)
        if active:
            self._assembler = Assembler()
            last = self._edge.states(self._edge.config.topics.strong_pairs, MODEL.__eq__, self.role).get(MODEL)
            self._log.resume(MODEL, last)
            self._model = (last and read_model(last, self._edge, self.role)) or StrongPairs.empty()
            self._edge.metrics.restores.labels(self.role, "state" if last else "nothing").inc()
            self._end = self._source.ends().get(0, 0)
            self._source.seek(0, None)
        self._active = active
        self._edge.metrics.active.labels(self.role).set(active)
        log.info("refreshing" if active else "standing by to refresh")

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


def record_of(model: StrongPairs) -> StateRecord:
    """The model as it stands on the topic."""
    parts = {"pairs": model.pairs.astype("<u8").tobytes(), "pmi": model.pmi.astype("<f4").tobytes(),
             "counts": model.counts.astype("<f4").tobytes(),
             "frequent": model.frequent.astype("<u8").tobytes(),
             "freedom": model.freedom.astype("<f4").tobytes()}  # fmt: skip
    return StateRecord(MODEL, model.version, parts, {"as_of_s": model.as_of_s})


def model_of(record: StateRecord) -> StrongPairs:
    """The model of a record. Raises one of `UNFIT` if it is none."""
    pairs = np.frombuffer(record.parts["pairs"], "<u8").astype(np.uint64)
    pmi, counts = (np.frombuffer(record.parts[part], "<f4").astype(np.float32) for part in ("pmi", "counts"))
    if not len(pairs) == len(pmi) == len(counts):
        raise ValueError("a model with columns of different lengths")
    frequent = np.frombuffer(record.parts.get("frequent", b""), "<u8").astype(np.uint64)  # older models have neither
    freedom = np.frombuffer(record.parts.get("freedom", b""), "<f4").astype(np.float32)
    if len(frequent) != len(freedom):
        raise ValueError("a model with columns of different lengths")
    return StrongPairs(record.next_offset, float(record.meta["as_of_s"]), pairs, pmi, counts, frequent, freedom)


def read_model(record: StateRecord, edge: Context, role: str) -> StrongPairs | None:
    """The model of a record; None, reported and counted, if it is none."""
    try:
        return model_of(record)
    except UNFIT as fault:
        edge.metrics.state_unreadable.labels(role).inc()
        log.warning("%s: the model is of no use and waited for anew: %s", role, fault)
        return None


class ModelFollower:
    """Follows the topic of the model, one model after the other; `model` is the one in use.

    Who works off a backlog takes models up in step with the texts, not the newest at once. The next one waits here,
    those polled with it as they came, all others on the topic.
    """

    def __init__(self, edge: Context) -> None:
        self._edge, self._source = edge, edge.open_source(edge.config.topics.strong_pairs, None)
        self._assembler = Assembler(MODEL.__eq__)
        self.model = StrongPairs.empty()
        self._next: StrongPairs | None = None
        self._polled: Iterator[Record] = iter(())
        self._at_end = False

    @property
    def ready(self) -> bool:
        """Whether there is a model, or the topic was read to its end and holds none yet."""
        return bool(self.model.version) or self._next is not None or self._at_end

    def advance(self, at_s: float) -> bool:
        """Take up models until one knows the texts of that time; whether there was any to take up."""
        moved = False
        while (coming := self._coming()) is not None and (self.model.as_of_s < at_s or coming.as_of_s <= at_s):
            self.model, self._next, moved = coming, None, True
        return moved

    def _coming(self) -> StrongPairs | None:
        """The model after the one in use, if it is there."""
        if self._next is None:
            self._next = self._read()
        if self._next is None:
            polled = self._source.poll(0.0)
            for partition in polled.assigned or polled.lost:  # the topic is new to us, or was made anew
                self._assembler = Assembler(MODEL.__eq__)
                self._source.seek(partition, None)
            self._polled = iter(polled)
            self._next = self._read()
            lag = self._source.lag()
            self._at_end = bool(lag) and not any(lag.values())
        return self._next

    def _read(self) -> StrongPairs | None:
        """The next model of what was polled."""
        for record in self._polled:
            state = self._assembler.add(record.key, record.value)
            model = None if state is None else read_model(state, self._edge, "segment")
            if model is None:
                continue
            if model.version > self.model.version or model.as_of_s > self.model.as_of_s:  # not one read again
                return model  # one of no pairs is one too
        return None

    def close(self) -> None:
        self._source.close()
