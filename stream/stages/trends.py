"""words -> trends: which words are in many more texts now than their past explains, stand free, and are new.

`x` is the number of distinct texts with the word in the recent horizon (the last `horizon` windows, the open one
included); mean and deviation come from the windows before it. The score is SigniTrend's (KDD 2014):
`(x - max(mean, beta)) / (sd + beta)`. Every rule that can stop a word has a name in `RULES`; `explain` reports the
first.
State is a fold over window tables: a table replaces the one of its window and partition, and a window that leaves the
horizon goes into the baseline once. Bounded: `horizon` tables a partition, fixed sketches, `announced` words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import inf

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.moments import Moments
from stream.stages.chance import Chance, p_value
from stream.stages.cohesion import StrongPairs
from stream.stages.events import EMERGED, FADED, REVIVED, RISING, UNSEEN, Event, Neighbours, rounded
from stream.stages.parts import part_rule, weak_links
from stream.stages.phrases import is_quantity
from stream.stages.runs import fold_word
from stream.stages.windows import window_counts
from stream.stages.words import EXAMPLES, LEFT, RIGHT, SOURCE, Example, WordTable, merge, word_key

RULES = ("announced", "warmup", "rare", "usual", "denied", "known", "quantity", "few_sources", "truncated", "old_links",
         "glued", "dominated", "unbound", "fragment", "chance")  # fmt: skip
"""In the order they are asked; `stages.explain` has a sentence for each."""
FAR_FROM_CHANCE = 1e-6  # a word of such a p-value is news even if its links are old
Lookup = Callable[[U64], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class TrendSettings:
    horizon: int = 15
    min_texts: int = 8
    min_score: float = 5.0
    beta: float = 1.0
    half_life_windows: float = 1440.0
    warmup_windows: int = 60
    max_neighbour_share: float = 0.7
    max_link_age: float = 2.5
    max_part_ratio: float = 4.0
    min_bound: float = 0.7
    max_chance: float = 0.4
    min_sources: int = 0
    baseline_rows: int = 4
    baseline_width: int = 1 << 18
    announced: int = 100_000
    rising_factor: float = 3.0
    faded_share: float = 0.1
    evaluate_s: float = 1.0

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        least = {
            "horizon": 1, "min_texts": 1, "min_score": 0, "beta": 1e-9, "half_life_windows": 1e-9, "warmup_windows": 0,
            "min_sources": 0, "baseline_rows": 1, "baseline_width": 16, "announced": 1,
            "max_link_age": 1e-9, "max_part_ratio": 1, "max_chance": 0,
            "rising_factor": 1, "faded_share": 0, "evaluate_s": 0,
        }  # fmt: skip
        wrong = [(key, f"must be at least {floor}") for key, floor in least.items() if getattr(self, key) < floor]
        if not 0 < self.max_neighbour_share <= 1:
            wrong.append(("max_neighbour_share", "must be in (0, 1]"))
        if not 0 <= self.min_bound <= 1:
            wrong.append(("min_bound", "must be in [0, 1]"))
        return wrong


@dataclass(slots=True)
class Announced:
    """A word that was announced: the status, time and peak count it was last published with.

    `shown` is how it was written when it emerged, for all its events have one key; empty in states of before.
    """

    word: str
    status: str
    at_s: float
    peak: int
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an announced word stands now."""

    word: str
    count: int
    score: float


