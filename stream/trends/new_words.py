"""texts of the horizon -> events: which candidates are announced, and how announced words live on.

The finder says of every candidate what is known of it; here each passes or fails the rules of `RULES` in their order,
the best candidates first. An announced word is followed: it is published again as rising when its count has grown by
`rising_factor`, as faded when it fell to `faded_share` of its peak.
State: the announced words (bounded by `trends.announced`, those whose last event is oldest leave first). All else is a
function of the finder and the moment. Time is event time in seconds; no clock is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt

import numpy as np

from sketches.hashing import U64
from stream.events.events import EMERGED, FADED, REVIVED, RISING, UNSEEN, Event, Neighbours, rounded
from stream.finder.finder import Finder
from stream.finder.finding import Finding, Look
from stream.rules.event_rate import EventRate
from stream.rules.quantities import is_quantity
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.text.hash64 import word_key
from stream.trends.announced import Announced
from stream.trends.stories import Carried, Place, Stories

RULES = ("announced", "warmup", "rare", "usual", "seen", "denied", "known", "quantity", "speaker", "few_sources",
         "unlikely", "fragment", "rate")  # fmt: skip
"""In the order they are asked; `trends.rule_sentences` has a sentence for each."""
FEW = 2  # texts before the horizon that a new word may have been in
SETTLED = 6.0  # surprise above which chance explains nothing; more does not make a word better
FRAGMENT_SHARE = 0.8  # of a candidate's texts that hold an announced word around it: then it is a part of that word
# What is so surprising and so surely a word need not wait for `min_texts`: it is announced two texts sooner.
EARLY_TEXTS, EARLY_SURPRISE, EARLY_PROBABILITY = 3, 5.0, 0.8
# With a wish for more events than come by themselves, the bounds of what may be announced at all are lower.
WISH_TEXTS, WISH_SURPRISE, WISH_PROBABILITY = 3, 1.0, 0.2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an announced word stands now."""

    word: str
    count: int
    score: float


