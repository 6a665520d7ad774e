"""The embedded pipeline with reviewers: events are announced, held or dropped according to the verdicts in the store.

It has `feed` and `finish` like `Pipeline`. Announced and held events are written to the store if there is one; without
a store there are no verdicts, and with `trends.hold` nothing is announced.
"""

from collections.abc import Iterable, Iterator

from stream.embedded.pipeline import Pipeline
from stream.events.events import Event, decode_event, encode
from stream.store.history import History
from stream.store.words import held_events, verdicts_of
from stream.text.message import Text
from stream.verdicts.moderation import Moderation
from stream.verdicts.verdict import Verdict
from stream.verdicts.verdict_book import VerdictBook


class Moderated:
    """For one thread at a time. `held` counts the held events."""

    def __init__(self, pipeline: Pipeline, history: History | None = None) -> None:
        self.pipeline, self.history, self.held = pipeline, history, 0
        config, book = pipeline.config, VerdictBook()
        self._moderation = Moderation(config.trends.hold, book, config.trends.announced)
        if history:
            with history.reading() as connection:
                for one in verdicts_of(connection):
                    book.put(one)
                self._moderation.restore(
                    decode_event(body) for body in held_events(connection, config.trends.announced)
                )
        pipeline.trends.gate.lists = book.added_to(pipeline.trends.gate.lists)

    def feed(self, texts: Iterable[Text]) -> Iterator[Event]:
        """Process texts; yield the events to announce."""
        return self._sorted(self.pipeline.feed(texts))

    def finish(self) -> Iterator[Event]:
        """Process the remaining texts at the end of the input; yield the events."""
        return self._sorted(self.pipeline.finish())

    def newly_held(self) -> list[Event]:
        """Return the events held since the last call."""
        return self._moderation.newly_held()

    def judge(self, one: Verdict) -> list[Event]:
        """Apply a verdict; return the events to announce now."""
        self._moderation.book.put(one)
        effect = self._moderation.decided(one.key, self.pipeline.trends.as_of_s)
        if effect.announce:
            self._moderation.held.pop(one.key)
        if effect.retract:
            self.pipeline.trends.drop(one.word)
        due = [effect.announce] if effect.announce else []
        if self.history:
            self.history.judge(one)
            self.history.add([encode(event) for event in due])
        return due

    def withdraw(self, word: str) -> None:
        """Withdraw a verdict: the word may be announced when it trends again."""
        self._moderation.book.withdraw(word)
        if self.history:
            self.history.withdraw(word)

    def _sorted(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            found = self._moderation.sort([event])
            self.held += len(found.held)
            if self.history and (found.announced or found.held):
                self.history.add([encode(one) for one in (*found.announced, *found.held)])
            yield from found.announced
