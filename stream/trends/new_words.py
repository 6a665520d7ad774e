"""Texts of the horizon -> events: decides which candidates are announced, and follows announced words.

Each finding passes or fails the rules of `trends.gate`, the best candidates first. An announced word is published again
as rising when its count has grown by `rising_factor`, and as faded when it has fallen to `faded_share` of its peak.
State: the announced words, at most `trends.announced`, of which the one with the oldest last event is dropped first.
Everything else is a function of the finder and the event time (s); no clock is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt

import numpy as np

from sketches.hashing import U64
from stream.events.events import EMERGED, FADED, REVIVED, RISING, UNSEEN, Event, Neighbours, rounded
from stream.finder.finder import Finder
from stream.finder.finding import Finding, Look
from stream.finder.settings import DAY_S
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.text.runs import fold_word
from stream.trends.announced import Announced
from stream.trends.gate import FEW, RULES, Gate, rank
from stream.trends.stories import Carried, Place, Stories

FRAGMENT_SHARE = 0.8  # of a candidate's texts that hold an announced word around it: then it is a part of that word
PHRASE_SHARE = 1 / 3  # of an announced word's texts that hold it with one more character: no more, and it is a phrase
EXAMPLES = 3  # of the candidates that each rule stopped


@dataclass(frozen=True, slots=True)
class Standing:
    """An announced word with its present count and score."""

    word: str
    count: int
    score: float


class NewWords:
    """Announces the new words of one finder; call `finder.add` for texts and `evaluate` for events."""

    def __init__(self, settings: TrendSettings, finder: Finder, lists: WordLists, window_s: float) -> None:
        self.settings, self.finder, self.window_s = settings, finder, window_s
        self.gate = Gate(settings, lists)
        self.announced: dict[str, Announced] = {}  # by folded word, the one with the oldest last event first
        self.stories = Stories(settings.announced)
        self.stopped: dict[str, int] = dict.fromkeys(RULES, 0)
        self.stopped_words: dict[str, list[str]] = {rule: [] for rule in RULES}
        self.passed: dict[str, int] = {}
        self.first_s: float | None = None
        self._standing: list[tuple[str, int]] = []  # words and their counts
        self._now_s = 0.0

    @property
    def as_of_s(self) -> float:
        """The event time of the last evaluation."""
        return self._now_s

    @property
    def warm(self) -> bool:
        """Whether `warmup_windows` have passed since the first text."""
        need_s = self.settings.warmup_windows * self.window_s
        return self.first_s is not None and self._now_s - self.first_s >= need_s

    def evaluate(self, now_s: float, model: StrongPairs) -> list[Event]:
        """Return the events as of `now_s`: first those of announced words, then new words, the best first."""
        self._now_s = now_s
        alive = [word for word, was in self.announced.items() if was.status != FADED]
        look = self.finder.look(now_s, model, alive)
        self.gate.judged_a_day = look.judged * DAY_S / max(look.horizon_s, 1.0)
        for step, several in look.passed.items():
            self.passed[step] = self.passed.get(step, 0) + several
        events = self._life_cycle(look, alive, model)
        found = self._passing(look)
        places = self._places(found, look)
        for one in found:
            self._announce(one.shown, EMERGED, one.count)
        return events + [
            self._event(one, EMERGED, look, model.version, place) for one, place in zip(found, places, strict=True)
        ]

    def _places(self, found: Sequence[Finding], look: Look) -> Sequence[Place | None]:
        """Return the stories that new words join or begin, by the texts that hold them and the announced words."""
        if not found:
            return []
        alive = [word for word, was in self.announced.items() if was.status != FADED]
        self.stories.look(dict(zip(alive, self.finder.texts_of(alive), strict=True)))
        carried = [Carried(one.word, one.shown, one.texts) for one in found]
        return self.stories.emerge(carried, look.at_s, look.horizon_s)

    def drop(self, word: str) -> str | None:
        """Forget that a word was announced; return its spelling, None if it was not announced."""
        self.stories.fade(fold_word(word))
        was = self.announced.pop(fold_word(word), None)
        return was.spelling if was else None

    def end_history(self) -> None:
        """Turn all texts into the past.

        Announced words count as faded, so that no rise or fall of them is published.
        """
        self.finder.end_history()
        self.announced = {word: replace(was, status=FADED) for word, was in self.announced.items()}

    def standing(self) -> list[Standing]:
        """Return the announced words that had not faded at the last evaluation, highest score first."""
        standing = (Standing(word, count, score(count, 0.0)) for word, count in self._standing)
        return sorted(standing, key=lambda one: -one.score)

    def stopped_by(self, one: Finding) -> str | None:
        """Return the first rule that stops a word, as of the last evaluation; None if it would be announced."""
        if one.word in self.announced:
            return "announced"
        return self._first_failed(one) or self.gate.over_rate(one, self._now_s)

    def _passing(self, look: Look) -> list[Finding]:
        """Return the candidates that pass every rule."""
        passing: list[Finding] = []
        for one in sorted(look.found, key=lambda one: (-rank(one), one.word)):
            rule = "announced" if one.word in self.announced else self._first_failed(one, passing)
            if rule is None:
                self.gate.hear(one, self._now_s)
                rule = self.gate.over_rate(one, self._now_s)
            if rule is None:
                passing.append(one)
            else:
                self._count(rule, one.word)
        return passing

    def _first_failed(self, one: Finding, beside: Sequence[Finding] = ()) -> str | None:
        if not self.warm:
            return "warmup"
        whole_of = partial(self.announced_as, beside=beside)
        return self.gate.first_failed(one, whole_of, self.finder.is_mostly_left_out)

    def announced_as(self, one: Finding, beside: Sequence[Finding] = ()) -> str | None:
        """Return the announced word that makes a candidate redundant: a longer one around it, or it without one
        character.
        """
        return self.whole_of(one, beside) or self.core_of(one)

    def whole_of(self, one: Finding, beside: Sequence[Finding] = ()) -> str | None:
        """Return the announced word, or candidate of the same look, that surrounds a candidate in most of its texts."""
        for other in beside:
            if one.word in other.word and one.word != other.word and _share(one.texts, other.texts) >= FRAGMENT_SHARE:
                return other.word
        longer = [word for word, was in self.announced.items()
                  if was.status != FADED and one.word in word and one.word != word]  # fmt: skip
        for word, texts in zip(longer, self.finder.texts_of(longer), strict=True):
            if _share(one.texts, texts) >= FRAGMENT_SHARE:
                return word
        return None

    def core_of(self, one: Finding) -> str | None:
        """Return the announced word that a candidate extends by one character or token in few of that word's texts."""
        ends = {end for at in range(1, len(one.word)) for end in (one.word[:at], one.word[at:])}
        shorter = [word for word in sorted(ends, key=len) if _is_longer_by_one(one.word, word)
                   and (was := self.announced.get(word)) and was.status != FADED]  # fmt: skip
        for word, texts in zip(shorter, self.finder.texts_of(shorter), strict=True):
            if _share(one.texts, texts) >= FRAGMENT_SHARE and _share(texts, one.texts) <= PHRASE_SHARE:
                return word
        return None

    def _count(self, rule: str, word: str) -> None:
        self.stopped[rule] += 1
        latest = [one for one in self.stopped_words[rule] if one != word]
        self.stopped_words[rule] = [*latest, word][-EXAMPLES:]

    def _life_cycle(self, look: Look, alive: Sequence[str], model: StrongPairs) -> list[Event]:
        """Return the events of announced words whose count rose or fell enough."""
        events, self._standing = [], []
        for word, count in zip(alive, look.watched, strict=True):
            was = self.announced[word]
            if self._now_s < was.at_s:  # after a restart the past is evaluated again
                continue
            least = was.peak * self.settings.rising_factor
            risen = count >= least
            one = self.finder.describe(word, model) if risen else None
            risen = one is not None and one.count >= least  # what rose may be copies of one form
            if risen or count <= was.peak * self.settings.faded_share:
                status = RISING if risen else FADED
                one = one or self.finder.describe(word, model) or nothing_of(word, was.at_s)
                one = replace(one, shown=was.spelling)
                self.stories.look({word: one.texts})
                events.append(self._event(one, status, look, model.version, self.stories.place(word)))
                self._announce(was.spelling, status, one.count if risen else count)
            else:
                self._standing.append((word, count))
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
            self._standing.append((one.word, count))

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
    """Return the standard deviations above the expected count (SigniTrend, KDD 2014, with a Poisson deviation).

    `(x - max(mean, beta)) / (sd + beta)` with beta = 1 text and sd the root of the mean.

    >>> score(9, 0.0), score(20, 4.0)
    (8.0, 5.333333333333333)
    """
    return (count - max(expected, 1.0)) / (sqrt(expected) + 1.0)


