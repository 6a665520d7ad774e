"""A seed -> a simulated stream: timestamped texts over a steady background, with new words planted in it.

Texts arrive as a Poisson process whose rate varies with the hour of the day. A planted word is coined, replaces a noun,
and occurs in no text before its start nor by chance, so the truth is exact: `planted` says when each came and in how
many texts. The background is stationary: word frequencies never change, so with nothing planted nothing is new. Only
texts without planted words are copied.
Guarantee: one seed and language give the same stream, byte for byte. Memory is constant, however long the stream.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stream.simulation.chinese import CHINESE
from stream.simulation.english import ENGLISH
from stream.simulation.grammar import language_of
from stream.simulation.language import Language, write
from stream.simulation.made_up import made_up_language
from stream.simulation.planting import DAY_S, choose_plants, chunks
from stream.simulation.settings import LANGUAGES, SHAPES, SimulateSettings

__all__ = ["DAY_S", "LANGUAGES", "SHAPES", "Planted", "SimulateSettings", "SimulatedText", "planted", "simulate"]

GRAMMARS = {"zh": CHINESE, "en": ENGLISH}
COPY_REACH = 1000  # a copy is of one of this many texts before it


@dataclass(frozen=True, slots=True)
class SimulatedText:
    """One text; `at_s` is seconds since 1970 UTC, in whole milliseconds."""

    at_s: float
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Planted:
    """A new word: how its share of the texts moves, when the first text with it comes, and how many there are."""

    word: str
    shape: str
    first_at_s: float
    texts: int


def simulate(settings: SimulateSettings) -> Iterator[SimulatedText]:
    """`settings.texts` texts, sorted by time. Settings with faults give undefined results, or none."""
    spoken = spoken_in(settings)
    plants = choose_plants(settings, spoken)
    shares = 1 / np.arange(1, settings.sources + 1)
    names = [f"source-{rank:02}" for rank in range(1, settings.sources + 1)]
    recent: deque[str] = deque(maxlen=COPY_REACH)
    for number, (at_s, marks) in enumerate(chunks(settings, plants)):
        rng = np.random.default_rng((settings.seed, 1, number))
        wanted = ["" if mark < 0 else plants[mark].word for mark in marks.tolist()]
        texts = _texts(settings, spoken, rng, [plant.word for plant in plants], wanted)
        sources = rng.choice(settings.sources, len(texts), p=shares / shares.sum()).tolist()
        if settings.copies:
            _copy(texts, wanted, recent, settings.copies, rng)
        for moment, text, source in zip(at_s.tolist(), texts, sources, strict=True):
            yield SimulatedText(moment, text, names[source])


def planted(settings: SimulateSettings, first_texts: int | None = None) -> list[Planted]:
    """Return what `simulate` plants in its first `first_texts` texts (None: all), in the order of the first text
    with it.

    Words that none of these texts holds are left out.
    """
    plants = choose_plants(settings, spoken_in(settings))
    texts = [0] * len(plants)
    first_at_s = [0.0] * len(plants)
    left = settings.texts if first_texts is None else first_texts
    for at_s, marks in chunks(settings, plants):
        if left <= 0:
            break
        seen = marks[:left]
        left -= len(seen)
        for number in np.unique(seen[seen >= 0]).tolist():
            if not texts[number]:
                first_at_s[number] = float(at_s[np.argmax(seen == number)])
            texts[number] += int((seen == number).sum())
    seen_words = zip(plants, first_at_s, texts, strict=True)
    truth = [Planted(plant.word, plant.shape, at, held) for plant, at, held in seen_words if held]
    return sorted(truth, key=lambda word: (word.first_at_s, word.word))


def spoken_in(settings: SimulateSettings) -> Language:
    """Return the language of a stream. Only a made-up one depends on the seed."""
    if settings.language in GRAMMARS:
        return _written_down(settings.language)
    return _made_up(settings.seed, settings.vocabulary)


@lru_cache(maxsize=len(GRAMMARS))
def _written_down(name: str) -> Language:
    return language_of(GRAMMARS[name])


_made_up = lru_cache(maxsize=4)(made_up_language)


def _texts(
    settings: SimulateSettings, spoken: Language, rng: np.random.Generator, words: list[str], wanted: list[str]
) -> list[str]:
    """Write a text for each of `wanted`, with that planted word in it and no other.

    Those that fail are written again.
    """
    texts = list(wanted)
    open_rows = list(range(len(wanted)))
    while open_rows:
        want = [wanted[row] for row in open_rows]
        drawn = write(spoken, rng, len(open_rows), settings.shortest, settings.longest, want)
        joined = "\n".join(drawn)
        present = [word for word in words if word in joined]
        failed = []
        for row, word, text in zip(open_rows, want, drawn, strict=True):
            texts[row] = text
            if (word and word not in text) or any(other in text for other in present if other != word):
                failed.append(row)
        open_rows = failed
    return texts


def _copy(texts: list[str], wanted: list[str], recent: deque[str], share: float, rng: np.random.Generator) -> None:
    """Replace a share of the texts without a planted word by earlier ones.

    Copies are copied again after a shorter time.
    """
    copied = rng.random(len(texts)) < share
    which = rng.random(len(texts))
    for row in range(len(texts)):
        if wanted[row]:
            continue
        if copied[row] and recent:
            texts[row] = recent[int(which[row] * len(recent))]
        recent.append(texts[row])
