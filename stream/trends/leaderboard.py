"""events + trend table -> the board: the words of late, each with its figures as of now and its curve.

What the page and `watch` show. Events come from the topic (or the embedded pipeline), figures from the trend table of
whoever announces; without one a word stands with the figures of its last event and without a curve.
Bounded: `capacity` words, those whose last event is oldest leave first, and `CURVE` windows a word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import orjson

from stream.events.events import FADED, Event, encode, iso
from stream.text.hash64 import word_key
from stream.text.runs import fold_word
from stream.trends.trend_table import Trends
from stream.words.windows import window_counts

CURVE = 60  # windows


@dataclass(frozen=True, slots=True)
class Shown:
    """A word on the board. `event` is its latest; `curve` is texts in each window, oldest first."""

    event: Event
    first_seen_s: float
    count: int
    score: float
    curve: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The board at a moment, best word first; an immutable value, so that other threads may have it.

    `live` tells whether figures and curves are as of `as_of_s`; the curves end at `curve_to_s`.
    """

    as_of_s: float
    live: bool
    window_s: float
    curve_to_s: float
    words: tuple[Shown, ...]


@dataclass(slots=True)
class _Word:
    key: int
    event: Event
    first_seen_s: float
    count: int
    score: float
    curve: dict[int, int] = field(default_factory=dict)


class Leaderboard:
    """`add` events, `follow` a trend table, `snapshot` what there is to see."""

    def __init__(self, capacity: int, window_s: float) -> None:
        self.capacity, self.window_s = capacity, window_s
        self._words: dict[str, _Word] = {}  # by folded word, the one with the oldest last event first
        self._newest = 0

    def add(self, events: Iterable[Event]) -> None:
        """Events in order; a word's later one replaces the one before."""
        for event in events:
            name = fold_word(event.word)
            word = self._words.pop(name, None) or _Word(word_key(name), event, event.first_seen_s, 0, 0.0)
            word.event, word.count, word.score = event, event.count, event.score
            word.first_seen_s = min(word.first_seen_s, event.first_seen_s)
            self._words[name] = word
            if len(self._words) > self.capacity:
                del self._words[next(iter(self._words))]

    def remove(self, word: str) -> None:
        """It was taken back."""
        self._words.pop(fold_word(word), None)

    def follow(self, trends: Trends) -> None:
        """Take figures and curves from the table that announces. Cost: one look-up a window for all words."""
        windows = sorted(trends.tables)
        if not windows or not self._words:
            return
        words = list(self._words.values())
        keys = np.array([trends.counted_as(word.key) for word in words], np.uint64)
        counts, _, scores = trends.figures(keys)
        for word, count, score in zip(words, counts.tolist(), scores.tolist(), strict=True):
            word.count, word.score = int(count), round(score, 3)
        for window in windows:
            texts = window_counts(list(trends.tables[window].values()), keys)
            for word, several in zip(words, texts.tolist(), strict=True):
                word.curve[window] = int(several)
        self._newest = windows[-1]
        for word in words:
            for window in [window for window in word.curve if window <= self._newest - CURVE]:
                del word.curve[window]

    def snapshot(self, as_of_s: float, live: bool) -> Snapshot:
        """Those that trend before those that have faded, each by score."""
        shown = [
            Shown(word.event, word.first_seen_s, word.count, word.score, self._curve(word) if live else ())
            for word in self._words.values()
        ]
        shown.sort(key=lambda one: (one.event.status == FADED, -one.score, -one.event.detected_at_s))
        return Snapshot(as_of_s, live, self.window_s, (self._newest + 1) * self.window_s, tuple(shown))

    def _curve(self, word: _Word) -> tuple[int, ...]:
        """From the first window that is known of it to the newest; a window without any text has no table."""
        first = min(word.curve, default=self._newest + 1)
        return tuple(word.curve.get(window, 0) for window in range(first, self._newest + 1))


def by_story(words: Iterable[Shown]) -> list[tuple[Shown, ...]]:
    """The words of each story, in their order, the stories in order of the first; a word without one is by itself."""
    stories: dict[str, list[Shown]] = {}
    for one in words:
        stories.setdefault(one.event.story or f"\0{one.event.word}", []).append(one)
    return [tuple(several) for several in stories.values()]


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON; each word with its event as it stands on the topic, and which words are one story."""
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