@dataclass(frozen=True, slots=True)
class Lists:
    """What is known beforehand; each a look-up of word keys."""

    known: Lookup
    deny: Lookup
    allow: Lookup

    @classmethod
    def none(cls) -> "Lists":
        def nothing(keys: U64) -> npt.NDArray[np.bool_]:
            return np.zeros(len(keys), bool)

        return cls(nothing, nothing, nothing)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one word as of now; `stopped_by` is the first rule it fails, or None.

    `p` is the p-value of `chance.p_value`, `weak` where weak links cut it: nowhere for a piece.
    """

    word: str
    key: int
    count: int
    first_s: float
    baseline: float
    score: float
    left: Neighbours
    right: Neighbours
    sources: int | None
    examples: tuple[Example, ...]
    p: float = 1.0
    weak: tuple[int, ...] = ()
    stopped_by: str | None = None


class Trends:
    """The trend table. `put` tables in, `evaluate` events out."""

    def __init__(
        self, settings: TrendSettings, window_s: float, lists: Lists, seed: int, memory_s: float = inf
    ) -> None:
        """`memory_s`: so far back the counts of links reach."""
        self.settings, self.window_s, self.lists, self.memory_s = settings, window_s, lists, memory_s
        self.chance = Chance(settings.max_chance)
        self.tables: dict[int, dict[int, WordTable]] = {}
        self.moments = Moments(
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
        watched = np.array([key for key, was in self.announced.items() if was.status != FADED], np.uint64)
        keys = np.unique(np.concatenate([*dirty, watched])) if dirty else np.unique(watched)
        counts = window_counts(self._all_tables(), keys)
        baseline, score = self._scores(keys, counts)
        self._latest = keys, counts, score
        events = [*self._life_cycle(keys, counts, baseline, score, now_s, model)]
        if not self.warm:
            return events
        fit = (counts >= self.settings.min_texts) & (score >= self.settings.min_score)
        fit &= ~np.fromiter((int(key) in self.announced for key in keys), bool, len(keys))
        fit &= ~(self.lists.known(keys) | self.lists.deny(keys)) | self.lists.allow(keys)
        found = []
        for row in np.flatnonzero(fit)[np.argsort(-score[fit], kind="stable")].tolist():
            evidence = self._evidence(int(keys[row]), int(counts[row]), float(baseline[row]), float(score[row]), model)
            if evidence.stopped_by is not None:
                continue
            self.chance.note(evidence.key, evidence.p)
            if not self._is_chance(evidence):
                found.append(evidence)
                self._announce(evidence, EMERGED, now_s)
        return events + [self._event(one, EMERGED, now_s, model) for one in found]

    def end_history(self) -> None:
        """All that was heard so far is the past: its last windows too are baseline now, its words are no news, and as
        nobody was told that they came, nobody will be told that they rise or go.
        """
        self._fold_until(max(self.tables, default=self.folded))
        for was in self.announced.values():
            was.status = FADED

    def standing(self) -> list[Standing]:
        """The words announced that have not faded, as of the last evaluation, highest score first."""
        keys, counts, scores = self._latest
        alive = {key: was.word for key, was in self.announced.items() if was.status != FADED}
        rows = np.flatnonzero(np.isin(keys, np.fromiter(alive, np.uint64, len(alive))))
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        return [Standing(alive[int(keys[row])], int(counts[row]), float(scores[row])) for row in rows.tolist()]

    def explain(self, word: str, model: StrongPairs) -> Evidence:
        """What is known of a word, and the first rule that stops it."""
        key = word_key(fold_word(word))
        counts, baseline, score = self.figures(np.array([key], np.uint64))
        evidence = self._evidence(key, int(counts[0]), float(baseline[0]), float(score[0]), model)
        return replace(evidence, word=evidence.word or word, stopped_by=self._stopped_by(evidence))

    def figures(self, keys: U64) -> tuple[F64, F64, F64]:
        """(keys,) each: texts within the horizon, how many of them were expected, and the score, as of now."""
        counts = window_counts(self._all_tables(), keys)
        return counts, *self._scores(keys, counts)

    def facet(self, word: str, kind: int) -> dict[int, int]:
        """Values of one kind of facet (`words.LEFT`…) of a word within the horizon, with their counts."""
        key = word_key(fold_word(word))
        return _facets([(table, 0) for table in self._all_tables()], key, kind)

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

    def _evidence(self, key: int, count: int, baseline: float, score: float, model: StrongPairs) -> Evidence:
        rows = [(table, row) for table in self._all_tables() if (row := table.row(key)) is not None]
        rows.sort(key=lambda found: float(found[0].first_s[found[1]]))
        left, right, sources = (_facets(rows, key, kind) for kind in (LEFT, RIGHT, SOURCE))
        examples = [example for table, row in rows for example in table.examples(row)]
        first = rows[0] if rows else None
        word = str(first[0].words[first[1]]) if first else ""
        weak = weak_links(fold_word(word), model)
        evidence = Evidence(
            word=word,
            key=key,
            count=count,
            first_s=float(first[0].first_s[first[1]]) if first else 0.0,
            baseline=baseline,
            score=score,
            left=_neighbours(left),
            right=_neighbours(right),
            sources=len(sources) or None,
            examples=tuple(examples[:EXAMPLES]),
            p=self._p_value(fold_word(word), rows, model),
            weak=tuple(weak),
        )
        return replace(evidence, stopped_by=self._spot(evidence, model))

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
        if not self.lists.allow(keys)[0]:
            if self.lists.deny(keys)[0]:
                return "denied"
            if self.lists.known(keys)[0]:
                return "known"
        return one.stopped_by or ("chance" if self._is_chance(one) else None)

    def _is_chance(self, one: Evidence) -> bool:
        allowed = self.lists.allow(np.array([one.key], np.uint64))[0]
        return not (allowed or self.chance.passes(one.p))

    def _p_value(self, word: str, rows: list[tuple[WordTable, int]], model: StrongPairs) -> float:
        span_s = self.settings.horizon * self.window_s
        mentions = [(min(1.0, max(0.0, self._now_s - float(table.first_s[row])) / span_s), int(table.texts[row]))
                    for table, row in rows]  # fmt: skip
        if not mentions:
            return 1.0
        total_age = sum(age * texts for age, texts in mentions) - min(mentions)[0]
        seen_s = min((max(self.tables) - (self.oldest or 0) + 1) * self.window_s, self.memory_s)
        return p_value(sum(texts for _, texts in mentions), total_age, model.rarest_link(word), span_s / seen_s)

    def _spot(self, one: Evidence, model: StrongPairs) -> str | None:
        """The first rule about its form and surroundings that stops a word."""
        folded = fold_word(one.word)
        if self.lists.allow(np.array([one.key], np.uint64))[0]:
            return None
        if is_quantity(folded):
            return "quantity"
        if one.sources is not None and one.sources < self.settings.min_sources:
            return "few_sources"
        settings, compound = self.settings, bool(one.weak)
        # Of two pieces more is asked: they are beside one another in many a phrase.
        most = settings.max_neighbour_share / 2 if compound else settings.max_neighbour_share
        if max(one.left.top_share, one.right.top_share) > most:
            return "truncated"
        rarest = model.rarest_link(folded)
        old = np.isfinite(rarest) and rarest > settings.max_link_age * one.count
        if old and not compound and one.p > FAR_FROM_CHANCE:
            return "old_links"
        if len(one.weak) > 1:
            return "unbound"
        seam = one.weak[0] if compound else None
        texts = partial(window_counts, self._all_tables())
        if rule := part_rule(folded, one.count, seam, texts, settings.max_part_ratio, settings.min_bound):
            return rule
        if any(folded in was.word and was.word != folded and was.status != FADED for was in self.announced.values()):
            return "fragment"
        return None

    def _life_cycle(
        self, keys: U64, counts: F64, baseline: F64, score: F64, now_s: float, model: StrongPairs
    ) -> list[Event]:
        events = []
        for row, key in enumerate(keys.tolist()):
            was = self.announced.get(key)
            if was is None or now_s < was.at_s:  # after a restart the past is looked at again
                continue
            count = int(counts[row])
            risen = was.status != FADED and count >= was.peak * self.settings.rising_factor
            gone = was.status != FADED and count <= was.peak * self.settings.faded_share
            if risen or gone:
                evidence = self._evidence(key, count, float(baseline[row]), float(score[row]), model)
                evidence = replace(evidence, word=was.shown or was.word, first_s=evidence.first_s or was.at_s)
                status = RISING if risen else FADED
                self._announce(evidence, status, now_s)
                events.append(self._event(evidence, status, now_s, model))
        return events

    def _announce(self, one: Evidence, status: str, now_s: float) -> None:
        self.announced.pop(one.key, None)  # the table is in order of the last event: the oldest leave first
        while len(self.announced) >= self.settings.announced:
            self.announced.pop(next(iter(self.announced)))
        self.announced[one.key] = Announced(fold_word(one.word), status, now_s, one.count, one.word)

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


def _facets(rows: list[tuple[WordTable, int]], key: int, kind: int) -> dict[int, int]:
    summed: dict[int, int] = {}
    for table, _ in rows:
        for value, count in table.facet(key, kind).items():
            summed[value] = summed.get(value, 0) + count
    return summed


def _neighbours(facets: dict[int, int]) -> Neighbours:
    """An edge (value 0) is nobody: it is free, and counts for no share."""
    total = sum(facets.values())
    named = [count for value, count in facets.items() if value]
    return Neighbours(len(named), round(max(named) / total, 4) if named else 0.0)
