"""The whole pipeline in one process: texts in, events out. No broker, no store, no clock but the texts' own.

The same folds as on Kafka, called one after the other: count -> refresh -> segment -> trends. A chunk ends where the
next refresh is due in event time, so the events depend on the texts and the settings only, not on how they arrived.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sketches.pair_sketch import PairSketch
from stream.config.config import Config
from stream.events.events import Event
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs, refresh
from stream.segmentation.tally import tally
from stream.text.clean import cleaned
from stream.text.message import Text
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch
from stream.trends.trend_table import Trends
from stream.words.windows import Windows

CHUNK_TEXTS = 5_000


@dataclass(slots=True)
class Totals:
    """What went through, for the closing table."""

    texts: int = 0
    characters: int = 0
    pairs: int = 0
    refreshes: int = 0


class Pipeline:
    """Feed texts in any batches; get events as they become due."""

    def __init__(self, config: Config, lists: WordLists | None = None) -> None:
        self.config = config
        self.alphabet = Alphabet(config.text.scripts)
        self.sketch = PairSketch(config.sketches)
        self.model = StrongPairs.empty()
        self.windows = Windows(config.windows, config.trends.horizon, self.alphabet)
        seed, memory_s = config.sketches.fixed_seed, config.sketches.memory_s
        self.trends = Trends(config.trends, config.windows.length_s, lists or WordLists.none(), seed, memory_s)
        self.totals = Totals()
        self._waiting: list[Text] = []
        self._due_s: float | None = None
        self._now_s = float("-inf")

    def feed(self, texts: Iterable[Text]) -> Iterator[Event]:
        """Take texts in; yields the events that follow."""
        for text in texts:
            if self._due_s is None:
                self._due_s = self._next_due(text.at_s)
            if text.at_s >= self._due_s:
                yield from self._chunk(due=True)
                self._due_s = self._next_due(text.at_s)
            self._waiting.append(text)
            if len(self._waiting) >= CHUNK_TEXTS:
                yield from self._chunk(due=False)

    def finish(self) -> Iterator[Event]:
        """The end of the input: whatever still waits."""
        yield from self._chunk(due=True)

    def _next_due(self, at_s: float) -> float:
        every = self.config.cohesion.refresh_s
        return float(at_s // every * every + every)

    def _chunk(self, due: bool) -> Iterator[Event]:
        texts, self._waiting = cleaned(TextBatch.of(self._waiting), self.config.text.skip), []
        changed: set[int] = set()
        if texts:
            self._now_s = max(self._now_s, float(texts.at_s.max()))
            self._count(texts)
        if due and self.sketch.landmark is not None:
            self.model = refresh(self.sketch, self._now_s, self.config.cohesion, self.model)
            self.totals.refreshes += 1
            changed |= self.windows.recut(self.model)
        if texts:
            changed |= self.windows.add(texts, self.model)
        for number in sorted(changed & set(self.windows.windows)):
            self.trends.put(number, 0, self.windows.table(number))
        if due:
            yield from self.trends.evaluate(self._now_s, self.model)

    def _count(self, texts: TextBatch) -> None:
        settings = self.config.windows
        for number, several in sorted(settings.by_window(texts).items()):
            counts = tally(self.alphabet.runs_of(several.prose, several.starts))
            self.sketch.add(counts, number * settings.length_s, self.config.cohesion.min_count)
            self.totals.pairs += int(counts.total)
            self.totals.characters += int(counts.char_counts.sum())
        self.totals.texts += len(texts)
