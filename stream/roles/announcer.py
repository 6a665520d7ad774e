"""word-counts -> new-words: the trend table, and the events. One is active, others stand by.

Announcing once: the state with the outbox is written before its events are sent; after a restart those of the outbox
that are not at the end of `new-words` are sent, the others not; and a word whose event stands there is announced,
whatever the state says, or if there is none any more. States are in order of the group's generation first,
so that what a process writes that was replaced without knowing is older than its successor's; and before it sends, it
asks whether it is still the one. After any failure it begins again from what is written.
Windows are evaluated in order of time, up to where every partition has come (one that says nothing for a while is not
waited for), so a backlog is heard as it happened; what one look brings, of however many windows, is written and sent
together. After a restart it begins with the window that was the newest, for in those before it, looked at alone, every
word announced since would seem to have faded.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stream.errors import BrokerError
from stream.events.cloud_events import record_headers
from stream.events.events import EMERGED, HELD, Event, encode
from stream.log.protocol import Polled
from stream.log.settings import CLOUDEVENTS
from stream.roles.active_standby import ActiveStandby
from stream.roles.context import UNFIT, Context
from stream.roles.model_follower import ModelFollower
from stream.roles.published_events import published_events
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.state.chunks import StateRecord
from stream.state.trend_codec import TREND, record_of_trends, remember, restore_trends
from stream.state.window_codec import whole_table
from stream.text.runs import fold_word
from stream.trends.trend_table import Trends
from stream.verdicts.reviews import Reviews
from stream.words.word_table import WordTable, merge

log = logging.getLogger(__name__)
PATIENCE_S = 60.0  # so long a partition that has fallen behind is waited for
TERM_BITS = 32  # of a state's number, those above count generations of the group, those below writes
TAIL = 1000  # events of each partition of new-words that are looked at after a restart


@dataclass(frozen=True, slots=True)
class Head:
    """How far a partition is cut: newest window, newest text, whether there is more to come, and when it said so."""

    newest: int
    newest_s: float
    behind: bool
    heard_s: float


class Announcer(ActiveStandby):
    """The active one of role `segment` that announces."""

    role, doing = "trend", "announcing"

    def __init__(self, edge: Context, lists: WordLists, look: Callable[[float], None]) -> None:
        super().__init__(edge, edge.config.topics.word_counts)
        topics, settings = edge.config.topics, edge.config.trends
        self._source_name = f"/{edge.config.kafka.group}"  # of CloudEvents
        names = {name: getattr(topics, name) for name in ("new_words", "held_words", "word_verdicts")}
        self._reviews = Reviews(lambda topic: edge.open_source(topic, None), edge.sink, names, settings.hold,
                                settings.announced, self._source.owned)  # fmt: skip
        self._lists, self._look = self._reviews.book.added_to(lists), look
        self._log = edge.state_log(edge.config.topics.trend_state)
        self._model = ModelFollower(edge, self.role)
        self._evaluated_s = edge.now_s()
        self._reset()

    @property
    def table(self) -> tuple[Trends, StrongPairs] | None:
        """What the page may look at: the trend table and the model; None while standing by or catching up."""
        return (self._trends, self._model.model) if self._active and self._trends.tables else None

    def newly_held(self) -> list[Event]:
        """Events that were held for reviewers since the last call; the page shows them."""
        return self._reviews.newly_held()

    def flush(self) -> None:
        """Write the trend state if it changed; not after a failure, for some of its words may not have been sent."""
        if self._active and self._moved and self._due is None:
            self._write([])

    def close(self) -> None:
        super().close()
        self._model.close()
        self._reviews.close()

    def _read(self, polled: Polled) -> None:
        for record in polled:
            if state := self._assembler.add(record.key, record.value):
                self._take(state)
        self._edge.report_unreadable(self._assembler, self.role)

    def _act(self) -> None:
        try:
            self._follow_verdicts()
            if not (self._heads and self._due_to_evaluate()):
                return
            self._look(self._edge.now_s())
            self._edge.give_back()
            self._evaluate()
        except BrokerError:
            self._due = self._active  # some of it may be written or sent: begin again from what is
            raise
        self._record()
        self._evaluated_s = self._edge.now_s()

    def _reset(self) -> None:
        self._trends = self._empty_trends()
        self._assembler = self._edge.assembler()
        self._pending: dict[int, dict[int, WordTable]] = {}
        self._heads: dict[int, Head] = {}
        self._sequence = 0
        self._reached = -(1 << 62)  # windows before it were looked at by who was active then, with all they held
        self._moved = False

    def _empty_trends(self) -> Trends:
        settings = self._config
        return Trends(
            settings.trends,
            settings.windows.length_s,
            self._lists,
            settings.sketches.fixed_seed,
            settings.sketches.memory_s,
        )

    def _take_over(self, assigned: frozenset[int]) -> dict[int, int | None]:
        self._reset()
        self._edge.metrics.show({})
        if not assigned:
            return {}
        last = self._edge.states(self._config.topics.trend_state, TREND.__eq__, self.role).get(TREND)
        self._log.resume(TREND, last)
        self._edge.metrics.restores.labels(self.role, "state" if last else "nothing").inc()
        self._sequence = max(self._source.term << TERM_BITS, last.next_offset if last else 0)
        self._restore(last)
        return dict.fromkeys(assigned)

    def _take(self, state: StateRecord) -> None:
        number, _, window = state.name.partition(":")
        try:
            if window:
                known = int(window) <= self._trends.folded  # it is in the baseline: half of what stands on the topic
                if state.meta["length_s"] == self._config.windows.length_s and not known:
                    self._pending.setdefault(int(window), {})[int(number)] = merge(whole_table(state))
            else:
                newest, newest_s = int(state.meta["newest"]), float(state.meta["newest_s"])
                self._heads[int(number)] = Head(newest, newest_s, bool(state.meta["behind"]), self._edge.now_s())
        except UNFIT as fault:
            self._edge.metrics.state_unreadable.labels(self.role).inc()
            log.warning("record %s of word counts is of no use: %s", state.name, fault)

    def _due_to_evaluate(self) -> bool:
        """Every `evaluate_s`; in a backlog sooner, so that no more tables wait than the horizon has."""
        if self._edge.now_s() - self._evaluated_s >= self._config.trends.evaluate_s:
            return True
        frontier = self._frontier()
        return sum(window <= frontier for window in self._pending) > self._config.trends.horizon

    def _frontier(self) -> int:
        """The newest window that all partitions have come to."""
        late_s = self._edge.now_s() - PATIENCE_S
        behind = [head.newest for head in self._heads.values() if head.behind and head.heard_s > late_s]
        return min(behind, default=max(head.newest for head in self._heads.values()))

    def _evaluate(self) -> None:
        frontier, newest_s = self._frontier(), max(head.newest_s for head in self._heads.values())
        events: list[Event] = []
        for window in sorted(number for number in self._pending if number <= frontier):
            for number, table in sorted(self._pending.pop(window).items()):
                self._trends.put(window, number, table)
            if window < self._reached:
                continue
            end_s = (window + 1) * self._config.windows.length_s
            self._model.advance(min(end_s, newest_s))
            folded = self._trends.folded
            events += self._trends.evaluate(min(end_s, newest_s), self._model.model)
            self._moved |= self._trends.folded != folded
        self._publish(events)
        if self._moved and not self._pending:
            self.flush()

    def _follow_verdicts(self) -> None:
        self._obey(self._reviews.decided(self._trends))

    def _obey(self, decided: Iterable[tuple[str, Event | None]]) -> None:
        for word, event in decided:
            self._moved = True
            if event:
                self._write([event])
                self._send([event])
            self._reviews.settle(word)

    def _publish(self, events: list[Event]) -> None:
        if not events:
            return
        announced, held = self._reviews.sort(events)
        self._edge.metrics.events.labels(HELD).inc(held)
        self._moved = True
        if announced:
            self._write(announced)
            self._send(announced)

    def _send(self, events: list[Event]) -> None:
        if events and not self._source.owned():
            raise BrokerError("not sure to be the one who announces: beginning again")
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

    def _record(self) -> None:
        metrics = self._edge.metrics
        standing = [one for one in self._trends.standing() if one.word not in self._reviews.held]
        metrics.show({one.word: one.score for one in standing[: metrics.top_words]})
        metrics.announced.set(len(self._trends.announced))
        metrics.event_time.labels(self.role).set(max(head.newest_s for head in self._heads.values()))

    def _write(self, outbox: list[Event]) -> None:
        self._sequence += 1
        record = record_of_trends(self._trends, self._sequence, outbox)
        with self._edge.metrics.flush_s.labels(self.role).time():
            self._log.write([record])
        self._edge.metrics.state_writes.labels(self.role).inc()
        self._moved = False

    def _restore(self, state: StateRecord | None) -> None:
        outbox: list[Event] = []
        try:
            if state is not None:
                outbox, self._reached = restore_trends(self._trends, state, self._config.sketches.fixed_seed)
        except UNFIT as fault:
            self._edge.metrics.state_unreadable.labels(self.role).inc()
            log.warning("trend state is of no use and built anew: %s", fault)
            self._trends, state = self._empty_trends(), None
        topics = self._config.topics
        self._reviews.catch_up(published_events(self._edge, self._config.trends.announced, topics.held_words))
        published = published_events(self._edge, max(TAIL, len(outbox)) if state else self._config.trends.announced)
        sent = {encode(event) for event in published}
        again, _ = self._reviews.sort(outbox)  # some of it may have been refused since
        self._send([event for event in again if encode(event) not in sent])
        remember(self._trends, published)
        self._obey(self._reviews.unsettled(self._trends, {fold_word(event.word) for event in published}))
