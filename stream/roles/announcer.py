"""word-counts -> new-words: folds the kept texts of all partitions, finds new words and announces them.

One process is active, the others stand by. State: a snapshot on `trend-state` (everything known except the texts of the
horizon), a record for each announcement since, and the log of kept texts after the snapshot. The texts of the horizon
are read again from that log, which is therefore kept from the first of them on.

Guarantee: a word is announced once. The record of an announcement is written before its events are sent. After a
restart, events of such records that are not at the end of `new-words` are sent, the others are not; and a word whose
event is on `new-words` counts as announced, whatever the state says. Records are ordered by the group's generation
first, so those of a replaced process are older than its successor's; and before it sends, a process asks whether it is
still the owner. After any failure it starts again from what is written.

A look is due when the horizon has grown by a hundredth (`Finder.due`), so a backlog is judged nearly as the live stream
was. Texts wait up to `PATIENCE_S` for a model of their time.
"""

import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from stream.config.weights_file import finder_arguments
from stream.errors import BrokerError
from stream.events.cloud_events import record_headers
from stream.events.events import EMERGED, HELD, Event, encode
from stream.finder.finder import Finder
from stream.kept_texts.codec import texts_of
from stream.log.protocol import Record
from stream.log.settings import CLOUDEVENTS
from stream.range_log.chain import Cursor, Judged, Ledger
from stream.range_log.messages import Part, Range, UnreadableError, read_message
from stream.range_log.reread import Portion
from stream.roles.active_standby import ActiveStandby, Fold
from stream.roles.context import UNFIT, Context
from stream.roles.event_time_buffer import decoded
from stream.roles.model_follower import ModelFollower
from stream.roles.published_events import published_events
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.state.announcer_codec import (
    INCREMENT,
    SNAPSHOT,
    events_of,
    increment_of,
    remember,
    restore,
    snapshot_of,
)
from stream.state.chunks import StateRecord
from stream.text.message_batch import READABLE
from stream.text.runs import fold_word
from stream.text.text_batch import TextBatch
from stream.trends.new_words import NewWords
from stream.verdicts.reviews import Reviews

log = logging.getLogger(__name__)
PATIENCE_S = 60.0  # so long texts wait for a model of their time
MODEL_LAG_WINDOWS = 2  # so much older than the texts a model may be
TAIL = 1000  # events of each partition of new-words that are looked at after a restart
SPACING = 200  # offsets of raw-text between two places that are noted of a partition


@dataclass(slots=True)
class Places:
    """For one input partition: at which offset of the range log the range lies that contains an offset of
    `raw-text`.
    """

    begins: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)

    def note(self, begin: int, offset: int) -> None:
        """Record that a range that begins at `begin` lies at `offset` of the log."""
        if not self.begins or begin >= self.begins[-1] + SPACING:
            self.begins.append(begin)
            self.offsets.append(offset)

    def of(self, begin: int) -> int | None:
        """Return the offset of the log from which `begin` can be read; earlier entries are forgotten."""
        at = bisect_right(self.begins, begin) - 1
        if at < 0:
            return self.offsets[0] if self.offsets else None
        del self.begins[:at], self.offsets[:at]
        return self.offsets[0]


@dataclass(slots=True, kw_only=True)
class WordsFold(Fold):
    """The fold of all kept texts."""

    trends: NewWords
    refilling: Cursor  # reads the texts of the horizon again
    refilled_to: int  # the offset of the log at which that ends
    places: dict[int, Places] = field(default_factory=dict)
    moved: bool = False  # whether anything was folded since the last look


