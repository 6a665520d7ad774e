"""What `refresh` and the announcer share: folding a range log, with one active process for each of its shards.

The consumer group is the leader election: a process that is assigned a shard is active, the others stand by. The active
process restores the last snapshot, reads the log after it, and acts only once it has reached the end that the log had
at the takeover. A range that is missing on the log, or cannot be read, is read again from `raw-text`; meanwhile the
records after it wait.

Input: the records of a range log -> output: calls of `_fold` in the order of the log, then `_act`.
Guarantee: each range is folded once or not at all. Memory: at most about MOST_WAITING records wait.
"""

import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

from stream.log.protocol import Polled, Record
from stream.range_log.chain import Cursor, Judged, Verdict
from stream.range_log.messages import Checkpoint, Marker, Range, UnreadableError
from stream.range_log.reread import Portion, Reread
from stream.range_log.snapshot_keeper import SnapshotKeeper
from stream.roles.context import Context
from stream.roles.lag import Lag
from stream.state.chunks import StateRecord
from stream.state.snapshots import StateLog

log = logging.getLogger(__name__)
MOST_WAITING = 500  # records that wait while a range is read again, or for a model of their time
REREAD_S = 0.05
TERM_BITS = 32  # of a snapshot's number, those above count generations of the group, those below writes


@dataclass(slots=True)
class Fold:
    """The state of one shard for which this process is active; `shards` is how many shards there are."""

    number: int
    cursor: Cursor
    keeper: SnapshotKeeper
    shards: int = 1


F = TypeVar("F", bound=Fold)


