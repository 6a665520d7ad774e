"""What a configuration would announce, and what it would with `events_a_day` for half and twice as many words.

Rates are of the second half of the texts, because in the first half there is hardly a past to compare with. Samples are
of all texts, from the most to the least certain word, to show what a larger number would add.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stream.config.config import Config
from stream.finder.finding import Choice
from stream.finder.settings import DAY_S
from stream.rules.word_lists import WordLists
from stream.suggestion.recorded_looks import Again, Judge, Word, judge_again, recording
from stream.text.message import Text

FACTORS = (0.5, 2.0)
SAMPLE = 9
SLICE = 200  # texts between two times that `show` is called
FEW_A_DAY = 0.1  # wished where nothing comes by itself


@dataclass(frozen=True, slots=True)
class Budget:
    """A value of `events_a_day`, the words announced with it in order, and their number a day."""

    events_a_day: float
    words: tuple[Word, ...]
    a_day: float

    @property
    def sample(self) -> list[str]:
        """Distinct words, evenly spaced from the best to the worst."""
        ranked = list(dict.fromkeys(one.word for one in sorted(self.words, key=lambda one: -one.rank)))
        if len(ranked) <= SAMPLE:
            return ranked
        return [ranked[round(at * (len(ranked) - 1) / (SAMPLE - 1))] for at in range(SAMPLE)]


def budgets(
    config: Config, lists: WordLists, texts: Sequence[Text], show: Callable[[int], None] = lambda done: None
) -> tuple[list[Budget], list[Choice]]:
    """Return the results as configured, and with half and twice as many words.

    And what the finder derived from the stream.

    `show` is called with the number of texts judged so far.
    """
    pipeline, finder, judge = recording(config, lists)
    for first in range(0, len(texts), SLICE):
        deque(pipeline.feed(texts[first : first + SLICE]), 0)
        show(first)
    deque(pipeline.finish(), 0)
    first_s, last_s = min(text.at_s for text in texts), max(text.at_s for text in texts)
    as_it_is = _budget(config.trends.events_a_day, judge, first_s, last_s)
    wishes = [_round(factor * (as_it_is.a_day or FEW_A_DAY)) for factor in FACTORS]
    again = Again(config)
    judges = [Judge(_with_wish(config, wish), again, lists) for wish in wishes]
    judge_again(finder.steps, again, judges)
    show(len(texts))
    several = [_budget(wish, one, first_s, last_s) for wish, one in zip(wishes, judges, strict=True)]
    return [as_it_is, *several], finder.chosen()


def table(several: Sequence[Budget]) -> list[str]:
    """Return the lines of a table, the header first."""
    rows = [("events_a_day", "new words", "a day", "some of them, from the surest to the least sure")]
    for one in sorted(several, key=lambda one: (one.a_day, len(one.words))):
        wish = "0 (no wish)" if not one.events_a_day else f"{one.events_a_day:g}"
        rows.append((wish, f"{len(one.words):,}", _shown(one.a_day), " · ".join(one.sample) or "none"))
    return [f"  {wish:<13}{number:>9}{a_day:>8}  {words}" for wish, number, a_day, words in rows]


def _with_wish(config: Config, wish: float) -> Config:
    return replace(config, trends=replace(config.trends, events_a_day=wish))


def _budget(wish: float, judge: Judge, first_s: float, last_s: float) -> Budget:
    half_s = (last_s - first_s) / 2
    later = sum(one.at_s > first_s + half_s for one in judge.words)
    return Budget(wish, tuple(judge.words), later / max(half_s / DAY_S, 1 / 1440))


def _shown(a_day: float) -> str:
    """
    >>> [_shown(rate) for rate in (0.0, 0.153, 9.66, 124.0)]
    ['0', '0.15', '9.7', '124']
    """
    return f"{a_day:,.0f}" if a_day >= 100 else f"{a_day:.2g}"


def _round(value: float) -> float:
    """Round to two digits."""
    return float(f"{value:.2g}")
