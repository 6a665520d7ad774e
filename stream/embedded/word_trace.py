"""Follows one word through the embedded pipeline, for `explain WORD FILE…`.

At the end of a stream most words are long past. So the explanation is of the moment at which the word stood out most
(by its surprise, then by its texts), unless a moment is asked for. Cost: one pass over the horizon for each batch of
texts that holds the word.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from stream.embedded.pipeline import Pipeline
from stream.events.events import Event
from stream.segmentation.pmi_model import measure
from stream.text.message import Text
from stream.text.runs import fold_word
from stream.trends.explain import Explanation, explain

BATCH = 100  # texts between two moments at which the word is looked at


class WordTrace:
    """Call `feed`, then `finish`, then read `explanation`, the word's `events`, and `occurrences` (texts that hold
    it).
    """

    def __init__(self, pipeline: Pipeline, word: str, at_s: float | None = None) -> None:
        self._pipeline, self._word, self._at_s = pipeline, word, at_s
        self._folded = fold_word(word)
        self._best: tuple[bool, float, int] | None = None
        self._explanation: Explanation | None = None
        self.events: list[Event] = []
        self.occurrences = self.texts = 0
        self.over = False
        """Whether the moment asked for has come, so that no more texts are needed."""

    def feed(self, texts: Sequence[Text]) -> None:
        for first in range(0, len(texts), BATCH):
            wanted = [text for text in texts[first : first + BATCH] if self._at_s is None or text.at_s <= self._at_s]
            self.over = self._at_s is not None and any(text.at_s > self._at_s for text in texts[: first + BATCH])
            self._take(self._pipeline.feed(wanted))
            self.texts += len(wanted)
            occurrences = sum(self._folded in fold_word(text.text) for text in wanted)
            self.occurrences += occurrences
            if occurrences:
                self._compare()
            if self.over:
                return

    def finish(self) -> None:
        self._take(self._pipeline.finish())
        self._compare()

    @property
    def explanation(self) -> Explanation:
        """The explanation as of the moment asked for, else the best one, else the end."""
        if self._at_s is None and self._explanation:
            return self._explanation
        return explain_embedded(self._word, self._pipeline)

    def _take(self, events: Iterable[Event]) -> None:
        self.events += [one for one in events if fold_word(one.word) == self._folded]

    def _compare(self) -> None:
        """Keep the explanation of this moment if the word stands out more than before."""
        if self._at_s is not None:
            return
        trends = self._pipeline.trends
        one = trends.finder.describe(self._word, self._pipeline.model)
        standing_out = (trends.warm, one.surprise, one.count) if one else (False, 0.0, 0)
        if one and (self._best is None or standing_out > self._best):
            self._best, self._explanation = standing_out, explain_embedded(self._word, self._pipeline)


def explain_embedded(word: str, pipeline: Pipeline) -> Explanation:
    """Explain a word as of the last evaluation; the sketch is available, so weak links have figures too."""
    weigh = partial(measure, pipeline.sketch, as_of_s=pipeline.model.as_of_s)
    return explain(word, pipeline.trends, pipeline.model, pipeline.alphabet, weigh)
