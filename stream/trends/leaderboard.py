"""Events and announced words -> the leaderboard: recent words, each with its current count and its curve.

The page and `watch` show it. Events come from the topic (or the embedded pipeline), current counts from the process
that is the announcer; without it a word has the figures of its last event and no curve.
Bounded: `capacity` words, of which the one with the oldest last event is dropped first, and `CURVE` counts a word.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

import numpy as np
import orjson

from stream.events.events import FADED, Event, encode, iso
from stream.text.runs import fold_word
from stream.trends.new_words import NewWords, score

CURVE = 60  # counts: the horizon in so many parts at most, each of a usual length and none of them begun before it
STEPS_S = (0.1, 0.2, 0.5, *(step * unit for unit in (1, 60) for step in (1, 2, 5, 10, 15, 30)),
           *(step * 3600 for step in (1, 2, 3, 6, 12)), 86400)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A word on the board. `event` is its latest; `curve` counts the texts in each part of the horizon, oldest first.

    Parts begin at multiples of their length, so that later curves continue with the same parts.
    """

    event: Event
    first_seen_s: float
    count: int
    score: float
    curve: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The board at one moment, best word first; immutable, so that other threads may use it.

    `live` says whether counts and curves are as of `as_of_s`; curves end at `curve_to_s`, a count spans `window_s`.
    """

    as_of_s: float
    live: bool
    window_s: float
    curve_to_s: float
    words: tuple[Shown, ...]


@dataclass(slots=True)
class _Word:
    event: Event
    first_seen_s: float
    count: int
    score: float
    curve: tuple[int, ...] = ()


class Leaderboard:
    """Collects events with `add`, current counts with `follow`, and returns the board with `snapshot`."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._words: dict[str, _Word] = {}  # by folded word, the one with the oldest last event first
        self._part_s, self._until_s = 0.0, 0.0

    def add(self, events: Iterable[Event]) -> None:
        """Add events in order; a later event of a word replaces the earlier one."""
        for event in events:
            name = fold_word(event.word)
            word = self._words.pop(name, None) or _Word(event, event.first_seen_s, 0, 0.0)
            word.event, word.count, word.score = event, event.count, event.score
            word.first_seen_s = min(word.first_seen_s, event.first_seen_s)
            self._words[name] = word
            if len(self._words) > self.capacity:
                del self._words[next(iter(self._words))]

    def remove(self, word: str) -> None:
        """Remove a word whose event was retracted."""
        self._words.pop(fold_word(word), None)

    def follow(self, trends: NewWords) -> None:
        """Update counts and curves from the texts of the horizon. Cost: one pass over them for all words."""
        horizon_s = trends.finder.horizon_s
        if not self._words or not horizon_s:
            return
        self._part_s = round_step(horizon_s / CURVE)
        first, last = ceil((trends.as_of_s - horizon_s) / self._part_s), ceil(trends.as_of_s / self._part_s)
        edges, self._until_s = np.arange(first, last + 1) * self._part_s, last * self._part_s
        for word, at_s in zip(self._words.values(), trends.finder.times_of(list(self._words)), strict=True):
            word.count, word.score = len(at_s), round(score(len(at_s), word.event.baseline), 3)
            word.curve = _without_leading_zeros(np.histogram(at_s, edges)[0].tolist())

    def snapshot(self, as_of_s: float, live: bool) -> Snapshot:
        """Return the board: words that have not faded before those that have, each by score."""
        shown = [
            Shown(word.event, word.first_seen_s, word.count, word.score, word.curve if live else ())
            for word in self._words.values()
        ]
        shown.sort(key=lambda one: (one.event.status == FADED, -one.score, -one.event.detected_at_s))
        return Snapshot(as_of_s, live, self._part_s, self._until_s, tuple(shown))


def round_step(seconds: float) -> float:
    """Return the least usual duration of at least `seconds`: 1, 2, 5, 10, 15 or 30 seconds or minutes, hours, days."""
    return next((step for step in STEPS_S if step >= seconds), float(ceil(seconds / 86400) * 86400))


def _without_leading_zeros(counts: list[int]) -> tuple[int, ...]:
    first = next((place for place, count in enumerate(counts) if count), len(counts))
    return tuple(counts[first:])


def by_story(words: Iterable[Shown]) -> list[tuple[Shown, ...]]:
    """Group words by story, in the order of the first word of each; a word without a story is its own group."""
    stories: dict[str, list[Shown]] = {}
    for one in words:
        stories.setdefault(one.event.story or f"\0{one.event.word}", []).append(one)
    return [tuple(several) for several in stories.values()]


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Encode as JSON: each word with its event as on the topic, and the words of each story."""
    return orjson.dumps(
        {
            "as_of": iso(snapshot.as_of_s),
            "live": snapshot.live,
            "window_s": snapshot.window_s,
            "curve_to": iso(snapshot.curve_to_s),
            "words": [_fields(one) for one in snapshot.words],
            "stories": [
                {"story": story[0].event.story, "words": [one.event.word for one in story]}
                for story in by_story(snapshot.words)
            ],
        }
    )


def _fields(one: Shown) -> dict[str, object]:
    return {
        "event": orjson.Fragment(encode(one.event)),
        "first_seen": iso(one.first_seen_s),
        "count": one.count,
        "score": one.score,
        "curve": one.curve,
    }
