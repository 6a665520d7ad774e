"""One word followed through the embedded pipeline: `explain WORD FILE…`.

Most words are explained badly by the end of a stream, where they are long past. So the explanation is that of the
moment at which the word stood out most (its best score once the past was known), unless a moment is asked for.
"""

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from stream.embedded.pipeline import Pipeline
from stream.events.events import Event
from stream.segmentation.pmi_model import measure
from stream.text.hash64 import word_key
from stream.text.message import Text
from stream.text.runs import fold_word
from stream.trends.explain import Explanation, explain
from stream.trends.rule_sentences import Rulebook

SLICE = 100  # texts between two looks


class WordTrace:
    """Feed texts, `finish`, then read `explanation`, `events` of the word, and `occurrences`: texts that hold it."""

    def __init__(self, pipeline: Pipeline, word: str, at_s: float | None = None) -> None:
        self._pipeline, self._word, self._at_s = pipeline, word, at_s
        self._folded = fold_word(word)
        self._key = np.array([word_key(self._folded)], np.uint64)
        self._best: tuple[bool, float] | None = None
        self._explanation: Explanation | None = None
        self.events: list[Event] = []
        self.occurrences = self.texts = 0
        self.over = False
        """Whether the moment asked for has come, so that no more texts are needed."""

    def feed(self, texts: Sequence[Text]) -> None:
        for first in range(0, len(texts), SLICE):
            wanted = [text for text in texts[first : first + SLICE] if self._at_s is None or text.at_s <= self._at_s]
            self.over = self._at_s is not None and any(text.at_s > self._at_s for text in texts[: first + SLICE])
            self._hear(self._pipeline.feed(wanted))
            self.texts += len(wanted)
            self.occurrences += sum(self._folded in fold_word(text.text) for text in wanted)
            self._look()
            if self.over:
                return

    def finish(self) -> None:
        self._hear(self._pipeline.finish())
        self._look()

    @property
    def explanation(self) -> Explanation:
        """Of the moment asked for, else of the best one, else of the end."""
        if self._at_s is None and self._explanation:
            return self._explanation
        return explain_embedded(self._word, self._pipeline)

    def _hear(self, events: Iterable[Event]) -> None:
        self.events += [one for one in events if fold_word(one.word) == self._folded]

    def _look(self) -> None:
        counts, _, scores = self._pipeline.trends.figures(self._key)
        rank = self._pipeline.trends.warm, float(scores[0])
        if self._at_s is None and counts[0] and (self._best is None or rank > self._best):
            self._best, self._explanation = rank, explain_embedded(self._word, self._pipeline)


def explain_embedded(word: str, pipeline: Pipeline) -> Explanation:
    """As of the last text; the sketch is at hand, so weak links have their figures too."""
    config = pipeline.config
    rulebook = Rulebook(config.cohesion, config.windows.max_length, config.windows.max_compound, pipeline.alphabet)
    weigh = partial(measure, pipeline.sketch, as_of_s=pipeline.model.as_of_s)
    return explain(word, pipeline.trends, pipeline.model, rulebook, weigh)
