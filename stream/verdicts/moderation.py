"""Events of the flow + verdicts -> what is announced, what is held for reviewers, and what is taken back.

A word that a reviewer refused, or called part of another, is announced no more. With `hold` only accepted words are
announced; the others are held with their last event until somebody does, even one who refused them before. A verdict
takes effect when it is read: the held event of an accepted word is due then, as of now. Bounded: `most_held` words, the
longest held leave first. Pure: who reads verdicts and sends events is elsewhere (`roles.announcer` on Kafka,
`embedded.moderated` without).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from stream.events.events import EMERGED, FADED, HELD, Event
from stream.text.runs import fold_word
from stream.verdicts.verdict import ACCEPTED
from stream.verdicts.verdict_book import VerdictBook

MOST_NEWS = 1000


@dataclass(frozen=True, slots=True)
class Sorted:
    """Events by where they go; what is in neither is dropped."""

    announced: list[Event]
    held: list[Event]


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a verdict: an event to announce, words to take back, whether the word was held."""

    announce: Event | None = None
    retract: bool = False
    was_held: bool = False


class Moderation:
    """`sort` events; `decided` says what follows from a verdict: when that is done, take the word out of `held`."""

    def __init__(self, hold: bool, book: VerdictBook, most_held: int) -> None:
        self.hold, self.book, self._most_held = hold, book, most_held
        self.held: dict[str, Event] = {}
        """The last event of each held word, by the word as it is counted."""
        self._news: deque[Event] = deque(maxlen=MOST_NEWS)

    def sort(self, events: Iterable[Event]) -> Sorted:
        """Events in their order; those that are held are remembered."""
        found = Sorted([], [])
        for event in events:
            if self.book.is_unwanted(event.word):
                continue
            if not self.hold or self.book.is_accepted(event.word):
                found.announced.append(event)
            elif event.status != FADED:  # it stays to be decided, with the figures of when it was most
                found.held.append(self._keep(replace(event, status=HELD)))
        return found

    def newly_held(self) -> list[Event]:
        """Events that were held since the last call, of very many the last ones; for who shows them."""
        news = list(self._news)
        self._news.clear()
        return news

    def restore(self, events: Iterable[Event]) -> None:
        """These are held, as the topic says."""
        self.held.clear()
        for event in events:
            self._keep(event)

    def decided(self, word: str, now_s: float) -> Effect:
        """What follows now that the book has another verdict of the word, or none any more."""
        one, held = self.book.of(word), self.held.get(fold_word(word))
        if one is None:
            return Effect()
        if one.verdict != ACCEPTED:
            return Effect(retract=True, was_held=held is not None)
        if held is None:
            return Effect()
        return Effect(replace(held, status=EMERGED, detected_at_s=max(held.detected_at_s, now_s)), was_held=True)

    def _keep(self, event: Event) -> Event:
        self.held[fold_word(event.word)] = event
        self._news.append(event)
        if len(self.held) > self._most_held:
            self.held.pop(next(iter(self.held)))
        return event
