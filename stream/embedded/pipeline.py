"""The whole pipeline in one process: texts in, events out. It uses no broker, no store and no clock but event time.

It calls the same folds as the roles on Kafka one after the other: count, refresh, keep texts, announce. When the finder
looks depends only on the number and the times of the texts, so the events do not depend on how texts are batched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sketches.pair_sketch import PairSketch
from stream.config.config import Config
from stream.config.weights_file import finder_arguments
from stream.events.events import Event
from stream.finder.finder import Finder, fingerprints_of
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs, refresh
from stream.segmentation.tally import tally
from stream.text.clean import cleaned
from stream.text.message import Text
from stream.text.near_duplicates import Fingerprints
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch, joined
from stream.trends.new_words import NewWords

CHUNK_TEXTS = 5_000
REFRESH_GROWTH = 1.02  # the model is computed again when so many times the pairs were counted as for the last one


@dataclass(slots=True)
class Totals:
    """Counts of what was processed, for the closing table."""

    texts: int = 0
    copies: int = 0
    characters: int = 0
    pairs: int = 0
    refreshes: int = 0
    looks: int = 0


class Pipeline:
    """Takes texts in batches of any size, and yields events as they become due."""

    def __init__(self, config: Config, lists: WordLists | None = None) -> None:
        self.config = config
        self.alphabet = Alphabet(config.text.scripts)
        self.sketch = PairSketch(config.sketches)
        self.model = StrongPairs.empty()
        self.finder = Finder(*finder_arguments(config))
        self.trends = NewWords(config.trends, self.finder, lists or WordLists.none(), config.windows.length_s)
        self.totals = Totals()
        self._waiting: list[tuple[TextBatch, Fingerprints]] = []
        self._refreshed = 0.0  # pairs counted when the model was computed last
        self._now_s = float("-inf")

    def feed(self, texts: Iterable[Text]) -> Iterator[Event]:
        """Process texts; yield the resulting events."""
        several = iter(texts)
        while batch := list(islice(several, CHUNK_TEXTS)):
            yield from self._fed(cleaned(TextBatch.of(batch), self.config.text.skip))

    def _fed(self, texts: TextBatch) -> Iterator[Event]:
        """Compute what depends on single texts for all texts at once, then add them up to the next look."""
        prints, at = fingerprints_of(texts), 0
        while at < len(texts):
            waiting = sum(len(few) for few, _ in self._waiting)
            most, next_look_s = min(self.finder.texts_until_look, CHUNK_TEXTS), self.finder.next_look_s
            if waiting and (waiting >= most or texts.at_s[at] >= next_look_s):
                yield from self._chunk()
                continue
            last = min(len(texts), at + max(1, most - waiting))
            due = np.flatnonzero(texts.at_s[at:last] >= next_look_s)
            due = due[due > 0] if not waiting else due  # one text goes in whatever its time
            last = at + int(due[0]) if len(due) else last
            self._waiting.append((texts.between(at, last), prints.between(at, last)))
            at = last

    def finish(self) -> Iterator[Event]:
        """Process the remaining texts at the end of the input; yield the events."""
        yield from self._chunk(last=True)

    def _chunk(self, last: bool = False) -> Iterator[Event]:
        texts = joined(few for few, _ in self._waiting)
        prints = [several for _, several in self._waiting]
        self._waiting = []
        if len(texts):
            self._now_s = max(self._now_s, float(texts.at_s.max()))
            self._count(texts)
            self.totals.copies += self.finder.add(texts, Fingerprints.joined(prints))
            first_s = self.trends.first_s
            self.trends.first_s = float(texts.at_s.min()) if first_s is None else first_s
        if self.finder.due() or (last and self.totals.texts):
            self._refresh()
            self.totals.looks += 1
            yield from self.trends.evaluate(self._now_s, self.model)

    def _refresh(self) -> None:
        if self.sketch.landmark is not None and self.totals.pairs >= self._refreshed * REFRESH_GROWTH:
            self.model = refresh(self.sketch, self._now_s, self.config.cohesion, self.model)
            self._refreshed = self.totals.pairs
            self.totals.refreshes += 1

    def _count(self, texts: TextBatch) -> None:
        length_s = self.config.windows.length_s
        for number, several in sorted(self.config.windows.by_window(texts).items()):
            counts = tally(self.alphabet.runs_of(several.prose, several.starts))
            self.sketch.add(counts, number * length_s, self.config.cohesion.min_count)
            self.totals.pairs += int(counts.total)
            self.totals.characters += int(counts.char_counts.sum())
        self.totals.texts += len(texts)