class ActiveStandby(ABC, Generic[F]):
    """Base of a role that folds a range log in a group."""

    role: str
    doing: str  # in log lines: "announcing"

    def __init__(self, edge: Context, topic: str, snapshots: str) -> None:
        """`topic` is the range log, `snapshots` the topic of its snapshots."""
        self._edge, self._config, self._topic = edge, edge.config, topic
        self._source = edge.open_source(topic, edge.group(self.role))
        self._lag = Lag(edge, self.role, self._source)
        self._snapshots: StateLog = edge.state_log(snapshots)
        self._folds: dict[int, F] = {}
        self._due: frozenset[int] | None = None  # assigned, and not yet restored
        self._joined = False
        self._ends: dict[int, int] = {}  # of the active shards, when they were taken over
        self._waiting: deque[Record] = deque()
        self._reread: Reread | None = None

    @property
    def ready(self) -> bool:
        return self._joined and self._lag.in_touch

    def run_once(self, timeout_s: float) -> bool:
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            self._due = polled.assigned
        if self._due is not None:
            self._change_to(self._due)
            self._due = None
            polled = Polled([], polled.assigned)  # records polled before the seek come again: taken in once
        self._note_lost(polled)
        self._waiting.extend(polled)
        held = len(self._waiting)
        self._fold_waiting()
        self._source.hold(self._folds.keys() if len(self._waiting) > MOST_WAITING else ())
        self._lag.report(polled, len(self._waiting), self._waiting[0].at_s if self._waiting else inf)
        if self._folds and self._caught_up():
            self._act()
        return bool(polled.batches) or len(self._waiting) < held

    def close(self) -> None:
        self.flush()
        self._source.close()
        self._let_go()

    @abstractmethod
    def flush(self) -> None:
        """Write what must be kept. Raises BrokerError."""

    @abstractmethod
    def _restore(self, assigned: list[int]) -> Iterable[tuple[F, int | None]]:
        """Yield the fold of each shard and the offset at which its log is read on; None is the first record."""

    @abstractmethod
    def _fold(self, fold: F, of: Range, body: bytes) -> None:
        """Fold a range. Raises UnreadableError before anything is changed."""

    @abstractmethod
    def _fold_again(self, fold: F, partition: int, portion: Portion) -> None:
        """Fold a portion of `raw-text` that was read again."""

    @abstractmethod
    def _act(self) -> None:
        """Called after each poll once everything that was on the log at the takeover is folded."""

    def _may_fold(self, record: Record) -> bool:
        """Whether a record may be folded now; if not, it and all records after it wait."""
        return True

    def _split(self, fold: F, shards: int) -> None:
        """Take note that the log has more shards than before."""
        fold.shards = shards

    def _let_go(self) -> None:
        """Drop everything that was folded."""
        self._folds = {}
        self._waiting.clear()
        self._end_reread()

    def _next_sequence(self, before: int) -> int:
        """Return the number of the next record: greater than `before`, and than any number of an earlier owner."""
        return max(self._source.term << TERM_BITS, before) + 1

    def _keeper(self, number: int, before: StateRecord | None) -> SnapshotKeeper:
        edge = self._edge
        return SnapshotKeeper(self._snapshots, edge.sink, self._topic, number, self._config.kafka.snapshot_s,
                              edge.delete_records, edge.now_s(), before, edge.seal)  # fmt: skip

    def _unfit(self, what: str, fault: Exception) -> None:
        self._edge.metrics.state_unreadable.labels(self.role).inc()
        log.warning("%s cannot be used and is built anew: %s", what, fault)

    def _change_to(self, assigned: frozenset[int]) -> None:
        self._let_go()
        self._joined = True
        self._ends = self._source.ends() if assigned else {}
        for fold, place in self._restore(sorted(assigned)) if assigned else ():
            self._folds[fold.number] = fold
            self._source.seek(fold.number, place or None)
        self._edge.metrics.active.labels(self.role).set(bool(assigned))
        log.info("%s", self.doing if assigned else f"standing by, another process is {self.doing}")

    def _note_lost(self, polled: Polled) -> None:
        """The log was deleted up to a later offset, or made anew: the end it had at the takeover may not be reached."""
        for number, (asked, got) in polled.lost.items():
            log.warning("%s, partition %d: the log no longer holds offset %d, going on at %d", self._topic, number,
                        asked, got)  # fmt: skip
            self._ends[number] = min(self._ends.get(number, got), got)
            if number in self._folds:
                self._folds[number].cursor.begin_again(got)
                self._folds[number].keeper.begin_again()

    def _caught_up(self) -> bool:
        return not self._waiting and all((self._source.position(number) or 0) >= end
                                         for number, end in self._ends.items())  # fmt: skip

    def _fold_waiting(self) -> None:
        while self._waiting and self._is_reread() and self._may_fold(self._waiting[0]):
            record = self._waiting.popleft()
            fold = self._folds[record.partition]
            met = fold.cursor.read(record)
            if not isinstance(met, Marker | Checkpoint):  # our own checkpoint is no reason for another snapshot
                fold.keeper.read(len(record.value or b""))
            if isinstance(met, Judged):
                self._met(fold, met)
        for fold in self._folds.values():
            self._report_unreadable(fold)

    def _met(self, fold: F, met: Judged) -> None:
        of = met.of
        if met.verdict is Verdict.STALE:
            self._edge.metrics.stale_ranges.labels(self.role).inc()
        if met.verdict in (Verdict.STALE, Verdict.DONE):
            return
        if of.shards > fold.shards:
            self._split(fold, of.shards)
        following = fold.cursor.ledger.following(of.partition)
        if of.begin == following and of.shards == fold.shards:
            try:
                self._fold(fold, of, met.body)
                fold.cursor.ledger.advance(of.partition, of.end)
                return
            except UnreadableError as reason:
                fold.cursor.refuse(str(reason))
        log.warning("%s, partition %d: offsets %d to %d of raw-text partition %d are missing, and are read again",
                    self._topic, fold.number, following, of.end, of.partition)  # fmt: skip
        source = self._edge.open_source(self._config.topics.raw_text, None)
        self._reread = Reread(source, of.partition, following, of.end, fold.number)

    def _is_reread(self) -> bool:
        """Read the next portion of what must be read again; whether nothing more must be."""
        if self._reread is None:
            return True
        reread, fold = self._reread, self._folds[self._reread.owner]
        if portion := reread.step(REREAD_S):
            self._fold_again(fold, reread.partition, portion)
            fold.cursor.ledger.advance(reread.partition, portion.end)
        if reread.done:
            self._edge.metrics.lost.labels("count").inc(reread.lost)
            fold.keeper.hurry()
            self._end_reread()
        return reread.done

    def _end_reread(self) -> None:
        if self._reread is not None:
            self._reread.close()
            self._reread = None

    def _report_unreadable(self, fold: F) -> None:
        if reasons := fold.cursor.unreadable:
            self._edge.metrics.state_unreadable.labels(self.role).inc(sum(reasons.values()))
            log.warning("%s: skipped messages that are not of this service: %s", self.role, dict(reasons))
            reasons.clear()
