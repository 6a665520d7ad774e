"""Small trend tables made by hand: texts by window, cut with the strong pairs given."""

from collections.abc import Iterable, Sequence

import numpy as np

from stream.events.events import Event, Neighbours
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.segmentation.cut import cut, with_compounds
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import pack, word_points
from stream.text.message import Text
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch
from stream.trends.trend_table import Trends
from stream.words.word_table import count_words

ALPHABET = Alphabet(("han", "latin", "digit"))
WINDOW_S = 60.0
SETTINGS = TrendSettings(horizon=2, min_texts=3, min_score=0.5, warmup_windows=1, max_link_age=3.0, max_chance=1.0)


def model_of(pairs: Iterable[str], pmi: float = 4.0, count: float = 5.0) -> StrongPairs:
    """A model in which these pairs, two characters each, are strong."""
    packed = np.sort([int(pack(word_points(pair)[:1], word_points(pair)[1:])[0]) for pair in pairs]).astype(np.uint64)
    same = np.ones(len(packed), np.float32)
    return StrongPairs(1, 0.0, packed, same * np.float32(pmi), same * np.float32(count))


def trends_of(
    windows: Sequence[Sequence[str]],
    model: StrongPairs,
    settings: TrendSettings = SETTINGS,
    lists: WordLists | None = None,
) -> tuple[Trends, list[Event]]:
    """The table after these windows of texts, each of a source of its own, and the events on the way."""
    trends = Trends(settings, WINDOW_S, lists or WordLists.none(), 1)
    events = []
    for number, several in enumerate(windows):
        texts = [
            Text(text, number * WINDOW_S + place, f"s{place}", "t", 0, place) for place, text in enumerate(several)
        ]
        trends.put(
            number, 0, count_words(with_compounds(cut(ALPHABET.runs(several), model), 4), TextBatch.of(texts), 12)
        )
        events += trends.evaluate((number + 1) * WINDOW_S, model)
    return trends, events


def event(word: str, at_s: float = 100.0, status: str = "emerged", count: int = 9, score: float = 7.0) -> Event:
    """An event that says no more than that."""
    side = Neighbours(3, 0.2)
    return Event(word, status, at_s, at_s - 30, WINDOW_S, count, 0.5, score, "unseen", (3.0,) * (len(word) - 1),
                 side, side, None, (), 1)  # fmt: skip
