"""History -> the states with which `run` begins, so that its first day is like any other.

The law of state holds: history is a record named `history` on pair-sketches, the fold of all its texts, which never
changes again. A shard without a snapshot begins with it; so what the service counts is still a fold of its own log and
can be rebuilt. The trend state is a fold in the order of time, of which history is the first part. This only holds
before the service has counted a text, so a service with a state of its own is refused.

The texts go through the embedded pipeline; the words it announces are stored as announced but not published.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing

from stream.embedded.pipeline import Pipeline
from stream.errors import NewWordsError
from stream.events.events import Event
from stream.roles.context import Context
from stream.roles.refresher import HISTORY
from stream.rules.word_lists import WordLists
from stream.state.announcer_codec import SNAPSHOT, snapshot_of
from stream.state.chunks import StateRecord
from stream.text.message import Text

ORIGIN: dict[str, str | int | float] = {"origin": HISTORY}
NOTHING_BEHIND = {"needed": 0, "place": 0, "reached": 0, "horizon_place": 0}  # no log of kept texts belongs to it
LOOKS, LOOK_S = 50, 0.2  # for the topic of tallies
HINT = "history comes before its first start, or under other topics (topics.pair_sketches …)"


class Backfill:
    """Feed texts in the order of time, then call `end`. Raises NewWordsError if the service has run already.

    It may be repeated with another history, which replaces the earlier one.
    """

    def __init__(self, edge: Context, lists: WordLists) -> None:
        self._edge = edge
        topics = edge.config.topics
        self._sketches = edge.states(topics.pair_sketches, lambda _: True, HISTORY)
        self._trend = edge.states(topics.trend_state, SNAPSHOT.__eq__, HISTORY).get(SNAPSHOT)
        if self._sketches.keys() - {HISTORY} or self._any_tallies():
            raise NewWordsError(f"{topics.pair_sketches}: the service has counted texts already; {HINT}")
        if self._trend is not None and self._trend.meta.get("origin") != HISTORY:
            raise NewWordsError(f"{topics.trend_state}: the service has a past of its own already; {HINT}")
        self.pipeline = Pipeline(edge.config, lists)
        self.first_s, self.newest_s = float("inf"), 0.0

    def feed(self, texts: Iterable[Text]) -> Iterator[Event]:
        """Process texts; yield the events that would have been published."""
        batch = list(texts)
        for text in batch:
            self.first_s, self.newest_s = min(self.first_s, text.at_s), max(self.newest_s, text.at_s)
        yield from self.pipeline.feed(batch)

    def end(self) -> Iterator[Event]:
        """Process the last texts, yield their events, then write both states.

        Raises NewWordsError, and writes nothing, if there was no text.
        """
        if self.newest_s == 0.0:
            raise NewWordsError("no text with a time in it: no history was written")
        yield from self.pipeline.finish()
        self.pipeline.trends.end_history()
        # The trend state comes last: a crash in between leaves a history that can be done again.
        topics, sketches = self._edge.config.topics, self._sketches.get(HISTORY)
        self._write(topics.pair_sketches, self._sketch_record(_next(sketches)), sketches)
        trends = snapshot_of(self.pipeline.trends, _next(self._trend), meta=ORIGIN | NOTHING_BEHIND)
        self._write(topics.trend_state, trends, self._trend)

    def _any_tallies(self) -> bool:
        """Whether the role `count` has written anything; a partition without a known end is empty."""
        with closing(self._edge.open_source(self._edge.config.topics.tallies, None)) as source:
            for _ in range(LOOKS):
                if source.poll(LOOK_S).assigned:
                    return any(source.ends().values())
        return False

    def _write(self, topic: str, record: StateRecord, before: StateRecord | None) -> None:
        log = self._edge.state_log(topic)
        log.resume(record.name, before)
        log.write([record])

    def _sketch_record(self, sequence: int) -> StateRecord:
        sketch, totals = self.pipeline.sketch, self.pipeline.totals
        meta: dict[str, str | int | float] = {
            "half_life_s": sketch.settings.half_life_s, "newest_s": self.newest_s, "total_texts": totals.texts,
            "total_characters": totals.characters, "total_pairs": totals.pairs,
        }  # fmt: skip
        return StateRecord(HISTORY, sequence, sketch.stored(), meta | ORIGIN)


def _next(before: StateRecord | None) -> int:
    return before.next_offset + 1 if before else 1
