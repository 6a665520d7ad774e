"""One run of the finder for several judges: the result of each look is recorded and judged again with other settings.

What the finder finds does not depend on what is announced, and finding is the expensive part. So the first run records
its looks, and `Again` replays them for any number of judges, with the same texts in the horizon at the same moments.
Guarantee: each judge announces the words that a replay with its settings would announce. Stories and the evidence of
rising or fading words are left out, because nothing here shows them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stream.config.config import Config
from stream.config.weights_file import finder_arguments
from stream.embedded.pipeline import Pipeline
from stream.finder.finder import Finder
from stream.finder.finding import Finding, Look
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.text.near_duplicates import Fingerprints
from stream.text.text_batch import TextBatch
from stream.trends.gate import WISH_SURPRISE, WISH_TEXTS, rank
from stream.trends.new_words import NewWords
from stream.trends.stories import Place


@dataclass(frozen=True, slots=True)
class Word:
    """An announced word with its time, its rank and its probability."""

    word: str
    at_s: float
    rank: float
    probability: float


@dataclass(frozen=True, slots=True)
class Given:
    """Texts that the finder was given."""

    texts: TextBatch
    prints: Fingerprints | None


class Judge(NewWords):
    """Decides and keeps the announced words; it makes no stories."""

    def __init__(self, config: Config, finder: Finder, lists: WordLists) -> None:
        super().__init__(config.trends, finder, lists, config.windows.length_s)
        self.words: list[Word] = []

    def _places(self, found: Sequence[Finding], look: Look) -> Sequence[Place | None]:
        return [None] * len(found)

    def _passing(self, look: Look) -> list[Finding]:
        passing = super()._passing(look)
        self.words += [Word(one.shown, look.at_s, rank(one), one.probability) for one in passing]
        return passing


class Recording(Finder):
    """A finder that records in `steps` the texts it was given and the results of its looks, in order."""

    def __init__(self, config: Config) -> None:
        super().__init__(*finder_arguments(config))
        self.steps: list[Given | Look] = []

    def add(self, texts: TextBatch, prints: Fingerprints | None = None) -> int:
        self.steps.append(Given(texts, prints))
        return super().add(texts, prints)

    def look(self, now_s: float, model: StrongPairs, watched: Sequence[str] = ()) -> Look:
        look = super().look(now_s, model, watched)
        found = [one for one in look.found if one.count >= WISH_TEXTS and one.surprise >= WISH_SURPRISE]
        self.steps.append(replace(look, found=found))
        return look

    def describe(self, word: str, model: StrongPairs) -> Finding | None:
        return None


class Again(Finder):
    """A finder that returns recorded results; `now` is the result of the next look."""

    def __init__(self, config: Config) -> None:
        super().__init__(*finder_arguments(config))
        self.now = Look(0.0, 0.0, 0, 0, [], [], {})

    def look(self, now_s: float, model: StrongPairs, watched: Sequence[str] = ()) -> Look:
        self._latest_s = max(self._latest_s, now_s)
        self._leave(now_s)
        self._looked_s, self._fresh = now_s, 0
        return replace(self.now, watched=self.count(watched))

    def describe(self, word: str, model: StrongPairs) -> Finding | None:
        return None


def recording(config: Config, lists: WordLists) -> tuple[Pipeline, Recording, Judge]:
    """Return a pipeline that records its looks, with its finder and its judge."""
    pipeline, finder = Pipeline(config, lists), Recording(config)
    judge = Judge(config, finder, lists)
    pipeline.finder, pipeline.trends = finder, judge
    return pipeline, finder, judge


def judge_again(steps: Iterable[Given | Look], finder: Again, judges: Sequence[Judge]) -> None:
    """Replay the steps for judges that share this finder."""
    for step in steps:
        if isinstance(step, Given):
            finder.add(step.texts, step.prints)
            for judge in judges:
                judge.first_s = float(step.texts.at_s.min()) if judge.first_s is None else judge.first_s
            continue
        finder.now = step
        for judge in judges:
            judge.evaluate(step.at_s, StrongPairs.empty())
