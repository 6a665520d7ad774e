"""a word + a rule -> the fact that the rule looks at, in a plain sentence with its figures and its setting.

First whether it can be a word at all: one run, no longer than a word may be, and no link that cuts it. Then the rules
of `trends` in their order: those before the one that stopped it are passed, those after it were not asked.
"""

from dataclasses import dataclass

import numpy as np

from stream.events.events import iso
from stream.rules.evidence import Evidence
from stream.segmentation.pmi_model import CohesionSettings, StrongPairs
from stream.text.hash64 import word_key, word_keys
from stream.text.runs import SEPARATOR, Alphabet
from stream.trends.trend_table import RULES, Trends

FORM = ("unbroken", "length", "piece")
"""What is asked before the rules of `trends`."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two neighbours. `state`: strong, weak (cut apart), token (letters, digits: never cut), separate (no run)."""

    left: str
    right: str
    state: str
    pmi: float | None
    count: float | None


@dataclass(frozen=True, slots=True)
class Check:
    """One rule. `passed` is None where it was not asked, because one before it stopped the word."""

    rule: str
    passed: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What an explanation needs besides the trend table."""

    cohesion: CohesionSettings
    max_length: int
    max_compound: int
    alphabet: Alphabet


@dataclass(frozen=True, slots=True)
class Case:
    """One word before the rules. Each rule has a method of its name: the fact it looks at, in a sentence."""

    word: str
    evidence: Evidence
    links: tuple[Link, ...]
    trends: Trends
    model: StrongPairs
    rulebook: Rulebook

    def form(self) -> str | None:
        """The first of `FORM` that it fails."""
        states = {link.state for link in self.links}
        if "separate" in states or not _counts(self.word, self.rulebook.alphabet):
            return "unbroken"
        if not 2 <= len(self.word) <= self.rulebook.max_length:
            return "length"
        weak = [link.state for link in self.links].count("weak")
        longest = self.rulebook.max_compound
        return "piece" if weak > 1 or (weak and not 3 <= len(self.word) <= longest) else None

    def checks(self, stopped_by: str | None) -> tuple[Check, ...]:
        asked = (*FORM, *RULES)
        end = asked.index(stopped_by) if stopped_by in asked else len(asked)
        passed = [True if place < end else False if place == end else None for place in range(len(asked))]
        return tuple(
            Check(rule, fate, "not asked" if fate is None else getattr(self, rule)(not fate))
            for rule, fate in zip(asked, passed, strict=True)
        )

    def unbroken(self, failed: bool) -> str:
        return (
            "holds a character that separates words (text.scripts)" if failed else "is one run of countable characters"
        )

    def length(self, failed: bool) -> str:
        return f"has {len(self.word)} characters; 2 to {self.rulebook.max_length} make a word (windows.max_length)"

    def piece(self, failed: bool) -> str:
        if not failed:
            return "holds together: " + (
                "two pieces that may be one word (windows.max_compound)"
                if self.evidence.weak
                else "all its links are strong pairs"
            )
        weak = next(link for link in self.links if link.state == "weak")
        least = self.rulebook.cohesion
        pmi = "" if weak.pmi is None else f" with PMI {weak.pmi:.2f}"
        count = "" if weak.count is None else f", counted {weak.count:.1f} times"
        return (
            f"is cut between {weak.left} and {weak.right}, a weak pair{pmi}{count}; a strong one has PMI "
            f"{least.min_pmi:g} and {least.min_count:g} occurrences at least (cohesion.min_pmi, min_count)"
        )

    def announced(self, failed: bool) -> str:
        was = self.trends.announced.get(self.evidence.key)
        return f"was announced, the last time at {iso(was.at_s)} as {was.status}" if was else "was not announced before"

    def warmup(self, failed: bool) -> str:
        settings = self.trends.settings
        need = settings.horizon + settings.warmup_windows
        return f"the first {need} windows only teach what is usual (trends.horizon, warmup_windows); they are " + (
            "not over yet" if failed else "over"
        )

    def rare(self, failed: bool) -> str:
        settings = self.trends.settings
        return (
            f"is in {_texts(self.evidence.count)} of the last {settings.horizon} windows; "
            f"{settings.min_texts} are needed (trends.min_texts)"
        )

    def usual(self, failed: bool) -> str:
        one = self.evidence
        return (
            f"{_texts(one.count)} where {one.baseline:.1f} were expected: score {one.score:.1f}; "
            f"{self.trends.settings.min_score:g} is needed (trends.min_score)"
        )

    def denied(self, failed: bool) -> str:
        return "is on the list of words never to be announced" if failed else "is not denied"

    def known(self, failed: bool) -> str:
        return "is a known word, so no news" if failed else "is not among the known words"

    def quantity(self, failed: bool) -> str:
        return "is a number, a date or an amount" if failed else "is no number, date or amount"

    def few_sources(self, failed: bool) -> str:
        least = self.trends.settings.min_sources
        if self.evidence.sources is None:
            return f"its texts name no sources{f'; {least} are needed (trends.min_sources)' if failed else ''}"
        return f"{self.evidence.sources} sources have it; {least} are needed (trends.min_sources)"

    def truncated(self, failed: bool) -> str:
        most = self.trends.settings.max_neighbour_share
        left, right = self.evidence.left.top_share, self.evidence.right.top_share
        where, share = ("before", left) if left > right else ("after", right)
        return (
            f"one and the same character stands {where} it in {share:.0%} of its places"
            f"{', so it is part of a longer word' if failed else ''}; at most {most:.0%} (trends.max_neighbour_share)"
        )

    def old_links(self, failed: bool) -> str:
        rarest, settings = self.model.rarest_link(self.word), self.trends.settings
        if not np.isfinite(rarest):
            return "has no link that could be older than itself"
        return (
            f"its rarest link was counted {rarest:.0f} times, the word is in {_texts(self.evidence.count)}"
            f"{': it is older than it seems' if failed else ''}; at most {settings.max_link_age:g} times as often "
            "(trends.max_link_age), but where its mentions are far from chance"
        )

    def glued(self, failed: bool) -> str:
        if not failed:
            return "is not two words that both live on their own"
        halves = [(self.word[:at], self.word[at:]) for at in range(2, len(self.word) - 1)]
        return (
            f"is two words that both live on their own: {' or '.join(' + '.join(pair) for pair in self._alive(halves))}"
        )

    def dominated(self, failed: bool) -> str:
        most = self.trends.settings.max_part_ratio
        parts = [self.word[:at] for at in range(2, len(self.word))]
        parts += [self.word[at:] for at in range(1, len(self.word) - 1)]
        texts = self.trends.figures(word_keys(parts))[0] if parts else np.zeros(1)
        if not parts or not texts.max():
            return "neither begins nor ends with a word"
        part = parts[int(texts.argmax())]
        return (
            f"begins or ends with {part}, which is in {_texts(int(texts.max()))} against {self.evidence.count}"
            f"{': a phrase with it' if failed else ''}; less than {most:g} times as many (trends.max_part_ratio)"
        )

    def unbound(self, failed: bool) -> str:
        if not self.evidence.weak:
            return "is not cut, so nothing need bind it"
        return (
            f"is cut by a weak pair, and {'none' if failed else 'one'} of its parts is mostly seen in it; in "
            f"{self.trends.settings.min_bound:.0%} of that part's texts at least (trends.min_bound)"
        )

    def unlikely(self, failed: bool) -> str:
        return (
            f"by its parts, links and neighbours it is one word with a probability of {self.evidence.unity:.0%}; "
            f"{self.trends.settings.min_unity:.0%} is needed (trends.min_unity)"
        )

    def chance(self, failed: bool) -> str:
        share, most = self.trends.chance.share, self.trends.settings.max_chance
        return (
            f"a steady word is mentioned so late and close together with p = {self.evidence.p:.2g}, and {share:.0%} of "
            f"the words that pass all other rules are chance{': too likely' if failed else ''}; at most {most:g} by "
            "chance for each that is not (trends.max_chance)"
        )

    def budget(self, failed: bool) -> str:
        most, least = self.trends.budget.a_day, self.trends.budget.threshold(self.trends.as_of_s)
        if not most:
            return "any number of events a day may be announced"
        return (
            f"{most} events a day are wanted at most, for which a score of {least:.1f} is needed now; it has "
            f"{self.evidence.score:.1f} (trends.max_events_a_day)"
        )

    def fragment(self, failed: bool) -> str:
        whole = [was.word for was in self.trends.announced.values() if self.word in was.word != self.word]
        return (
            f"is a part of {whole[0]}, which was announced" if failed and whole else "is no part of an announced word"
        )

    def _alive(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        def live(part: str) -> bool:
            key = word_key(part)
            texts = self.trends.figures(np.array([key], np.uint64))[0][0]
            return bool(texts >= self.evidence.count or key in self.trends.announced)

        return [pair for pair in pairs if live(pair[0]) and live(pair[1])]


def _counts(word: str, alphabet: Alphabet) -> bool:
    """Whether every character counts."""
    return bool((alphabet.runs([word]).kinds[: len(word)] != SEPARATOR).all())


def _texts(count: int) -> str:
    return f"{count} text{'' if count == 1 else 's'}"
