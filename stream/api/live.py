"""The pipeline's last snapshot for the threads that answer requests: one immutable value at a time.

`show` replaces the snapshot; one thread calls it, the pipeline's on Kafka and the page's in `replay --serve`. Requests
take a word's current count and score from it; its curves are copied to the store, from which requests read them. If
there is no snapshot, or another process is the announcer, answers come from the store alone.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stream.text.runs import fold_word
from stream.trends.leaderboard import Shown, Snapshot


@dataclass(frozen=True, slots=True)
class Live:
    """One snapshot: `number` increases with each change; `words` has its words by their folded form."""

    number: int
    snapshot: Snapshot
    words: Mapping[str, Shown]


class LiveWords:
    """The last snapshot. `flow` returns figures of the pipeline by name, for the funnel."""

    def __init__(self, window_s: float, flow: Callable[[], Mapping[str, float]] = dict,
                 now_s: Callable[[], float] = time.time) -> None:  # fmt: skip
        self.flow, self._now_s = flow, now_s
        self._empty = Snapshot(0.0, False, window_s, 0.0, ())
        self._live = Live(0, self._empty, {})

    def show(self, snapshot: Snapshot) -> None:
        """Replace the snapshot."""
        words = {fold_word(one.event.word): one for one in snapshot.words} if snapshot.live else {}
        same = (snapshot.words, snapshot.live) == (self._live.snapshot.words, self._live.snapshot.live)
        self._live = Live(self._live.number + (not same), snapshot, words)

    @property
    def now(self) -> Live:
        return self._live

    @property
    def as_of_s(self) -> float:
        """The event time of the snapshot in seconds since 1970; the wall clock without one."""
        return self._live.snapshot.as_of_s or self._now_s()
