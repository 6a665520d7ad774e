"""words -> trends: which words are in many more texts now than their past explains, stand free, and are new.

`x` is the number of distinct texts with the word in the recent horizon (the last `horizon` windows, the open one
included); mean and deviation come from the windows before it. The score is SigniTrend's (KDD 2014):
`(x - max(mean, beta)) / (sd + beta)`. Every rule that can stop a word has a name in `RULES`; `explain` reports the
first.
State is a fold over window tables: a table replaces the one of its window and partition, and a window that leaves the
horizon goes into the baseline once. Bounded: `horizon` tables a partition, fixed sketches, `announced` words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.decayed_moments import DecayedMoments
from sketches.hashing import U64
from stream.events.events import EMERGED, FADED, REVIVED, RISING, UNSEEN, Event, rounded
from stream.rules.daily_limit import DailyLimit
from stream.rules.evidence import Evidence, Gathered
from stream.rules.filters import Filters, Moment
from stream.rules.settings import TrendSettings
from stream.rules.significance import Chance
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.text.hash64 import word_key
from stream.text.runs import fold_word
from stream.words.windows import window_counts
from stream.words.word_table import WordTable, merge

RULES = ("announced", "warmup", "rare", "usual", "denied", "known", "quantity", "few_sources", "truncated",
         "old_links", "glued", "dominated", "unbound", "fragment", "unlikely", "chance", "budget")  # fmt: skip
"""In the order they are asked; `stages.explain` has a sentence for each."""


@dataclass(slots=True)
class Announced:
    """A word that was announced: the status, time and peak count it was last published with.

    `shown` is how it was written when it emerged, for all its events have one key; empty where that is the word.
    `counted` is the key its texts are counted by (`Evidence.counted`).
    """

    word: str
    status: str
    at_s: float
    peak: int
    counted: int
    shown: str = ""

    @classmethod
    def of(cls, shown: str, status: str, at_s: float, peak: int, counted: int) -> "Announced":
        """Of a word as it was written."""
        word = fold_word(shown)
        return cls(word, status, at_s, peak, counted, "" if shown == word else shown)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an announced word stands now."""

    word: str
    count: int
    score: float