class Announcer(ActiveStandby[WordsFold]):
    """The announcer: in the group `trend` one process with role `segment` is active."""

    role, doing = "trend", "announcing"

    def __init__(self, edge: Context, lists: WordLists, look: Callable[[float], None]) -> None:
        super().__init__(edge, edge.config.topics.word_counts, edge.config.topics.trend_state)
        topics, settings = edge.config.topics, edge.config.trends
        self._source_name = f"/{edge.config.kafka.group}"  # of CloudEvents
        names = {name: getattr(topics, name) for name in ("new_words", "held_words", "word_verdicts")}
        self._reviews = Reviews(lambda topic: edge.open_source(topic, None), edge.sink, names, settings.hold,
                                settings.announced, self._source.owned)  # fmt: skip
        self._lists, self._look = self._reviews.book.added_to(lists), look
        self._model = ModelFollower(edge, self.role)
        self._evaluated_s = edge.now_s()
        self._blocked_s: float | None = None  # since when texts wait and no model has come
        self._sequence = self._increments = 0
        self._newest_s = 0.0  # event time of the newest text

    @property
    def table(self) -> tuple[NewWords, StrongPairs] | None:
        """The words and the model, for the page; None while standing by or catching up."""
        fold = self._fold_now
        return (fold.trends, self._model.model) if fold and self._caught_up() and fold.trends.finder.texts else None

    @property
    def ready(self) -> bool:
        return super().ready and self._model.ready

    def newly_held(self) -> list[Event]:
        """Return the events that were held for reviewers since the last call; the page shows them."""
        return self._reviews.newly_held()

    def run_once(self, timeout_s: float) -> bool:
        if not self._model.ready:  # who stands by is ready too once it has seen the model
            self._follow_model(self._newest_s)
        return super().run_once(timeout_s)

    def flush(self) -> None:
        """Write nothing: what was folded since the last snapshot is folded again after a restart."""

    def close(self) -> None:
        super().close()
        self._model.close()
        self._reviews.close()

    @property
    def _fold_now(self) -> WordsFold | None:
        return next(iter(self._folds.values()), None)

    # --- taking over

    def _let_go(self) -> None:
        super()._let_go()
        self._edge.metrics.show({})

    def _restore(self, assigned: list[int]) -> Iterator[tuple[WordsFold, int | None]]:
        topic = self._config.topics.trend_state
        stored = self._edge.states(topic, lambda name: name == SNAPSHOT or name.startswith(INCREMENT), self.role)
        for name, record in stored.items():
            self._snapshots.resume(name, record)
        last = stored.pop(SNAPSHOT, None)
        if last is None:
            self._snapshots.resume(SNAPSHOT, None)
        increments = sorted(stored.values(), key=lambda record: record.next_offset)
        self._sequence = max([0, *(record.next_offset for record in (last, *increments) if record)])
        self._increments = 0
        for number in assigned[:1]:
            fold, place = self._restored(number, last)
            self._announce_again(fold, last, increments)
            yield fold, place

    def _restored(self, number: int, record: StateRecord | None) -> tuple[WordsFold, int | None]:
        trends = self._empty()
        if record is not None:
            try:
                chains = restore(trends, record)
                reached, horizon = int(record.meta.get("reached", 0)), int(record.meta.get("horizon_place", 0))
                cursor = Cursor(Ledger(chains), reached, self._edge.seal)
                keeper = self._keeper(number, record)
                self._edge.metrics.restores.labels(self.role, "state").inc()
                refilling = Cursor(Ledger(), seal=self._edge.seal)
                fold = WordsFold(number, cursor, keeper, trends=trends, refilling=refilling, refilled_to=reached)
                self._newest_s = trends.finder.latest_s
                return fold, min(horizon, int(record.meta.get("place", 0)))
            except UNFIT as fault:
                self._unfit("what was known of words", fault)
                trends = self._empty()
        self._edge.metrics.restores.labels(self.role, "nothing").inc()
        self._newest_s = 0.0
        cursor, refilling = Cursor(Ledger(), seal=self._edge.seal), Cursor(Ledger())
        keeper = self._keeper(number, None)
        return WordsFold(number, cursor, keeper, trends=trends, refilling=refilling, refilled_to=0), None

    def _empty(self) -> NewWords:
        config = self._config
        finder = Finder(*finder_arguments(config))
        return NewWords(config.trends, finder, self._lists, config.windows.length_s)

    def _announce_again(self, fold: WordsFold, last: StateRecord | None, increments: list[StateRecord]) -> None:
        """Restore the announcements since the snapshot, and send those that are not on `new-words`."""
        outbox: list[Event] = []
        for record in increments:
            try:
                events = events_of(record)
            except UNFIT as fault:
                self._unfit("an announcement", fault)
                continue
            if last is None or record.next_offset > last.next_offset:
                remember(fold.trends, events)
                outbox += events  # of several, where who wrote them was not let send
        most, topics = self._config.trends.announced, self._config.topics
        held = published_events(self._edge, most, topics.held_words).standing
        self._reviews.catch_up(held)
        published = published_events(self._edge, max(TAIL, len(outbox)) if last else most)
        wanted, _ = self._reviews.sort(outbox)  # some of it may have been refused since
        again = [event for event in wanted if encode(event) not in published.sent]
        self._send(again)
        remember(fold.trends, [*held, *published.standing])
        standing = {fold_word(event.word) for event in (*published.standing, *again)}
        for word in {fold_word(event.word) for event in outbox} - standing:
            fold.trends.drop(word)  # sent, and taken back since
        self._obey(self._reviews.unsettled(fold.trends, standing))

    # --- folding

    def _may_fold(self, record: Record) -> bool:
        """Whether the model covers the time of a record's texts; after `PATIENCE_S` the record is folded anyway."""
        fold = self._folds[record.partition]
        if record.offset < fold.refilled_to:
            return True
        newest_s = _newest_s(record, self._edge)
        self._follow_model(newest_s)
        length_s = self._config.windows.length_s * MODEL_LAG_WINDOWS
        if newest_s <= self._model.model.as_of_s + max(length_s, self._config.cohesion.refresh_s * MODEL_LAG_WINDOWS):
            self._blocked_s = None
            return True
        now_s = self._edge.now_s()
        self._blocked_s = self._blocked_s if self._blocked_s is not None else now_s
        return now_s - self._blocked_s > PATIENCE_S  # no model comes: an old model is better than no events

    def _follow_model(self, at_s: float) -> None:
        if self._model.advance(at_s):
            self._edge.metrics.model.labels(self.role).set(self._model.model.version)
            self._edge.metrics.model_at.labels(self.role).set(self._edge.now_s())

    def _fold_waiting(self) -> None:
        fold = self._fold_now
        while fold and self._waiting and self._waiting[0].offset < fold.refilled_to:
            record = self._waiting.popleft()
            fold.cursor.read(record)  # for parts of ranges that end behind
            self._refill(fold, record)
        super()._fold_waiting()

    def _refill(self, fold: WordsFold, record: Record) -> None:
        """Restore texts of the horizon from a range that the snapshot already includes."""
        met = fold.refilling.read(record)
        if not isinstance(met, Judged) or not met.body:
            return
        fold.refilling.ledger.advance(met.of.partition, met.of.end)
        try:
            fold.trends.finder.refill(texts_of(met.of, met.body, self._config.topics.raw_text))
            self._note_place(fold, met.of, record.offset)
        except UnreadableError as reason:
            fold.cursor.refuse(str(reason))

    def _note_place(self, fold: WordsFold, of: Range, offset: int) -> None:
        fold.places.setdefault(of.partition, Places()).note(of.begin, offset)

    def _fold(self, fold: WordsFold, of: Range, body: bytes) -> None:
        texts = texts_of(of, body, self._config.topics.raw_text)
        self._note_place(fold, of, fold.cursor.reached - 1)
        self._add(fold, texts)

    def _fold_again(self, fold: WordsFold, partition: int, portion: Portion) -> None:
        if portion.records is not None:
            found = decoded(self._edge, portion.records)
            self._add(fold, found.texts.chosen(found.reasons == READABLE))

    def _add(self, fold: WordsFold, texts: TextBatch) -> None:
        if not len(texts):
            return
        trends = fold.trends
        self._edge.metrics.copies.inc(trends.finder.add(texts))
        trends.first_s = float(texts.at_s.min()) if trends.first_s is None else trends.first_s
        self._newest_s = max(self._newest_s, float(texts.at_s.max()))
        fold.moved = True
        if trends.finder.due() and not self._caught_up():  # a backlog; else `_act` looks in a moment
            self._evaluate(fold)

    # --- announcing

    def _act(self) -> None:
        fold, now_s = self._fold_now, self._edge.now_s()
        if fold is None:
            return
        self._follow_verdicts(fold)
        if now_s - self._evaluated_s >= self._config.trends.evaluate_s and fold.moved:
            self._look(now_s)
            if fold.trends.finder.due():
                self._edge.give_back()
                self._evaluate(fold)
            self._record(fold)
            self._evaluated_s = now_s
        if fold.keeper.due(now_s):
            self._snapshot(fold, now_s)

    def _evaluate(self, fold: WordsFold) -> None:
        self._follow_model(self._newest_s)
        try:
            self._publish(fold.trends.evaluate(self._newest_s, self._model.model))
        except BrokerError:
            self._due = frozenset(self._folds)  # some of it may be written or sent: begin again from what is
            raise
        fold.moved = False

    def _follow_verdicts(self, fold: WordsFold) -> None:
        try:
            self._obey(self._reviews.decided(fold.trends))
        except BrokerError:
            self._due = frozenset(self._folds)  # some of it may be written or sent: begin again from what is
            raise

    def _obey(self, decided: Iterable[tuple[str, Event | None]]) -> None:
        for word, event in decided:
            if event:
                self._write([event])
                self._send([event])
            self._reviews.settle(word)

    def _publish(self, events: list[Event]) -> None:
        if not events:
            return
        announced, held = self._reviews.sort(events)
        self._edge.metrics.events.labels(HELD).inc(held)
        if announced:
            self._write(announced)
            self._send(announced)

    def _write(self, outbox: list[Event]) -> None:
        self._sequence = self._next_sequence(self._sequence)
        record = increment_of(self._increments, self._sequence, outbox)
        if not self._snapshots.knows(record.name):
            self._snapshots.resume(record.name, None)
        with self._edge.metrics.flush_s.labels(self.role).time():
            self._snapshots.write([record])
        self._increments += 1
        self._edge.metrics.state_writes.labels(self.role).inc()

    def _send(self, events: list[Event]) -> None:
        if events and not self._source.owned():
            raise BrokerError("this process may no longer be the announcer: beginning again")
        for event in events:
            headers = record_headers(event, self._source_name) if self._config.kafka.envelope == CLOUDEVENTS else ()
            self._edge.sink.send(self._config.topics.new_words, event.word.encode(), encode(event), headers)
        self._edge.sink.flush()
        metrics = self._edge.metrics
        for event in events:
            metrics.events.labels(event.status).inc()
            metrics.event_latency.observe(max(0.0, self._edge.now_s() - event.detected_at_s))
            if event.status == EMERGED:
                metrics.hearing.observe(max(0.0, event.detected_at_s - event.first_seen_s))

    def _snapshot(self, fold: WordsFold, now_s: float) -> None:
        self._sequence = self._next_sequence(self._sequence)
        with self._edge.metrics.flush_s.labels(self.role).time():
            self._edge.give_back()
            horizon = self._horizon_place(fold)
            record = snapshot_of(fold.trends, self._sequence, fold.cursor.ledger.state(), {"horizon_place": horizon})
            fold.keeper.write(record, fold.cursor, now_s, self._source.owned, horizon)
        self._increments = 0
        self._edge.metrics.state_writes.labels(self.role).inc()

    def _horizon_place(self, fold: WordsFold) -> int:
        """Return the offset of the log from which it holds all texts of the horizon."""
        needed = [fold.cursor.place]
        for (_, partition), begin in fold.trends.finder.held_from().items():
            place = fold.places[partition].of(begin) if partition in fold.places else None
            needed += [] if place is None else [place]
        return min(needed)

    def _record(self, fold: WordsFold) -> None:
        metrics, trends = self._edge.metrics, fold.trends
        standing = [one for one in trends.standing() if one.word not in self._reviews.held]
        metrics.show({one.word: one.score for one in standing[: metrics.top_words]})
        metrics.announced.set(len(trends.announced))
        metrics.event_time.labels(self.role).set(self._newest_s)


def _newest_s(record: Record, edge: Context) -> float:
    """Return the event time of the newest text of a part in seconds since 1970; 0 for any other message."""
    try:
        message = read_message(record.key, record.value, edge.seal)
    except UnreadableError:
        return 0.0
    return message.of.newest_s if isinstance(message, Part) else 0.0
