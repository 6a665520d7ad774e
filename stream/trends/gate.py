"""A candidate -> the first rule that it fails; a candidate that fails none is announced.

The rules are asked in the order of `RULES`. Each looks at one fact about the candidate that the finder, a word list or
the announced words know. Rules that stop most candidates (too rare, not surprising) come first. One part of `speaker`,
whether texts mostly show a word in names and links, is dear and asked behind `unlikely`.

The needed surprise depends on the number of candidates judged a day: one in a hundred reaches 10^2 by chance, and at
most one in three strings brought about by chance looks like a word. So with 10^2 for three hundred candidates a day,
and ten times that for ten times as many, chance causes about one event a day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, log10

import numpy as np

from stream.events.events import UNSEEN
from stream.finder.finding import Finding
from stream.rules.event_rate import EventRate
from stream.rules.quantities import is_quantity
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.text.hash64 import word_key

RULES = ("announced", "warmup", "rare", "usual", "seen", "denied", "known", "quantity", "speaker", "few_sources",
         "unlikely", "fragment", "rate")  # fmt: skip
"""In the order they are asked; `trends.rule_sentences` has a sentence for each."""
FEW = 2  # texts before the horizon that a new word may have been in
MANY = 300  # judged candidates a day up to which `trends.min_surprise` is enough
SETTLED = 6.0  # surprise above which chance explains nothing; more does not make a word better
# A very likely word need not wait for `min_texts`: it is announced up to two texts sooner. For each missing text it
# needs MORE_ODDS more log odds: for two missing texts 0.8 instead of 0.45. This holds only where chance alone brings at
# most BY_CHANCE candidates a day so far; of these, one in five or fewer is so likely a word.
SOONER, LEAST_TEXTS, MORE_ODDS, BY_CHANCE = 2, 3, 0.8, 5.0
# With `trends.events_a_day` these lower minima hold, and the rule `rate` chooses the best candidates.
WISH_TEXTS, WISH_SURPRISE, WISH_PROBABILITY = 3, 1.0, 0.2


@dataclass(frozen=True, slots=True)
class Bounds:
    """The minima that a candidate must reach."""

    texts: int
    surprise: float
    probability: float

    def probability_at(self, count: int) -> float:
        """Return the probability that a candidate in `count` texts needs, 2 if these are too few.

        >>> [round(Bounds(5, 2.0, 0.45).probability_at(count), 3) for count in (5, 4, 3, 2)]
        [0.45, 0.646, 0.802, 2.0]
        """
        missing = self.texts - count
        if missing <= 0:
            return self.probability
        if missing > SOONER or count < LEAST_TEXTS:
            return 2.0
        odds = self.probability / max(1 - self.probability, 1e-9) * exp(MORE_ODDS * missing)
        return odds / (1 + odds)

    def passed_by(self, count: int, surprise: float, by_chance: float, probability: float) -> bool:
        """Whether a candidate reaches all minima."""
        if surprise < self.surprise or (count < self.texts and by_chance > BY_CHANCE):
            return False
        return probability >= self.probability_at(count)


class Gate:
    """The rules, except `announced` and `warmup`, which do not depend on the finding."""

    def __init__(self, settings: TrendSettings, lists: WordLists) -> None:
        self.settings, self.lists = settings, lists
        self.rate = EventRate(settings.events_a_day)
        self._asked = "", np.zeros(1, np.uint64)  # a word and its key
        self.judged_a_day = 0.0  # candidates that were judged, of a younger stream those since it began

    @property
    def bounds(self) -> Bounds:
        """The present minima."""
        settings, more = self.settings, log10(max(1.0, self.judged_a_day / MANY))
        if settings.events_a_day > 0:
            return Bounds(WISH_TEXTS, WISH_SURPRISE + more, WISH_PROBABILITY)
        return Bounds(settings.min_texts, settings.min_surprise + more, settings.min_probability)

    def first_failed(
        self, one: Finding, whole_of: Callable[[Finding], str | None], is_name: Callable[[Finding], bool]
    ) -> str | None:
        """Return the first rule from `rare` to `fragment` that a candidate fails, None if it passes.

        `whole_of` returns the announced word that a candidate is a part of, `is_name` says whether texts mostly show it
        in names and links; both are called only if all other rules passed.
        """
        return self._chance(one) or self._listed(one) or self._form(one, whole_of, is_name)

    def _chance(self, one: Finding) -> str | None:
        least = self.bounds
        if one.count < least.texts and not least.passed_by(one.count, one.surprise, one.by_chance, one.probability):
            return "rare"
        if one.surprise < least.surprise:
            return "usual"
        return "seen" if self.settings.novelty == UNSEEN and one.earlier > FEW else None

    def _listed(self, one: Finding) -> str | None:
        if self._allows(one):
            return None
        return "denied" if self._is_in("deny", one) else "known" if self._is_in("known", one) else None

    def _form(
        self, one: Finding, whole_of: Callable[[Finding], str | None], is_name: Callable[[Finding], bool]
    ) -> str | None:
        """Check the rules that words on the allow list skip."""
        if self._allows(one):
            return None
        if is_quantity(one.word):
            return "quantity"
        if one.speaker:
            return "speaker"
        if one.sources is not None and one.sources < self.settings.min_sources:
            return "few_sources"
        if one.probability < self.bounds.probability:
            return "unlikely"
        if is_name(one):
            return "speaker"
        return "fragment" if whole_of(one) else None

    def over_rate(self, one: Finding, now_s: float) -> str | None:
        """Return `rate` if a candidate that passed the other rules is not among the best `trends.events_a_day`."""
        return None if self._allows(one) or self.rate.passes(rank(one), now_s) else "rate"

    def hear(self, one: Finding, now_s: float) -> None:
        """Record a candidate that passed all other rules, to find the rank that gives the wanted number of events."""
        if not self._allows(one):
            self.rate.hear(word_key(one.word), rank(one), now_s)

    def _allows(self, one: Finding) -> bool:
        return self._is_in("allow", one)

    def _is_in(self, which: str, one: Finding) -> bool:
        if one.word != self._asked[0]:  # the lists are asked for a word several times, one after the other
            self._asked = one.word, np.array([word_key(one.word)], np.uint64)
        return bool(getattr(self.lists, which)(self._asked[1])[0])


def rank(one: Finding) -> float:
    """Return the quality of a candidate: the log odds that it is a word plus its surprise, up to SETTLED."""
    odds = log(max(one.probability, 1e-9) / max(1 - one.probability, 1e-9))
    return odds + min(one.surprise, SETTLED)
