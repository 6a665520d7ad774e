"""The events of two runs over the same texts -> word by word, when each run announced it.

Words that differ in letter case only are the same word. Only the first event of a word is compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from stream.events.events import EMERGED, Event, encode
from stream.text.runs import fold_word


@dataclass(frozen=True, slots=True)
class Compared:
    """What this run and the other announced of a word; None for nothing, but not in both."""

    word: str
    this: Event | None
    other: Event | None

    @property
    def first_s(self) -> float:
        """When the first of them announced it."""
        return min(event.detected_at_s for event in (self.this, self.other) if event)

    @property
    def score(self) -> float:
        """The greater of both scores."""
        return max(event.score for event in (self.this, self.other) if event)


def compare(this: Iterable[Event], other: Iterable[Event]) -> list[Compared]:
    """Return every word that either run announced, in the order in which it was first announced."""
    ours, theirs = _emerged(this), _emerged(other)
    pairs = ((ours.get(key), theirs.get(key)) for key in ours | theirs)
    compared = [Compared(event.word, our, their) for our, their in pairs if (event := our or their)]
    return sorted(compared, key=lambda both: (both.first_s, both.word))


def encode_compared(both: Compared) -> bytes:
    """Return one line of JSON without the newline: the word, and the event of each run or null."""
    events = {
        name: None if event is None else orjson.Fragment(encode(event))
        for name, event in (("this", both.this), ("other", both.other))
    }
    return orjson.dumps({"word": both.word, **events})


def _emerged(events: Iterable[Event]) -> dict[str, Event]:
    first: dict[str, Event] = {}
    for event in events:
        if event.status == EMERGED:
            first.setdefault(fold_word(event.word), event)
    return first
