"""texts + strong pairs -> a word table for each recent window of one partition.

Texts of the newest windows are kept and cut again with every new model, so a word counts from its first mention, made
before its pairs were strong. Texts that leave the buffer are *settled*: cut for the last time.
Law: what is settled is a fold of the partition's texts of that window before `settled_offset`; the rest can be read
again from the log. Copies of a text within a window count once.
Bounded: `keep_texts` texts and four times as many names of texts, `keep_words` words a window, `keep_settled` of one
that is no longer cut again, `horizon` windows. What the kept texts say is counted when somebody asks: once for each
record written or model looked at, however many batches they came in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sketches.hashing import U64
from stream.segmentation.cut import cut, with_compounds
from stream.segmentation.pmi_model import StrongPairs
from stream.text.near_duplicates import Seen, text_names
from stream.text.runs import Alphabet
from stream.text.text_batch import NONE, TextBatch, joined
from stream.words.word_table import WordTable, count_words, fitted_sum, merge

TOGETHER_CHARS = 1 << 18  # counted at once: the more, the fewer distinct pairs and words there are to each
NAMES = 4  # names of texts remembered for each text kept
BATCHES = 16  # that are kept as they came: to join the texts for each batch anew would copy all of them each time


@dataclass(frozen=True, slots=True)
class WindowSettings:
    length_s: float = 60.0
    recut: int = 2
    keep_texts: int = 4_000
    keep_words: int = 8_000
    keep_settled: int = 2_000
    max_length: int = 12
    max_compound: int = 4

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        least = {"recut": 1, "keep_texts": 1, "keep_words": 1, "keep_settled": 1, "max_length": 2, "max_compound": 0}
        wrong = [(key, f"must be at least {floor}") for key, floor in least.items() if getattr(self, key) < floor]
        if not self.length_s > 0:
            wrong.append(("length_s", "must be greater than 0"))
        return wrong

    @property
    def settled_words(self) -> int:
        """Words that a window may hold once it is no longer cut again."""
        return min(self.keep_words, self.keep_settled)

    @property
    def keep_names(self) -> int:
        """Names of texts that a window remembers, to know copies by."""
        return max(NAMES * self.keep_texts, self.keep_words)

    def window_of(self, at_s: float) -> int:
        """The number of the window a moment falls into."""
        return int(at_s // self.length_s)

    def by_window(self, texts: TextBatch) -> dict[int, TextBatch]:
        """The texts of each window, in their order; nearly always all are of one."""
        if not len(texts):
            return {}
        numbers = np.floor_divide(texts.at_s, self.length_s).astype(np.int64)
        if (only := int(numbers[0])) == numbers.min() == numbers.max():
            return {only: texts}
        return {number: texts.chosen(numbers == number) for number in np.unique(numbers).tolist()}


@dataclass(slots=True)
class Window:
    """One window of one partition. What its kept texts say is counted when it is asked for, however they came."""

    seen: Seen
    settled: WordTable = field(default_factory=WordTable.empty)
    settled_offset: int = -1  # texts of this window below it are in `settled`
    kept: list[TextBatch] = field(default_factory=list)  # those that may be cut again, as they came
    names: list[U64] = field(default_factory=list)  # of the kept texts, in the same order
    counted: int = 0

    live: WordTable = field(default_factory=WordTable.empty)  # what the first `in_live` of the texts say
    in_live: int = 0
    again: int = 0  # so many of the texts are to be cut anew

    @property
    def settled_names(self) -> U64:
        """Names of the texts that will not be read again, sorted."""
        return np.setdiff1d(self.seen.names, np.concatenate([np.zeros(0, np.uint64), *self.names]))

    def keep(self, texts: TextBatch) -> None:
        """Texts that may be cut again."""
        self.kept.append(texts)
        if len(self.kept) > BATCHES:
            self.kept = [joined(self.kept)]

    @property
    def texts(self) -> TextBatch:
        """Those that may be cut again."""
        if len(self.kept) > 1:
            self.kept = [joined(self.kept)]
        return self.kept[0] if self.kept else NONE

    def settle(self, texts: int, table: WordTable, capacity: int) -> int:
        """The oldest `texts` texts leave the buffer; `table` is what they say. Returns how many words had no room."""
        settled, evicted = fitted_sum([self.settled, table], capacity)
        self.settled = replace(settled, shown=settled.shown.alone())  # that the texts which leave are not held for them
        kept = self.texts
        self.settled_offset = max(self.settled_offset, int(kept.offsets[texts - 1]) + 1)
        stay = texts < len(kept)  # where none does, a part of no length would hold all of them
        self.kept = [kept.between(texts, len(kept))] if stay else []
        self.names = [np.concatenate(self.names)[texts:]] if stay else []
        self.live, self.in_live, self.again = WordTable.empty(), 0, len(kept) - texts
        return evicted


class Windows:
    """The recent windows of one partition.

    `late` counts texts too old for any of them, `copies` those not counted, `evicted` words there was no room for.
    """

    def __init__(self, settings: WindowSettings, horizon: int, alphabet: Alphabet) -> None:
        self.settings, self.horizon, self.alphabet = settings, horizon, alphabet
        self.windows: dict[int, Window] = {}
        self._model = StrongPairs.empty()
        self.newest = -(1 << 62)
        self.late = self.copies = self.evicted = 0

    def window(self, number: int) -> Window:
        """The window of that number, made if it is not there."""
        if number not in self.windows:
            self.windows[number] = Window(Seen(self.settings.keep_names))
        return self.windows[number]

    def add(self, texts: TextBatch, model: StrongPairs) -> set[int]:
        """Count texts. Returns the windows that changed, also by being settled: those texts will not be read again."""
        by_window = self.settings.by_window(texts)
        self._model = model
        self.newest = max([self.newest, *by_window])
        changed = self._let_go()
        for number, several in by_window.items():
            if number <= self.newest - self.horizon:
                self.late += len(several)
                continue
            window = self.window(number)
            fresh = several.chosen(several.offsets >= window.settled_offset)
            names = text_names(self.alphabet.runs_of(fresh.prose, fresh.starts))
            distinct = window.seen.fresh(names)
            window.names.append(names[distinct])
            window.keep(kept := fresh.chosen(distinct))
            window.counted += len(kept)
            self.copies += len(fresh) - len(kept)
            self._settle(window, number)
            changed.add(number)
        return changed

    def table(self, number: int) -> WordTable:
        """What the texts of a window say, settled or not."""
        return merge([self.windows[number].settled, self.live(self.windows[number])])

    def live(self, window: Window) -> WordTable:
        """What the kept texts of a window say, cut with the newest model."""
        kept, first = window.texts, window.again or window.in_live
        tables = [self._count(kept.between(0, first))] if window.again else [window.live]
        if first < len(kept):
            tables.append(self._count(kept.between(first, len(kept))))
        if window.again or first < len(kept):
            window.live, evicted = fitted_sum(tables, self.settings.keep_words)
            window.in_live, window.again = len(kept), 0
            self.evicted += evicted
        return window.live

    def recut(self, model: StrongPairs) -> set[int]:
        """Cut the kept texts again. Returns the windows that changed."""
        self._model = model
        changed = {number for number, window in self.windows.items() if window.texts}
        for number in changed:
            self.windows[number].again = len(self.windows[number].texts)
        return changed

    def resume_offset(self, next_offset: int) -> int:
        """The first text that must be read again after a restart, if all below `next_offset` were added."""
        return min([next_offset, *(int(window.texts.offsets[0]) for window in self.windows.values() if window.texts)])

    def _count(self, texts: TextBatch) -> WordTable:
        tables = []
        for several in _portions(texts):
            runs = self.alphabet.runs_of(several.prose, several.starts)
            pieces = with_compounds(cut(runs, self._model), self.settings.max_compound)
            tables.append(count_words(pieces, several, self.settings.max_length, self.settings.keep_words))
        return merge(tables)

    def _settle(self, window: Window, number: int) -> None:
        """Texts over the bound, oldest first, and all texts of a window that is no longer cut again."""
        most = self.settings.keep_texts if number > self.newest - self.settings.recut else 0
        if (held := sum(map(len, window.kept))) <= most:
            return
        stay = most // 2  # half of them: settling one at a time would cut the whole buffer for each text
        leave = held - stay
        capacity = self.settings.keep_words if most else self.settings.settled_words
        self.evicted += window.settle(leave, self._count(window.texts.between(0, leave)), capacity)

    def _let_go(self) -> set[int]:
        settled = set()
        for number in sorted(self.windows):
            window = self.windows[number]
            if number <= self.newest - self.horizon:
                del self.windows[number]
            elif number <= self.newest - self.settings.recut and window.texts:
                live = self.live(window)
                self.evicted += window.settle(len(window.texts), live, self.settings.settled_words)
                settled.add(number)
        return settled


def _portions(texts: TextBatch) -> Iterator[TextBatch]:
    """Portions of so many characters that the arrays made of them stay small."""
    first = 0
    while first < len(texts):
        full = int(texts.starts[first]) + TOGETHER_CHARS
        last = max(first + 1, int(np.searchsorted(texts.starts, full, "right")))  # the one that makes them too many
        yield texts.between(first, min(last, len(texts)))
        first = last


def window_counts(tables: Sequence[WordTable], keys: np.ndarray) -> np.ndarray:
    """(keys,) texts that contain each word, summed over tables."""
    counts = np.zeros(len(keys))
    for table in tables:
        if len(table):
            place = np.searchsorted(table.keys, keys)
            place[place == len(table)] = 0
            hit = table.keys[place] == keys
            counts[hit] += table.texts[place[hit]]
    return counts
