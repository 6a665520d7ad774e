"""A word and a rule -> a plain sentence with the fact the rule looks at, its figures and its setting.

First come the checks whether the string can be a word at all: one run, not too long. Then come the rules of
`trends.gate` in their order: those before the one that stopped the word were passed, those after it were not asked.
"""

from dataclasses import dataclass

from stream.events.events import UNSEEN, iso
from stream.finder.finding import Finding
from stream.text.runs import SEPARATOR, Alphabet
from stream.trends.gate import FEW, RULES
from stream.trends.new_words import NewWords

FORM = ("unbroken", "length")
"""What is asked before the rules of `trends.gate`."""
LONGEST = 100  # characters that may be asked for


@dataclass(frozen=True, slots=True)
class Check:
    """One rule. `passed` is None if it was not asked, because an earlier rule stopped the word."""

    rule: str
    passed: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Case:
    """One word to be judged. For each rule there is a method of its name that returns the sentence."""

    one: Finding
    trends: NewWords
    alphabet: Alphabet

    def form(self) -> str | None:
        """Return the first check of `FORM` that the word fails, None if it passes."""
        if not self._countable():
            return "unbroken"
        return "length" if not 1 <= len(self.one.word.replace(" ", "")) <= LONGEST else None

    def checks(self, stopped_by: str | None) -> tuple[Check, ...]:
        """Return a check with its sentence for each rule."""
        asked = (*FORM, *RULES)
        end = asked.index(stopped_by) if stopped_by in asked else len(asked)
        passed = [True if place < end else False if place == end else None for place in range(len(asked))]
        return tuple(
            Check(rule, fate, "not asked" if fate is None else getattr(self, rule)(not fate))
            for rule, fate in zip(asked, passed, strict=True)
        )

    def unbroken(self, failed: bool) -> str:
        return "holds a character that separates words (text.scripts)" if failed else "is one run of text"

    def length(self, failed: bool) -> str:
        return f"has {len(self.one.word)} characters; a word has at most {LONGEST}"

    def announced(self, failed: bool) -> str:
        was = self.trends.announced.get(self.one.word)
        return f"was announced, the last time at {iso(was.at_s)} as {was.status}" if was else "was not announced before"

    def warmup(self, failed: bool) -> str:
        need = self.trends.settings.warmup_windows
        return f"nothing is announced in the first {need} windows (trends.warmup_windows)" + (
            ", which are not over yet" if failed else ""
        )

    def rare(self, failed: bool) -> str:
        least = self.trends.gate.bounds.texts
        return f"is in {_texts(self.one.count)} of the horizon; {least} are needed (trends.min_texts)"

    def usual(self, failed: bool) -> str:
        one, least = self.one, self.trends.gate.bounds.surprise
        return (
            f"{_texts(one.count)} where {one.expected:.1f} were expected: chance has it once in 10^{one.surprise:.1f}; "
            f"10^{least:.1f} is needed (trends.min_surprise)"
        )

    def seen(self, failed: bool) -> str:
        novelty = self.trends.settings.novelty
        return (
            f"was in {_texts(self.one.earlier)} at most before the horizon; a new word in {FEW} "
            f"(trends.novelty: {novelty}{'' if novelty == UNSEEN else ', so it may be old'})"
        )

    def denied(self, failed: bool) -> str:
        return "is on the list of words never to be announced, or was refused" if failed else "is not denied"

    def known(self, failed: bool) -> str:
        return "is a known word, so no news" if failed else "is not among the known words"

    def quantity(self, failed: bool) -> str:
        return "is a number, a date or an amount" if failed else "is no number, date or amount"

    def speaker(self, failed: bool) -> str:
        if failed:
            return "is the name of a source or of somebody addressed, or stands mostly in names and links"
        return "is no name of a source"

    def few_sources(self, failed: bool) -> str:
        if self.one.sources is None:
            return "its texts name no sources"
        return f"{self.one.sources} sources have it; {self.trends.settings.min_sources} are needed (trends.min_sources)"

    def unlikely(self, failed: bool) -> str:
        return (
            f"by its neighbours, links and parts it is a word with a probability of {self.one.probability:.0%}; "
            f"{self.trends.gate.bounds.probability:.0%} is needed (trends.min_probability)"
        )

    def fragment(self, failed: bool) -> str:
        if not failed:
            return "is no part of an announced word, and none with one more character"
        if whole := self.trends.whole_of(self.one):
            return f"is mostly seen in {whole}, which was announced"
        return f"is {self.trends.core_of(self.one)}, which was announced, with one more character, in few of its texts"

    def rate(self, failed: bool) -> str:
        wish = self.trends.settings.events_a_day
        if wish <= 0:
            return "no number of events a day is wished (trends.events_a_day)"
        return f"is {'not ' if failed else ''}among the best {wish:g} a day (trends.events_a_day)"

    def _countable(self) -> bool:
        kinds = self.alphabet.runs([self.one.word]).kinds[: len(self.one.word)]
        inner = [kind for kind, character in zip(kinds.tolist(), self.one.word, strict=True) if character != " "]
        return bool(inner) and SEPARATOR not in inner


def _texts(count: int) -> str:
    return f"{count} text{'' if count == 1 else 's'}"
