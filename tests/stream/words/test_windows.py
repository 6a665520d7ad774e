"""Windows of a partition: what is written of them, and the log after it, is all that a successor needs."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from stream.segmentation.pmi_model import StrongPairs
from stream.text.message import Text
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch
from stream.words.windows import Windows, WindowSettings
from stream.words.word_table import WordTable

HORIZON = 4
SETTINGS = WindowSettings(length_s=10.0, recut=2, keep_texts=4)
ALPHABET = Alphabet(("han",))
WORDS = ("山水", "花鸟", "风月", "春秋")


def texts_of(spec: Sequence[tuple[int, int, int]]) -> list[Text]:
    """A text for each (time since the last one, how late it comes, word); each text is unlike the others."""
    texts, now_s = [], 100.0
    for offset, (step, late, word) in enumerate(spec):
        now_s += step
        texts.append(Text(f"{WORDS[word]}，{chr(0x4E00 + offset)}", now_s - late, None, "raw-text", 0, offset))
    return texts


class Written:
    """What the topic holds: of each window that was reported as changed, and where to read on."""

    def __init__(self) -> None:
        self.windows: dict[int, tuple[WordTable, int, set[int], int]] = {}
        self.resume = 0

    def write(self, windows: Windows, changed: set[int], following: int) -> None:
        for number in changed & set(windows.windows):
            one = windows.windows[number]
            self.windows[number] = (one.settled, one.settled_offset, set(one.settled_names.tolist()), one.counted)
        self.resume = windows.resume_offset(following)

    def restored(self) -> Windows:
        windows = Windows(SETTINGS, HORIZON, ALPHABET)
        for number, (settled, offset, names, _) in self.windows.items():
            one = windows.window(number)
            one.settled, one.settled_offset, one.counted = settled, offset, len(names)
            one.seen.names = np.array(sorted(names), np.uint64)
            windows.newest = max(windows.newest, number)
        return windows


@pytest.mark.parametrize("seed", range(40))
def test_a_successor_counts_every_text_of_every_window_once(seed: int) -> None:
    rng = random.Random(seed)
    # Late enough for a window that is settled, never for one that has left, whatever the batch.
    texts = texts_of([(rng.randrange(3), rng.randrange(20), rng.randrange(len(WORDS))) for _ in range(80)])
    written, windows, at = Written(), Windows(SETTINGS, HORIZON, ALPHABET), 0
    while at < len(texts):
        end = min(at + rng.randint(1, 4), len(texts))
        changed = windows.add(TextBatch.of(texts[at:end]), StrongPairs.empty())
        written.write(windows, changed, end)
        at = end
        if rng.random() < 0.1:
            windows, at = written.restored(), written.resume
    truth = Counter(SETTINGS.window_of(text.at_s) for text in texts)
    assert {number: counted for number, (*_, counted) in written.windows.items()} == truth


@pytest.mark.parametrize("seed", range(10))
def test_what_a_window_says_does_not_depend_on_when_it_is_asked(seed: int) -> None:
    rng = random.Random(seed)
    texts = texts_of([(rng.randrange(2), 0, rng.randrange(len(WORDS))) for _ in range(60)])
    asked, silent = (Windows(replace(SETTINGS, keep_texts=100), HORIZON, ALPHABET) for _ in range(2))
    for at in range(0, len(texts), 3):
        model = model_of(WORDS[: at // 15])
        for windows in (asked, silent):
            windows.recut(model)
            windows.add(TextBatch.of(texts[at : at + 3]), model)
        for number in asked.windows:
            asked.table(number)
    for number in silent.windows:
        ours, theirs = asked.table(number), silent.table(number)
        assert (ours.words.tolist(), ours.texts.tolist()) == (theirs.words.tolist(), theirs.texts.tolist())
        assert ours.facets.tolist() == theirs.facets.tolist()


def test_a_window_keeps_fewer_words_once_it_is_no_longer_cut_again() -> None:
    settings = replace(SETTINGS, keep_texts=100, keep_words=4, keep_settled=2, recut=1)
    windows = Windows(settings, HORIZON, ALPHABET)
    words = [word for times, word in enumerate(WORDS, 1) for _ in range(times)]  # the last one in most texts
    spoken = [Text(f"{word}，{chr(0x4E00 + n)}", 100.0, None, "raw-text", 0, n) for n, word in enumerate(words)]
    model = model_of(WORDS)
    windows.add(TextBatch.of(spoken), model)
    assert sorted(windows.table(10).words.tolist()) == sorted(WORDS)
    assert windows.add(TextBatch.of([Text("山", 110.0, None, "raw-text", 0, 99)]), model) == {10, 11}
    assert sorted(windows.table(10).words.tolist()) == sorted(WORDS[2:])
    assert windows.evicted == 2


def model_of(words: Sequence[str]) -> StrongPairs:
    """Each of these words is a strong pair."""
    pairs = np.unique(np.array([ord(word[0]) << 32 | ord(word[1]) for word in words], np.uint64))
    ones = np.ones(len(pairs), np.float32)
    return StrongPairs(1, 0.0, pairs, ones, ones)


def test_a_settled_window_holds_nothing_of_its_texts_but_its_examples() -> None:
    """For `horizon` windows there would be no bound otherwise: a text may have 100,000 characters."""
    windows = Windows(replace(SETTINGS, recut=1), HORIZON, ALPHABET)
    long = WORDS[0] + "，" * 10_000
    windows.add(TextBatch.of([Text(long, 100.0, None, "raw-text", 0, n) for n in range(1)]), model_of(WORDS))
    windows.add(TextBatch.of([Text("山", 110.0, None, "raw-text", 0, 9)]), model_of(WORDS))
    settled = windows.windows[10]
    assert settled.settled.words.tolist() == [WORDS[0]]
    points = settled.settled.shown.points
    assert len(points) == 200 and points.base is None
    assert (settled.kept, settled.names) == ([], [])
