"""The announcer's side of reviewing: follows the verdicts, writes held words, retracts refused words.

A verdict takes effect in this order: the event of a refused word is deleted from new-words (a record without a value);
the held event of an accepted word is announced by the announcer, through its outbox; then the word is deleted from
held-words (a refused word stays there, because it may be accepted later). After a crash in between, `unsettled` finds
what is left to do; doing it twice changes nothing.
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
    """The reviews of one announcer.

    `owned` says whether this process may still write; if not, writing raises BrokerError.
    """

    def __init__(
        self, open_source: Callable[[str], Source], sink: Sink, topics: Mapping[str, str], hold: bool, most_held: int,
        owned: Callable[[], bool],
    ) -> None:  # fmt: skip
        """`topics` maps new_words, held_words and word_verdicts to topic names."""
        self._follower = VerdictFollower(lambda: open_source(topics["word_verdicts"]))
        self._moderation = Moderation(hold, self.book, most_held)
        self._sink, self._topics, self._owned = sink, topics, owned

    @property
    def book(self) -> VerdictBook:
        return self._follower.book

    @property
    def held(self) -> Collection[str]:
        """The held words, folded."""
        return self._moderation.held.keys()

    def newly_held(self) -> list[Event]:
        """Return the events that were held since the last call."""
        return self._moderation.newly_held()

    def catch_up(self, held: Iterable[Event]) -> None:
        """Read the verdicts and take the held events of the topic, after a takeover. Raises BrokerError."""
        self._follower.catch_up()
        self._moderation.restore(held)

    def sort(self, events: Iterable[Event]) -> tuple[list[Event], int]:
        """Write the events to be held to their topic; return those to be announced, and how many were held."""
        found = self._moderation.sort(events)
        self._give("held_words", {fold_word(event.word): encode(event) for event in found.held})
        return found.announced, len(found.held)

    def decided(self, trends: NewWords) -> Iterator[tuple[str, Event | None]]:
        """Yield each word whose verdict changed, with the event to announce or None.

        Refused words are retracted here.
        """
        for word in self._follower.poll():
            yield word, self.apply(word, trends)

    def unsettled(self, trends: NewWords, published: Collection[str]) -> Iterator[tuple[str, Event | None]]:
        """As `decided`, for verdicts that have not or not completely taken effect; `published` are folded words."""
        standing = {*published, *(was.word for was in trends.announced.values())}
        for word in [word for word in standing if self.book.is_unwanted(word)]:
            yield word, self.apply(word, trends)
        for word in [word for word in self.held if self.book.is_accepted(word)]:
            yield word, None if word in published else self.apply(word, trends)

    def apply(self, word: str, trends: NewWords) -> Event | None:
        """Retract a refused word; return the held event of an accepted one, which is to be announced now."""
        effect: Effect = self._moderation.decided(word, trends.as_of_s)
        if effect.retract:
            self._give("new_words", {trends.drop(word) or word: None})
        return effect.announce

    def settle(self, word: str) -> None:
        """Delete an accepted word from held-words; call it when its event was announced."""
        if self.book.is_accepted(word) and self._moderation.held.pop(word, None) is not None:
            self._give("held_words", {word: None})

    def close(self) -> None:
        self._follower.close()

    def _give(self, topic: str, values: Mapping[str, bytes | None]) -> None:
        if not values:
            return
        if not self._owned():
            raise BrokerError("this process may no longer be the announcer: beginning again")
        for key, value in values.items():
            self._sink.send(self._topics[topic], key.encode(), value)
        self._sink.flush()