class NewWords:
    """`add` texts, `evaluate` events. The finder is given; nobody else may feed it."""

    def __init__(self, settings: TrendSettings, finder: Finder, lists: WordLists, window_s: float) -> None:
        self.settings, self.finder, self.lists, self.window_s = settings, finder, lists, window_s
        self.rate = EventRate(settings.events_a_day)
        self.announced: dict[str, Announced] = {}  # by folded word, the one with the oldest last event first
        self.stories = Stories(settings.announced)
        self.stopped: dict[str, int] = dict.fromkeys(RULES, 0)
        self.stopped_words: dict[str, list[str]] = {rule: [] for rule in RULES}
        self.first_s: float | None = None
        self._standing: list[Standing] = []
        self._now_s = 0.0

    @property
    def as_of_s(self) -> float:
        """Event time of the last evaluation."""
        return self._now_s

    @property
    def warm(self) -> bool:
        """Whether `warmup_windows` went by since the first text."""
        need_s = self.settings.warmup_windows * self.window_s
        return self.first_s is not None and self._now_s - self.first_s >= need_s

    def evaluate(self, now_s: float, model: StrongPairs) -> list[Event]:
        """Events as of now: of announced words first, then of new ones, the best first."""
        self._now_s = now_s
        alive = [word for word, was in self.announced.items() if was.status != FADED]
        look = self.finder.look(now_s, model, alive)
        events = self._life_cycle(look, alive, model)
        found = self._passing(look)
        places = self._places(found, look)
        for one in found:
            self._announce(one.shown, EMERGED, one.count)
        return events + [
            self._event(one, EMERGED, look, model.version, place) for one, place in zip(found, places, strict=True)
        ]

    def _places(self, found: Sequence[Finding], look: Look) -> list[Place]:
        """The stories that new words join or begin, by the texts that hold them and the words announced now."""
        if not found:
            return []
        alive = [word for word, was in self.announced.items() if was.status != FADED]
        self.stories.look(dict(zip(alive, self.finder.texts_of(alive), strict=True)))
        return self.stories.emerge([Carried(one.word, one.shown, one.texts) for one in found], look.at_s, look.horizon_s)

    def refuse(self, words: Iterable[str]) -> None:
        """Forget words that a reviewer refused: nothing more is published of them."""
        for word in words:
            self.stories.fade(word)
            if (was := self.announced.get(word)) is not None:
                self.announced[word] = replace(was, status=FADED)

    def end_history(self) -> None:
        """What was found so far is no news, and nobody will be told that it rises or fades."""
        self.announced = {word: replace(was, status=FADED) for word, was in self.announced.items()}

    def standing(self) -> list[Standing]:
        """The words announced that have not faded, as of the last evaluation, highest score first."""
        return sorted(self._standing, key=lambda one: -one.score)

    def stopped_by(self, one: Finding) -> str | None:
        """The first rule that stops a word, as of the last evaluation; None for one that is to be announced."""
        if one.word in self.announced:
            return "announced"
        return self._first_failed(one)

    def _passing(self, look: Look) -> list[Finding]:
        """The candidates that pass every rule."""
        passing: list[Finding] = []
        for one in sorted(look.found, key=rank, reverse=True):
            if one.word in self.announced:
                continue
            rule = self._first_failed(one, passing)
            if rule is None:
                passing.append(one)
            else:
                self._count(rule, one.word)
        return passing

    def _first_failed(self, one: Finding, beside: Sequence[Finding] = ()) -> str | None:
        settings = self.settings
        if not self.warm:
            return "warmup"
        least_texts, least_surprise, least_probability = self.bounds
        allowed = self._listed(one, "allow")
        if one.count < (min(EARLY_TEXTS, least_texts) if _is_clear(one) else least_texts):
            return "rare"
        if one.surprise < least_surprise:
            return "usual"
        if settings.novelty == UNSEEN and one.earlier > FEW:
            return "seen"
        if self._listed(one, "deny") and not allowed:
            return "denied"
        if self._listed(one, "known") and not allowed:
            return "known"
        if allowed:
            return None
        if is_quantity(one.word):
            return "quantity"
        if one.speaker:
            return "speaker"
        if one.sources is not None and one.sources < settings.min_sources:
            return "few_sources"
        if one.probability < least_probability:
            return "unlikely"
        if self.whole_of(one, beside):
            return "fragment"
        self.rate.hear(word_key(one.word), rank(one), self._now_s)
        return None if self.rate.passes(rank(one), self._now_s) else "rate"

    @property
    def bounds(self) -> tuple[int, float, float]:
        """Least texts, surprise and probability of what may be announced."""
        settings = self.settings
        if settings.events_a_day > 0:
            return WISH_TEXTS, WISH_SURPRISE, WISH_PROBABILITY
        return settings.min_texts, settings.min_surprise, settings.min_probability

    def whole_of(self, one: Finding, beside: Sequence[Finding] = ()) -> str | None:
        """The announced word, or candidate announced with it, that is around it in nearly all of its texts."""
        for other in beside:
            if one.word in other.word and one.word != other.word and _share(one.texts, other.texts) >= FRAGMENT_SHARE:
                return other.word
        longer = [word for word, was in self.announced.items()
                  if was.status != FADED and one.word in word and one.word != word]  # fmt: skip
        for word, texts in zip(longer, self.finder.texts_of(longer), strict=True):
            if _share(one.texts, texts) >= FRAGMENT_SHARE:
                return word
        return None

    def _listed(self, one: Finding, which: str) -> bool:
        keys = np.array([word_key(one.word)], np.uint64)
        return bool(getattr(self.lists, which)(keys)[0])

    def _count(self, rule: str, word: str) -> None:
        self.stopped[rule] += 1
        self.stopped_words[rule] = [*self.stopped_words[rule], word][-3:]

    def _life_cycle(self, look: Look, alive: Sequence[str], model: StrongPairs) -> list[Event]:
        """Events of announced words whose count rose or fell enough."""
        events, self._standing = [], []
        for word, count in zip(alive, look.watched, strict=True):
            was = self.announced[word]
            if self._now_s < was.at_s:  # after a restart the past is evaluated again
                continue
            risen = count >= was.peak * self.settings.rising_factor
            if risen or count <= was.peak * self.settings.faded_share:
                status = RISING if risen else FADED
                one = self.finder.describe(word, model) or nothing_of(word, was.at_s)
                one = replace(one, shown=was.spelling)
                self.stories.look({word: one.texts})
                events.append(self._event(one, status, look, model.version, self.stories.place(word)))
                self._announce(was.spelling, status, count)
            else:
                self._standing.append(Standing(word, count, score(count, 0.0)))
        return events

    def _announce(self, shown: str, status: str, count: int) -> None:
        one = Announced.of(shown, status, self._now_s, count)
        self.announced.pop(one.word, None)
        while len(self.announced) >= self.settings.announced:
            self.announced.pop(next(iter(self.announced)))
        self.announced[one.word] = one
        if status == FADED:
            self.stories.fade(one.word)
        else:
            self._standing.append(Standing(one.word, count, score(count, 0.0)))

    def _event(self, one: Finding, status: str, look: Look, version: int, place: Place | None) -> Event:
        return rounded(
            Event(
                word=one.shown,
                status=status,
                detected_at_s=self._now_s,
                first_seen_s=one.first_s,
                window_s=look.horizon_s,
                count=one.count,
                baseline=one.expected,
                score=score(one.count, one.expected),
                novelty=UNSEEN if one.earlier <= FEW else REVIVED,
                cohesion=one.links,
                left=one.left,
                right=one.right,
                sources=one.sources,
                examples=one.examples,
                model=version,
                earlier=one.earlier,
                story=place.story if place else None,
                related=place.related if place else (),
            )
        )


def score(count: int, expected: float) -> float:
    """Standard deviations above what was expected, by SigniTrend (KDD 2014) with the deviation of a Poisson count.

    `(x - max(mean, beta)) / (sd + beta)` with beta = 1 text and sd the root of the mean.

    >>> score(9, 0.0), score(20, 4.0)
    (8.0, 5.333333333333333)
    """
    return (count - max(expected, 1.0)) / (sqrt(expected) + 1.0)


def rank(one: Finding) -> float:
    """How good a candidate is: the log odds that it is a word, plus the surprise up to where chance is settled."""
    odds = log(max(one.probability, 1e-9) / max(1 - one.probability, 1e-9))
    return odds + min(one.surprise, SETTLED)


def nothing_of(word: str, at_s: float) -> Finding:
    """What is known of a word that no text of the horizon holds; it was seen at `at_s`."""
    nobody = Neighbours(0, 0.0)
    return Finding(word, word, 0, at_s, at_s, 0.0, 0.0, 0, 0.0, None, nobody, nobody, (), (), np.zeros(0, np.uint64),
                   False, np.zeros(0, np.float32))  # fmt: skip


def _is_clear(one: Finding) -> bool:
    return one.surprise >= EARLY_SURPRISE and one.probability >= EARLY_PROBABILITY


def _share(texts: U64, others: U64) -> float:
    """The share of sorted hashes that are among other sorted hashes."""
    return float(np.isin(texts, others, assume_unique=True).mean()) if len(texts) else 0.0