class Trends:
    """The trend table. `put` tables in, `evaluate` events out."""

    def __init__(
        self, settings: TrendSettings, window_s: float, lists: WordLists, seed: int, memory_s: float = inf
    ) -> None:
        """`memory_s`: so far back the counts of links reach."""
        self.settings, self.window_s, self.lists, self.memory_s = settings, window_s, lists, memory_s
        self.chance = Chance(settings.max_chance)
        self.budget = DailyLimit(settings.max_events_a_day)
        self.tables: dict[int, dict[int, WordTable]] = {}
        self.moments = DecayedMoments(
            settings.baseline_rows, settings.baseline_width, seed, settings.half_life_windows * window_s
        )
        self.announced: dict[int, Announced] = {}
        self.folded = -(1 << 62)  # the newest window that is in the baseline
        self.oldest: int | None = None
        self._dirty: set[tuple[int, int]] = set()
        self._latest = (np.zeros(0, np.uint64), np.zeros(0), np.zeros(0))  # keys, counts, scores last looked at
        self._now_s = 0.0

    def put(self, window: int, partition: int, table: WordTable) -> None:
        """Replace the table of a window and partition; one that is in the baseline already stays as it is."""
        if window <= self.folded:
            return
        self.oldest = window if self.oldest is None else min(self.oldest, window)
        self.tables.setdefault(window, {})[partition] = table
        self._dirty.add((window, partition))

    def evaluate(self, now_s: float, model: StrongPairs) -> list[Event]:
        """Events as of now, best first; the words that changed since the last call are looked at."""
        self._now_s = now_s
        self._fold_old()
        dirty = [self.tables[window][part].keys for window, part in sorted(self._dirty) if window in self.tables]
        self._dirty.clear()
        watched = np.array([was.counted for was in self.announced.values() if was.status != FADED], np.uint64)
        keys = np.unique(np.concatenate([*dirty, watched]))
        counts = window_counts(self._all_tables(), keys)
        baseline, score = self._scores(keys, counts)
        self._latest = keys, counts, score
        events = [*self._life_cycle(now_s, model)]
        if not self.warm:
            return events
        found = []
        fit = np.flatnonzero((counts >= self.settings.min_texts) & (score >= self.settings.min_score))
        fit = fit[self._unheard(keys[fit])]
        if not len(fit):  # mostly
            return events
        judge = self._judge(keys[fit], model)
        fit = fit[self.lists.news(keys[fit]) | judge.parts()]
        for row in fit[np.argsort(-score[fit], kind="stable")].tolist():
            one = judge.evidence(int(keys[row]), int(counts[row]), float(baseline[row]), float(score[row]))
            if one.stopped_by == "truncated":
                one = judge.grown(one) or one
            if one.key in self.announced or (one.grown and not self._is_news(one.key)):
                continue  # two pieces grow into one word
            if one.stopped_by is not None:
                continue
            self.chance.note(one.key, one.p)
            if self._is_chance(one):
                continue
            self.budget.hear(one.key, one.score, now_s)
            if self.budget.has_room(one.score, now_s):
                found.append(one)
                self.budget.spend(now_s)
                self._announce(one, EMERGED, now_s)
        return events + [self._event(one, EMERGED, now_s, model) for one in found]

    def end_history(self) -> None:
        """All that was heard so far is the past: its last windows too are baseline now, its words are no news, and as
        nobody was told that they came, nobody will be told that they rise or go.
        """
        self._fold_until(max(self.tables, default=self.folded))
        for was in self.announced.values():
            was.status = FADED

    def drop(self, word: str) -> str | None:
        """Forget that a word was announced. How it was written, None if it was not."""
        was = self.announced.pop(word_key(fold_word(word)), None)
        return (was.shown or was.word) if was else None

    def standing(self) -> list[Standing]:
        """The words announced that have not faded, as of the last evaluation, highest score first."""
        keys, counts, scores = self._latest
        figures = dict(zip(keys.tolist(), zip(counts.tolist(), scores.tolist(), strict=True), strict=True))
        alive = [Standing(was.word, int(figures[was.counted][0]), figures[was.counted][1])
                 for was in self.announced.values() if was.status != FADED and was.counted in figures]  # fmt: skip
        return sorted(alive, key=lambda one: -one.score)

    def explain(self, word: str, model: StrongPairs) -> Evidence:
        """What is known of a word, and the first rule that stops it."""
        key = word_key(fold_word(word))
        counted = np.array([self.counted_as(key)], np.uint64)
        counts, baseline, score = self.figures(counted)
        judge = self._judge(counted, model)
        evidence = judge.evidence(int(counted[0]), int(counts[0]), float(baseline[0]), float(score[0]))
        if evidence.key != key:
            evidence = replace(judge.grown(evidence) or evidence, word=word, key=key)
        return replace(evidence, word=evidence.word or word, stopped_by=self._stopped_by(evidence))

    def counted_as(self, key: int) -> int:
        """The key that the texts of a word are counted by: its own, but for one announced that grew out of a piece."""
        was = self.announced.get(key)
        return was.counted if was else key

    def figures(self, keys: U64) -> tuple[F64, F64, F64]:
        """(keys,) each: texts within the horizon, how many of them were expected, and the score, as of now."""
        counts = window_counts(self._all_tables(), keys)
        return counts, *self._scores(keys, counts)

    def facet(self, word: str, kind: int) -> dict[int, int]:
        """Values of one kind of facet (`words.LEFT`…) of a word within the horizon, with their counts."""
        key = word_key(fold_word(word))
        return Gathered(self._all_tables(), np.array([key], np.uint64)).facets(key, kind)

    @property
    def as_of_s(self) -> float:
        """Event time of the last evaluation."""
        return self._now_s

    @property
    def warm(self) -> bool:
        """Whether enough windows went by to know what is usual."""
        return self.oldest is not None and self.folded - self.oldest >= self.settings.warmup_windows

    def _all_tables(self) -> list[WordTable]:
        return [table for window in sorted(self.tables) for _, table in sorted(self.tables[window].items())]

    def _fold_old(self) -> None:
        self._fold_until(max(self.tables, default=self.folded) - self.settings.horizon)

    def _fold_until(self, last: int) -> None:
        for window in sorted(self.tables):
            if window > last:
                break
            table = merge([table for _, table in sorted(self.tables.pop(window).items())])
            self.moments.add_window(table.keys, table.texts.astype(np.float64), window * self.window_s)
            self.folded = window

    def _scores(self, keys: U64, counts: F64) -> tuple[F64, F64]:
        mean, variance = self.moments.mean_and_variance(keys)
        horizon, beta = self.settings.horizon, self.settings.beta
        # A mean from few windows is itself uncertain: two standard errors of a Poisson count are allowed for.
        past = max(self.moments.effective_windows, 1.0)
        upper = (mean * past + 2 * np.sqrt(mean * past + 1) + 2) / past * horizon
        score: F64 = (counts - np.maximum(upper, beta)) / (np.sqrt(variance * horizon) + beta)
        return mean * horizon, score

    def _judge(self, keys: U64, model: StrongPairs) -> Filters:
        def standing() -> Iterator[str]:
            return (was.word for was in self.announced.values() if was.status != FADED)

        windows = max(self.tables, default=0) - (self.oldest or 0) + 1
        span_s, seen_s = self.settings.horizon * self.window_s, min(windows * self.window_s, self.memory_s)
        moment = Moment(self.settings, self.lists, model, standing, self._now_s, span_s, seen_s)
        return Filters(self._all_tables(), keys, moment)

    def _unheard(self, keys: U64) -> npt.NDArray[np.bool_]:
        """(n,) which words are not announced, nor what a word that is announced is counted by."""
        heard = {was.counted for was in self.announced.values()} | self.announced.keys()
        return np.fromiter((key not in heard for key in keys.tolist()), bool, len(keys))

    def _is_news(self, key: int) -> bool:
        return bool(self.lists.news(np.array([key], np.uint64))[0])

    def _stopped_by(self, one: Evidence) -> str | None:
        keys = np.array([one.key], np.uint64)
        if one.key in self.announced:
            return "announced"
        if not self.warm:
            return "warmup"
        if one.count < self.settings.min_texts:
            return "rare"
        if one.score < self.settings.min_score:
            return "usual"
        if not self._is_news(one.key):
            return "denied" if self.lists.deny(keys)[0] else "known"
        if one.stopped_by or self._is_chance(one):
            return one.stopped_by or "chance"
        return None if self.budget.has_room(one.score, self._now_s) else "budget"

    def _is_chance(self, one: Evidence) -> bool:
        allowed = self.lists.allow(np.array([one.key], np.uint64))[0]
        return not (allowed or self.chance.passes(one.p))

    def _life_cycle(self, now_s: float, model: StrongPairs) -> list[Event]:
        """Events of the words that were announced, by the figures last looked at."""
        events = []
        keys, counts, scores = self._latest
        alive = [(key, was) for key, was in self.announced.items() if was.status != FADED]
        rows = np.searchsorted(keys, np.array([was.counted for _, was in alive], np.uint64))
        for row, (key, was) in zip(rows.tolist(), alive, strict=True):
            if now_s < was.at_s:  # after a restart the past is looked at again
                continue
            count = int(counts[row])
            risen = count >= was.peak * self.settings.rising_factor
            if risen or count <= was.peak * self.settings.faded_share:
                baseline = float(self._scores(keys[row : row + 1], counts[row : row + 1])[0][0])
                judge = self._judge(keys[row : row + 1], model)
                evidence = judge.evidence(was.counted, count, baseline, float(scores[row]))
                if was.counted != key:
                    evidence = replace(judge.grown(evidence) or evidence, key=key)
                evidence = replace(evidence, word=was.shown or was.word, first_s=evidence.first_s or was.at_s)
                status = RISING if risen else FADED
                self._announce(evidence, status, now_s)
                events.append(self._event(evidence, status, now_s, model))
        return events

    def _announce(self, one: Evidence, status: str, now_s: float) -> None:
        self.announced.pop(one.key, None)  # the table is in order of the last event: the oldest leave first
        while len(self.announced) >= self.settings.announced:
            self.announced.pop(next(iter(self.announced)))
        self.announced[one.key] = Announced.of(one.word, status, now_s, one.count, one.counted)

    def _event(self, one: Evidence, status: str, now_s: float, model: StrongPairs) -> Event:
        links = model.links(fold_word(one.word))
        return rounded(
            Event(
                word=one.word,
                status=status,
                detected_at_s=now_s,
                first_seen_s=one.first_s,
                window_s=self.window_s,
                count=one.count,
                baseline=one.baseline,
                score=one.score,
                novelty=UNSEEN if one.baseline < self.settings.beta else REVIVED,
                cohesion=tuple(link if np.isfinite(link) else None for link in links),
                left=one.left,
                right=one.right,
                sources=one.sources,
                examples=one.examples,
                model=model.version,
            )
        )
