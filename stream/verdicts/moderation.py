"""Events and verdicts -> which events are announced, which are held for reviewers, which words are retracted.

A word that a reviewer refused or called a part of another is not announced again. With `hold` only accepted words are
announced; the others are held with their last event until a reviewer accepts them, even after a refusal. A verdict
takes effect when it is read: then the held event of an accepted word is announced, with the present time. Bounded: at
most `most_held` words, the longest held are dropped first. Pure: reading verdicts and sending events is done by
`roles.announcer` (Kafka) and `embedded.moderated` (without).
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
    """Events to announce and events to hold; all others are dropped."""

    announced: list[Event]
    held: list[Event]


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a verdict: an event to announce, whether to retract the word, whether it was held."""

    announce: Event | None = None
    retract: bool = False
    was_held: bool = False


class Moderation:
    """Sorts events, and says what follows from a changed verdict; after that is done, remove the word from `held`."""

    def __init__(self, hold: bool, book: VerdictBook, most_held: int) -> None:
        self.hold, self.book, self._most_held = hold, book, most_held
        self.held: dict[str, Event] = {}
        """The last event of each held word, by the word as it is counted."""
        self._news: deque[Event] = deque(maxlen=MOST_NEWS)

    def sort(self, events: Iterable[Event]) -> Sorted:
        """Sort events in their order, and remember those that are held."""
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
        """Return the events held since the last call (the last MOST_NEWS of them), for the page."""
        news = list(self._news)
        self._news.clear()
        return news

    def restore(self, events: Iterable[Event]) -> None:
        """Replace the held events by these, which the topic holds."""
        self.held.clear()
        for event in events:
            self._keep(event)

    def decided(self, word: str, now_s: float) -> Effect:
        """Return what follows from the present verdict on a word, which has changed or was withdrawn."""
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
