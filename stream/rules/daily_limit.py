"""words that are news -> those there is room for, where no more than so many a day are wanted.

The threshold follows the stream: of the words heard within a day those of the highest scores pass, so a quiet day lets
through what a loud one does not. Never more than the budget within any day. A word that finds no room stays a candidate
and passes when its score has grown, or the louder ones have had their day.
Bounded: `MEMORY` words. Time is event time, seconds.
"""

from heapq import nlargest

DAY_S = 86_400.0
MEMORY = 10_000


class DailyLimit:
    """`a_day` events within a day at most; 0 for as many as there are."""

    def __init__(self, a_day: int) -> None:
        self.a_day = a_day
        self.heard: dict[int, tuple[float, float]] = {}  # by key: when it was last heard, and its score
        self.spent_s: list[float] = []  # when the last day's events were announced

    def hear(self, key: int, score: float, now_s: float) -> None:
        """Learn of a word that passed every other rule."""
        if not self.a_day:
            return
        self.heard.pop(key, None)
        while len(self.heard) >= MEMORY:
            del self.heard[next(iter(self.heard))]
        self.heard[key] = now_s, score

    def has_room(self, score: float, now_s: float) -> bool:
        """Whether a word of that score may be announced."""
        return not self.a_day or (len(self._spent(now_s)) < self.a_day and score >= self.threshold(now_s))

    def spend(self, now_s: float) -> None:
        """One event is announced."""
        if self.a_day:
            self.spent_s = [*self._spent(now_s), now_s]

    def threshold(self, now_s: float) -> float:
        """The score a word needs: that of the last for whom there was room, of all words heard within a day."""
        scores = [score for at_s, score in self.heard.values() if at_s > now_s - DAY_S]
        return min(nlargest(self.a_day, scores), default=0.0) if len(scores) > self.a_day else 0.0

    def _spent(self, now_s: float) -> list[float]:
        return [at_s for at_s in self.spent_s if at_s > now_s - DAY_S]
