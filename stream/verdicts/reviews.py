"""What the announcer has to do with reviewers: follows the verdicts, holds words back, takes words back.

A verdict takes effect in this order: what is taken back gets a record without a value on new-words; an event that was
held is announced (by the announcer, with its outbox); then the held record gets one without a value (that of a refused
word stays, for somebody may think again). After a crash in between `unsettled` finds what is left to do, and a second
time it changes nothing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from stream.errors import BrokerError
from stream.events.events import Event, encode
from stream.log.protocol import Sink, Source
from stream.text.runs import fold_word
from stream.trends.new_words import NewWords
from stream.verdicts.moderation import Effect, Moderation
from stream.verdicts.verdict_book import VerdictBook
from stream.verdicts.verdict_follower import VerdictFollower


class Reviews:
    """`owned` says whether this process may still write: where it may not, what would send raises BrokerError."""

    def __init__(
        self, open_source: Callable[[str], Source], sink: Sink, topics: Mapping[str, str], hold: bool, most_held: int,
        owned: Callable[[], bool],
    ) -> None:  # fmt: skip
        """`topics` has the names of new_words, held_words and word_verdicts."""
        self._follower = VerdictFollower(lambda: open_source(topics["word_verdicts"]))
        self._moderation = Moderation(hold, self.book, most_held)
        self._sink, self._topics, self._owned = sink, topics, owned

    @property
    def book(self) -> VerdictBook:
        return self._follower.book

    @property
    def held(self) -> Collection[str]:
        """Words that wait, as they are counted."""
        return self._moderation.held.keys()

    def newly_held(self) -> list[Event]:
        """Events that were held since the last call."""
        return self._moderation.newly_held()

    def catch_up(self, held: Iterable[Event]) -> None:
        """At a takeover: what the topics hold."""
        self._follower.catch_up()
        self._moderation.restore(held)

    def sort(self, events: Iterable[Event]) -> tuple[list[Event], int]:
        """The events to be announced, and how many were held: those stand on their topic then."""
        found = self._moderation.sort(events)
        self._give("held_words", {fold_word(event.word): encode(event) for event in found.held})
        return found.announced, len(found.held)

    def decided(self, trends: NewWords) -> Iterator[tuple[str, Event | None]]:
        """Words whose verdict changed, with the event to be announced now, if any. What was to be taken back is."""
        for word in self._follower.poll():
            yield word, self.apply(word, trends)

    def unsettled(self, trends: NewWords, published: Collection[str]) -> Iterator[tuple[str, Event | None]]:
        """As `decided`, for verdicts that had no effect yet, or not all; `published` are words as they are counted."""
        standing = {*published, *(was.word for was in trends.announced.values())}
        for word in [word for word in standing if self.book.is_unwanted(word)]:
            yield word, self.apply(word, trends)
        for word in [word for word in self.held if self.book.is_accepted(word)]:
            yield word, None if word in published else self.apply(word, trends)

    def apply(self, word: str, trends: NewWords) -> Event | None:
        """Take back what is refused; the event that is due of a word that was held."""
        effect: Effect = self._moderation.decided(word, trends.as_of_s)
        if effect.retract:
            self._give("new_words", {trends.drop(word) or word: None})
        return effect.announce

    def settle(self, word: str) -> None:
        """All that follows from its verdict is done."""
        if self.book.is_accepted(word) and self._moderation.held.pop(word, None) is not None:
            self._give("held_words", {word: None})

    def close(self) -> None:
        self._follower.close()

    def _give(self, topic: str, values: Mapping[str, bytes | None]) -> None:
        if not values:
            return
        if not self._owned():
            raise BrokerError("not sure to be the one who announces: beginning again")
        for key, value in values.items():
            self._sink.send(self._topics[topic], key.encode(), value)
        self._sink.flush()
