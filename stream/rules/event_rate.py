"""Candidates with a rank -> which of them to announce, so that about `trends.events_a_day` events a day come.

The threshold is learnt from the stream: of the candidates within the memory, the best `a_day` times its days pass. So
the best ones are announced, and a quiet day announces no candidates that a busy day would not.
Bounded: `MOST` candidates. Time is event time in seconds. Cost: two binary searches a candidate.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from itertools import takewhile

import numpy as np

DAY_S = 86_400.0
MEMORY_EVENTS = 30  # the memory reaches back over as many days as bring so many events, so that the threshold is steady
LEAST_DAYS, MOST_DAYS = 3.0, 90.0
MOST = 20_000


class EventRate:
    """The wanted number of events is `a_day`; with 0 or less everything passes."""

    def __init__(self, a_day: float) -> None:
        self.a_day = a_day
        self.memory_s = DAY_S * min(max(MEMORY_EVENTS / a_day if a_day > 0 else 0.0, LEAST_DAYS), MOST_DAYS)
        self.heard: dict[int, tuple[float, float]] = {}  # by key: when it was first heard, and its best rank
        self.started_s: float | None = None
        self._ranks: list[float] = []  # the best rank of each, sorted

    def hear(self, key: int, rank: float, now_s: float) -> None:
        """Record a candidate that passed every other rule."""
        if self.a_day <= 0:
            return
        self.started_s = now_s if self.started_s is None else self.started_s
        at_s, best = self.heard.get(key, (now_s, rank))
        if key in self.heard:
            del self._ranks[bisect_left(self._ranks, best)]
        self.heard[key] = at_s, max(best, rank)
        insort(self._ranks, max(best, rank))
        if len(self.heard) > MOST:
            self._forget([next(iter(self.heard))])

    def state(self) -> dict[str, bytes]:
        """Return everything learnt for `restore`, as columns of 8 bytes a candidate; empty if `a_day` is 0."""
        if self.started_s is None:
            return {}
        at_s, ranks = ([pair[which] for pair in self.heard.values()] for which in (0, 1))
        columns = {"keys": (list(self.heard), "<u8"), "at_s": (at_s, "<f8"), "ranks": (ranks, "<f8"),
                   "started_s": ([self.started_s], "<f8")}  # fmt: skip
        return {name: np.array(values, kind).tobytes() for name, (values, kind) in columns.items()}

    def restore(self, state: Mapping[str, bytes | memoryview]) -> None:
        """Load a state. Candidates older than the memory that this `a_day` needs are forgotten later.

        Raises ValueError or KeyError if it is not such a state.
        """
        if not state or self.a_day <= 0:
            return
        keys = np.frombuffer(state["keys"], "<u8")
        at_s, ranks, started_s = (np.frombuffer(state[name], "<f8") for name in ("at_s", "ranks", "started_s"))
        if not len(keys) == len(at_s) == len(ranks) <= MOST or len(started_s) != 1:
            raise ValueError("candidates with columns of different lengths")
        if not all(np.isfinite(column).all() for column in (at_s, ranks, started_s)):
            raise ValueError("candidates of no time or rank")
        self.heard = dict(zip(keys.tolist(), zip(at_s.tolist(), ranks.tolist(), strict=True), strict=True))
        self._ranks = sorted(rank for _, rank in self.heard.values())
        self.started_s = float(started_s[0])

    def passes(self, rank: float, now_s: float) -> bool:
        """Whether a candidate of that rank is among the best within the memory."""
        return self.a_day <= 0 or rank >= self.threshold(now_s)

    def threshold(self, now_s: float) -> float:
        """Return the rank that a candidate needs now; minus infinity while fewer candidates came than are wanted."""
        if self.a_day <= 0 or self.started_s is None:
            return float("-inf")
        old_s = now_s - self.memory_s
        self._forget(list(takewhile(lambda key: self.heard[key][0] <= old_s, self.heard)))
        days = min(now_s - self.started_s, self.memory_s) / DAY_S
        room = max(1, round(self.a_day * max(days, LEAST_DAYS)))
        return self._ranks[-room] if len(self._ranks) > room else float("-inf")

    def _forget(self, keys: Iterable[int]) -> None:
        for key in keys:
            del self._ranks[bisect_left(self._ranks, self.heard.pop(key)[1])]
