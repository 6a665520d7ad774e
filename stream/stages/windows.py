"""texts + strong pairs -> a word table for each recent window of one partition.

Texts of the newest windows are kept and cut again with every new model, so a word counts from its first mention, made
before its pairs were strong. Texts that leave the buffer are *settled*: cut for the last time.
Law: what is settled is a fold of the partition's texts of that window before `settled_offset`; the rest can be read
again from the log. Copies of a text within a window count once.
Bounded: `keep_texts` texts, `keep_words` words and names of texts a window, `windows` windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from stream.stages.cohesion import StrongPairs
from stream.stages.runs import Alphabet
from stream.stages.segment import cut, with_compounds
from stream.stages.text import Text
from stream.stages.words import Seen, WordTable, count_words, merge, text_names


@dataclass(frozen=True, slots=True)
class WindowSettings:
    length_s: float = 60.0
    recut: int = 2
    keep_texts: int = 20_000
    keep_words: int = 200_000
    max_length: int = 12
    max_compound: int = 4

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        least = {"recut": 1, "keep_texts": 1, "keep_words": 1, "max_length": 2, "max_compound": 0}
        wrong = [(key, f"must be at least {floor}") for key, floor in least.items() if getattr(self, key) < floor]
        if not self.length_s > 0:
            wrong.append(("length_s", "must be greater than 0"))
        return wrong

    def window_of(self, at_s: float) -> int:
        """The number of the window a moment falls into."""
        return int(at_s // self.length_s)


@dataclass(slots=True)
class Window:
    """One window of one partition."""

    seen: Seen
    settled: WordTable = field(default_factory=WordTable.empty)
    settled_offset: int = -1  # texts of this window below it are in `settled`
    texts: list[Text] = field(default_factory=list)
    live: WordTable = field(default_factory=WordTable.empty)

    names: list[int] = field(default_factory=list)  # of `texts`, in the same order
    counted: int = 0

    @property
    def table(self) -> WordTable:
        return merge([self.settled, self.live])

    @property
    def settled_names(self) -> set[int]:
        """Names of the texts that will not be read again."""
        return self.seen.names - set(self.names)

    def settle(self, texts: int, table: WordTable, capacity: int) -> int:
        """The oldest `texts` texts leave the buffer; `table` is what they say. Returns how many words had no room."""
        settled = merge([self.settled, table])
        self.settled = settled.bounded(capacity)
        self.settled_offset = max(self.settled_offset, self.texts[texts - 1].offset + 1)
        self.texts, self.names = self.texts[texts:], self.names[texts:]
        return len(settled) - len(self.settled)


class Windows:
    """The recent windows of one partition.

    `late` counts texts too old for any of them, `copies` those not counted, `evicted` words there was no room for.
    """

    def __init__(self, settings: WindowSettings, horizon: int, alphabet: Alphabet) -> None:
        self.settings, self.horizon, self.alphabet = settings, horizon, alphabet
        self.windows: dict[int, Window] = {}
        self.newest = -(1 << 62)
        self.late = self.copies = self.evicted = 0

    def window(self, number: int) -> Window:
        """The window of that number, made if it is not there."""
        if number not in self.windows:
            self.windows[number] = Window(Seen(self.settings.keep_words))
        return self.windows[number]

    def add(self, texts: Sequence[Text], model: StrongPairs) -> set[int]:
        """Count texts. Returns the windows that changed, also by being settled: those texts will not be read again."""
        by_window: dict[int, list[Text]] = {}
        for text in texts:
            by_window.setdefault(self.settings.window_of(text.at_s), []).append(text)
        self.newest = max([self.newest, *by_window])
        changed = self._let_go()
        for number, several in by_window.items():
            if number <= self.newest - self.horizon:
                self.late += len(several)
                continue
            window = self.window(number)
            fresh = [text for text in several if text.offset >= window.settled_offset]
            names = text_names(self.alphabet.runs([text.text for text in fresh])).tolist()
            distinct = window.seen.fresh(names)
            kept = [text for text, new in zip(fresh, distinct, strict=True) if new]
            window.names += [name for name, new in zip(names, distinct, strict=True) if new]
            window.counted += len(kept)
            self.copies += len(fresh) - len(kept)
            window.texts += kept
            live = merge([window.live, self._count(kept, model)])
            window.live = live.bounded(self.settings.keep_words)
            self.evicted += len(live) - len(window.live)
            self._settle(window, model, number)
            changed.add(number)
        return changed

    def recut(self, model: StrongPairs) -> set[int]:
        """Cut the kept texts again. Returns the windows that changed."""
        changed = set()
        for number, window in self.windows.items():
            if window.texts:
                window.live = self._count(window.texts, model)
                changed.add(number)
        return changed

    def resume_offset(self, next_offset: int) -> int:
        """The first text that must be read again after a restart, if all below `next_offset` were added."""
        return min([next_offset, *(window.texts[0].offset for window in self.windows.values() if window.texts)])

    def _count(self, texts: Sequence[Text], model: StrongPairs) -> WordTable:
        if not texts:
            return WordTable.empty()
        runs = self.alphabet.runs([text.text for text in texts])
        pieces = with_compounds(cut(runs, model), self.settings.max_compound)
        return count_words(pieces, texts, self.settings.max_length)

    def _settle(self, window: Window, model: StrongPairs, number: int) -> None:
        """Texts over the bound, oldest first, and all texts of a window that is no longer cut again."""
        most = self.settings.keep_texts if number > self.newest - self.settings.recut else 0
        if len(window.texts) <= most:
            return
        stay = most // 2  # half of them: settling one at a time would cut the whole buffer for each text
        leave = len(window.texts) - stay
        self.evicted += window.settle(leave, self._count(window.texts[:leave], model), self.settings.keep_words)
        window.live = self._count(window.texts, model)

    def _let_go(self) -> set[int]:
        settled = set()
        for number in sorted(self.windows):
            window = self.windows[number]
            if number <= self.newest - self.horizon:
                del self.windows[number]
            elif number <= self.newest - self.settings.recut and window.texts:
                self.evicted += window.settle(len(window.texts), window.live, self.settings.keep_words)
                window.live = WordTable.empty()
                settled.add(number)
        return settled


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