def nothing_of(word: str, at_s: float) -> Finding:
    """Return the finding for a word that no text of the horizon holds; it was last seen at `at_s`."""
    nobody = Neighbours(0, 0.0)
    return Finding(word, word, 0, at_s, at_s, 0.0, 0.0, 0.0, 0, 0.0, None, nobody, nobody, (), (),
                   np.zeros(0, np.uint64), False, np.zeros(0, np.float32))  # fmt: skip


def _is_longer_by_one(longer: str, word: str) -> bool:
    """Whether a word is another word plus one character, or plus one separate token, on one side.

    >>> [_is_longer_by_one(word, "蛙式走") for word in ("了蛙式走", "蛙式走路", "蛙式", "蛙式走", "蛙式走姿势")]
    [True, True, False, False, False]
    >>> [_is_longer_by_one(word, "zig") for word in ("the zig", "zig fmt", "use the zig", "zigs")]
    [True, True, False, True]
    """
    if word not in longer[:-1] and word not in longer[1:]:
        return False
    if not (longer.startswith(word) or longer.endswith(word)):
        return False
    rest = longer[len(word) :] if longer.startswith(word) else longer[: -len(word)]
    apart = rest.startswith(" ") or rest.endswith(" ")
    return len(rest) == 1 or (apart and " " not in rest.strip())


def _share(texts: U64, others: U64) -> float:
    """Return the share of the sorted hashes `texts` that are in the sorted hashes `others`."""
    return float(np.isin(texts, others, assume_unique=True).mean()) if len(texts) else 0.0
