"""What the flow shows of itself, for the threads that answer: one immutable value at a time.

The flow hands over a snapshot (`show`); figures and curves as of now are looked up in it. Where nothing was shown yet,
or the words are with another process, there are none, and the store answers alone.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stream.text.runs import fold_word
from stream.trends.leaderboard import Shown, Snapshot


@dataclass(frozen=True, slots=True)
class Live:
    """`number` is greater for every later one; `words` by the word as it is counted."""

    number: int
    snapshot: Snapshot
    words: Mapping[str, Shown]


class LiveWords:
    """`flow` gives figures of the flow by name, for the funnel."""

    def __init__(self, window_s: float, flow: Callable[[], Mapping[str, float]] = dict,
                 now_s: Callable[[], float] = time.time) -> None:  # fmt: skip
        self.flow, self._now_s = flow, now_s
        self._empty = Snapshot(0.0, False, window_s, 0.0, ())
        self._live = Live(0, self._empty, {})

    def show(self, snapshot: Snapshot) -> None:
        """From now on this is what there is to see."""
        words = {fold_word(one.event.word): one for one in snapshot.words} if snapshot.live else {}
        same = (snapshot.words, snapshot.live) == (self._live.snapshot.words, self._live.snapshot.live)
        self._live = Live(self._live.number + (not same), snapshot, words)

    @property
    def now(self) -> Live:
        return self._live

    @property
    def as_of_s(self) -> float:
        """Event time where the flow has one, else the wall clock."""
        return self._live.snapshot.as_of_s or self._now_s()
