"""Follow one word through the embedded pipeline and explain it: `explain WORD FILE…`.

At the end of a stream most words are long past. So the word is explained as of the time its score was highest after the
warm-up, unless a time is given.
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

SLICE = 100  # texts between two updates of the explanation


class WordTrace:
    """Feed texts, `finish`, then read `explanation`, `events` of the word and `occurrences` (texts that contain it)."""

    def __init__(self, pipeline: Pipeline, word: str, at_s: float | None = None) -> None:
        self._pipeline, self._word, self._at_s = pipeline, word, at_s
        self._folded = fold_word(word)
        self._key = np.array([word_key(self._folded)], np.uint64)
        self._best: tuple[bool, float] | None = None
        self._explanation: Explanation | None = None
        self.events: list[Event] = []
        self.occurrences = self.texts = 0
        self.over = False
        """Whether the requested time has passed, so that no more texts are needed."""

    def feed(self, texts: Sequence[Text]) -> None:
        for first in range(0, len(texts), SLICE):
            wanted = [text for text in texts[first : first + SLICE] if self._at_s is None or text.at_s <= self._at_s]
            self.over = self._at_s is not None and any(text.at_s > self._at_s for text in texts[: first + SLICE])
            self._collect(self._pipeline.feed(wanted))
            self.texts += len(wanted)
            self.occurrences += sum(self._folded in fold_word(text.text) for text in wanted)
            self._update()
            if self.over:
                return

    def finish(self) -> None:
        self._collect(self._pipeline.finish())
        self._update()

    @property
    def explanation(self) -> Explanation:
        """As of the requested time, else of the highest score, else of the end."""
        if self._at_s is None and self._explanation:
            return self._explanation
        return explain_embedded(self._word, self._pipeline)

    def _collect(self, events: Iterable[Event]) -> None:
        self.events += [one for one in events if fold_word(one.word) == self._folded]

    def _update(self) -> None:
        counts, _, scores = self._pipeline.trends.figures(self._key)
        rank = self._pipeline.trends.warm, float(scores[0])
        if self._at_s is None and counts[0] and (self._best is None or rank > self._best):
            self._best, self._explanation = rank, explain_embedded(self._word, self._pipeline)


def explain_embedded(word: str, pipeline: Pipeline) -> Explanation:
    """Explain a word as of the last text. The sketch is available, so weak links have figures too."""
    config = pipeline.config
    rulebook = Rulebook(config.cohesion, config.windows.max_length, config.windows.max_compound, pipeline.alphabet)
    weigh = partial(measure, pipeline.sketch, as_of_s=pipeline.model.as_of_s)
    return explain(word, pipeline.trends, pipeline.model, rulebook, weigh)
