"""A stream and judged words -> the signs that each of them had whenever it was judged: the data for a fit.

The texts go through the same pipeline as in a replay, so a row is what the running service would have seen, without
knowledge of later texts. Nothing is announced. Cost: that of a replay; one row for each rung that a judged word
reached.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from stream.config.config import Config
from stream.config.weights_file import finder_arguments
from stream.embedded.pipeline import Pipeline
from stream.events.events import Event
from stream.finder.finder import Finder
from stream.finder.finding import Finding, Look
from stream.finder.signs import NAMES
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.text.message import Text
from stream.trends.new_words import NewWords


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Shapes (n,), signs (n, signs). `word` is the index of the row's word in `words`."""

    words: tuple[str, ...]
    accepted: np.ndarray  # (words,)
    word: np.ndarray
    counts: np.ndarray
    surprise: np.ndarray
    by_chance: np.ndarray
    earlier: np.ndarray
    signs: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """(n,) weights such that the rows of each word weigh 1 together."""
        found: np.ndarray = 1 / np.bincount(self.word, minlength=len(self.words))[self.word]
        return found


class Collecting(Finder):
    """A finder that keeps the findings for some words."""

    def __init__(self, config: Config, words: Collection[str]) -> None:
        super().__init__(*finder_arguments(config))
        self._wanted = frozenset(words)
        self.rows: list[Finding] = []

    def look(self, now_s: float, model: StrongPairs, watched: Sequence[str] = ()) -> Look:
        look = super().look(now_s, model, watched)
        self.rows += [one for one in look.found if one.word in self._wanted]
        return look


class _Silent(NewWords):
    """Looks when a look is due, and announces nothing."""

    def evaluate(self, now_s: float, model: StrongPairs) -> list[Event]:
        self._now_s = now_s
        self.finder.look(now_s, model)
        return []


class Collector:
    """Takes texts in batches of any size; then `rows` returns the data."""

    def __init__(self, config: Config, judged: dict[str, bool]) -> None:
        self._judged = judged
        self._pipeline, self._finder = Pipeline(config), Collecting(config, judged)
        self._pipeline.finder = self._finder
        self._pipeline.trends = _Silent(config.trends, self._finder, WordLists.none(), config.windows.length_s)

    @property
    def texts(self) -> int:
        return self._pipeline.totals.texts

    def feed(self, texts: Iterable[Text]) -> None:
        list(self._pipeline.feed(texts))

    def finish(self) -> JudgedRows:
        """Process the end of the input."""
        list(self._pipeline.finish())
        return rows_of(self._finder.rows, self._judged)


def rows_of(found: Sequence[Finding], judged: dict[str, bool]) -> JudgedRows:
    """Return the rows of the words that were found."""
    words = tuple(dict.fromkeys(one.word for one in found))
    number = {word: at for at, word in enumerate(words)}
    columns = ([number[one.word] for one in found], [one.count for one in found], [one.surprise for one in found],
               [one.by_chance for one in found], [one.earlier for one in found])  # fmt: skip
    signs = np.array([one.signs for one in found], np.float64).reshape(len(found), len(NAMES))
    word, counts, surprise, by_chance, earlier = (np.array(column) for column in columns)
    accepted = np.array([judged[one] for one in words], bool)
    return JudgedRows(words, accepted, word.astype(np.int64), counts, surprise, by_chance, earlier, signs)
