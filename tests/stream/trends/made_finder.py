"""A finder with results given by the test, to test rules and trends alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.events.events import Event, Neighbours
from stream.events.examples import Example
from stream.finder.finder import Finder
from stream.finder.finding import Finding, Look
from stream.rules.hash_set import WordSet
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import pack, word_points
from stream.text.runs import Alphabet, fold_word
from stream.trends.new_words import NewWords

ALPHABET = Alphabet(("all",))
HORIZON_S = 600.0
WINDOW_S = 60.0


def numbered(*numbers: int) -> U64:
    """Names of texts."""
    return np.array(sorted(numbers), np.uint64)


def finding(word: str, count: int = 9, **given: Any) -> Finding:
    """A word that passes every rule, but for what is given."""
    side = Neighbours(5, 0.2)
    number = sum(map(ord, word)) * 1000
    fields = {
        "word": fold_word(word), "shown": word, "count": count, "first_s": 10.0, "last_s": 90.0, "expected": 0.5,
        "surprise": 6.0, "by_chance": 0.0, "earlier": 0, "probability": 0.9, "sources": 4, "left": side, "right": side,
        "links": (3.0,) * (len(word) - 1), "examples": (Example(f"看{word}", "t", 0, 7),),
        "texts": numbered(*range(number, number + count)), "speaker": False, "signs": np.zeros(0, np.float32),
    }  # fmt: skip
    return Finding(**fields | given)


class MadeFinder(Finder):
    """`show` what the next look finds; what was shown once is counted until it is shown anew."""

    def __init__(self, judged: int = 0) -> None:
        self.judged = judged
        self.shown: dict[str, Finding] = {}
        self.fresh: list[Finding] = []
        self.asked: list[list[str]] = []

    @property
    def horizon_s(self) -> float:
        return HORIZON_S

    def is_mostly_left_out(self, one: Finding) -> bool:
        return False

    def show(self, *found: Finding, again: Iterable[Finding] = ()) -> None:
        """`found` reached a new rung; `again` are other words of the horizon as they stand."""
        self.fresh += found
        self.shown |= {one.word: one for one in (*found, *again)}

    def look(self, now_s: float, model: StrongPairs, watched: Sequence[str] = ()) -> Look:
        found, self.fresh = self.fresh, []
        passed = {"candidates": 2 * len(found), "rung": len(found)}
        return Look(now_s, HORIZON_S, 100, 1000, found, self.count(watched), passed, self.judged)

    def end_history(self) -> None:
        self.shown.clear()

    def count(self, words: Sequence[str]) -> list[int]:
        self.asked.append(list(words))
        return [self.shown[word].count if word in self.shown else 0 for word in words]

    def texts_of(self, words: Sequence[str]) -> list[U64]:
        return [self.shown[word].texts if word in self.shown else numbered() for word in words]

    def times_of(self, words: Sequence[str]) -> list[F64]:
        nobody = finding("", 0)
        known = [self.shown.get(word, nobody) for word in words]
        return [np.linspace(one.first_s, one.last_s, one.count) for one in known]

    def describe(self, word: str, model: StrongPairs) -> Finding | None:
        return self.shown.get(fold_word(word))


def new_words(
    settings: TrendSettings | None = None, lists: WordLists | None = None, finder: MadeFinder | None = None
) -> tuple[NewWords, MadeFinder]:
    """The words of a stream that began at 0."""
    finder = finder or MadeFinder()
    trends = NewWords(settings or TrendSettings(), finder, lists or WordLists.none(), WINDOW_S)
    trends.first_s = 0.0
    return trends, finder


def listed(**words: str) -> WordLists:
    """Lists of one word: known, deny, allow."""
    return replace(WordLists.none(), **{name: WordSet([word]).contains for name, word in words.items()})


def model_of(pairs: Iterable[str], pmi: float = 4.0, count: float = 5.0) -> StrongPairs:
    """A model in which these pairs, two characters each, are strong."""
    packed = np.sort([int(pack(word_points(pair)[:1], word_points(pair)[1:])[0]) for pair in pairs]).astype(np.uint64)
    same = np.ones(len(packed), np.float32)
    return StrongPairs(1, 0.0, packed, same * np.float32(pmi), same * np.float32(count))


def event(word: str, at_s: float = 100.0, status: str = "emerged", count: int = 9, score: float = 7.0) -> Event:
    """An event that says no more than that."""
    side = Neighbours(3, 0.2)
    return Event(word, status, at_s, at_s - 30, WINDOW_S, count, 0.5, score, "unseen", (3.0,) * (len(word) - 1),
                 side, side, None, (), 1)  # fmt: skip
