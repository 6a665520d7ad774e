"""seed -> a made-up stream: timestamped texts over a steady background, with new words planted in it.

Texts arrive as a Poisson process whose rate swings with the hour of the day. A planted word is invented, stands in
place of a noun, and appears in no text before its start nor ever by chance, so the truth is exact: `planted` says
when each came and in how many texts. The background is stationary: word frequencies never change; with nothing
planted nothing is new. Copies are of texts without planted words only.
One seed, one stream, down to the byte. Chunks of 4,096 texts have random numbers of their own, so memory is constant
and `planted` need not write a single text to know which ones hold a word.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import pi

import numpy as np
import numpy.typing as npt

from stream.simulation.synthetic_language import I64, MAX_WORD_CHARS, Language, character_shares, language, write

F64 = npt.NDArray[np.float64]

SHAPES = ("pulse", "ramp", "shift")
CHUNK = 4096
DAY_S = 86_400.0
BUSIEST_S = 7 * 3600.0  # 15:00 in China, as seconds of the UTC day
PULSE_SPAN = 0.03  # of the stream
# The ranks that planted words take their characters from. Two of the most frequent ones meet by chance so often that a
# pulse of 24 texts leaves their PMI below 2 in a third of the cases, measured on 40,000 texts.
ORDINARY = slice(150, 1000)
COPY_REACH = 1000  # a copy is of one of this many texts before it


@dataclass(frozen=True, slots=True)
class SimulateSettings:
    texts: int = 40_000
    rate: float = 2.0  # texts/s, mean over a day
    plant: tuple[str, ...] = SHAPES
    plants: int = 1  # words of each shape
    share: float = (
        0.02  # of the texts, reached by a ramp at the end; a pulse begins at four times that, a shift is half
    )
    copies: float = 0.0  # share of texts that are exact copies of another
    seed: int = 0
    start_s: float = 1_704_067_200.0  # 2024-01-01 08:00 in China
    shortest: int = 8
    longest: int = 40
    rhythm: float = 0.5  # how far the rate swings over the day, as a share of `rate`
    sources: int = 20
    vocabulary: int = 3000

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        least = {"texts": 0, "plants": 1, "seed": 0, "shortest": MAX_WORD_CHARS, "sources": 1, "vocabulary": 100}
        wrong = [(key, f"must be at least {floor}") for key, floor in least.items() if getattr(self, key) < floor]
        if not self.rate > 0:
            wrong.append(("rate", "must be above 0"))
        wrong += [("plant", f"must be some of {', '.join(SHAPES)}") for shape in self.plant if shape not in SHAPES]
        if not 0 <= self.share <= 0.25 or self.share * len(self.plant) * self.plants > 0.5:
            wrong.append(("share", "must be 0 to 0.25, and times the number of planted words at most 0.5"))
        if not 0 <= self.copies < 1:
            wrong.append(("copies", "must be in [0, 1)"))
        if not 0 <= self.rhythm <= 0.9:
            wrong.append(("rhythm", "must be in [0, 0.9]"))
        if self.longest < self.shortest + MAX_WORD_CHARS:
            wrong.append(("longest", f"must be at least {MAX_WORD_CHARS} above the shortest, the room for a last word"))
        return wrong


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


@dataclass(frozen=True, slots=True)
class _Plant:
    word: str
    shape: str
    start: float  # share of the stream that is over when the word may appear


def simulate(settings: SimulateSettings) -> Iterator[SimulatedText]:
    """`settings.texts` texts, sorted by time. Settings with faults give undefined results, or none."""
    spoken = language(settings.seed, settings.vocabulary)
    plants = _plants(settings, spoken)
    shares = 1 / np.arange(1, settings.sources + 1)
    names = [f"source-{rank:02}" for rank in range(1, settings.sources + 1)]
    recent: deque[str] = deque(maxlen=COPY_REACH)
    for number, (at_s, marks) in enumerate(_chunks(settings, plants)):
        rng = np.random.default_rng((settings.seed, 1, number))
        wanted = ["" if mark < 0 else plants[mark].word for mark in marks.tolist()]
        texts = _texts(settings, spoken, rng, [plant.word for plant in plants], wanted)
        sources = rng.choice(settings.sources, len(texts), p=shares / shares.sum()).tolist()
        if settings.copies:
            _copy(texts, wanted, recent, settings.copies, rng)
        for moment, text, source in zip(at_s.tolist(), texts, sources, strict=True):
            yield SimulatedText(moment, text, names[source])


def planted(settings: SimulateSettings, first_texts: int | None = None) -> list[Planted]:
    """What `simulate` plants in its first `first_texts` texts (None: all), by first text. A word that none of them
    came to hold is left out.
    """
    plants = _plants(settings, language(settings.seed, settings.vocabulary))
    texts = [0] * len(plants)
    first_at_s = [0.0] * len(plants)
    left = settings.texts if first_texts is None else first_texts
    for at_s, marks in _chunks(settings, plants):
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


def mention_share(shape: str, done: F64, start: float) -> F64:
    """How much of the texts hold a word, relative to `settings.share`; `done` and `start` are shares of the stream.

    >>> mention_share("pulse", np.array([0.49, 0.5, 0.515, 0.53]), 0.5).round(9).tolist()
    [0.0, 4.0, 2.0, 0.0]
    >>> mention_share("ramp", np.array([0.49, 0.5, 0.75, 1.0]), 0.5).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    since = done - start
    raised = {"pulse": 4 - 4 * since / PULSE_SPAN, "ramp": since / (1 - start), "shift": np.full_like(since, 0.5)}
    held: F64 = np.where(since < 0, 0.0, np.clip(raised[shape], 0.0, 4.0))
    return held


def _plants(settings: SimulateSettings, spoken: Language) -> list[_Plant]:
    """Invent the words. None is part of a word of the language or of another planted one."""
    rng = np.random.default_rng((settings.seed, 2))
    characters = spoken.ordinary[ORDINARY]
    shares = character_shares(len(spoken.ordinary))[ORDINARY]
    everything = "\n".join(spoken.words)
    plants: list[_Plant] = []
    for shape in settings.plant * settings.plants:
        start = rng.uniform(0.4, 0.7)
        while True:
            length = rng.choice((2, 3, 4, 5), p=(0.4, 0.3, 0.2, 0.1))
            drawn = rng.choice(len(characters), length, p=shares / shares.sum())
            word = "".join(characters[at] for at in drawn)
            if word not in everything and not any(word in other.word or other.word in word for other in plants):
                break
        plants.append(_Plant(word, shape, start))
    return plants


def _chunks(settings: SimulateSettings, plants: list[_Plant]) -> Iterator[tuple[F64, I64]]:
    """Chunk after chunk: when the texts come, and which plant each holds (-1: none)."""
    at = 0.0
    for number in count():
        first = number * CHUNK
        texts = min(CHUNK, settings.texts - first)
        if texts <= 0:
            return
        rng = np.random.default_rng((settings.seed, 3, number))
        even = at + np.cumsum(rng.exponential(1 / settings.rate, CHUNK))
        at = float(even[-1])
        done = (first + np.arange(CHUNK)) / settings.texts
        shares = [settings.share * mention_share(plant.shape, done, plant.start) for plant in plants]
        below = np.cumsum(shares or [np.zeros(CHUNK)], axis=0)
        draw = rng.random(CHUNK)
        marks = np.where(draw < below[-1], (draw >= below).sum(axis=0), -1)
        yield settings.start_s + _swung(even, settings)[:texts], marks[:texts]


def _swung(even_s: F64, settings: SimulateSettings) -> F64:
    """Seconds after the start at which a rate that swings with the hour has let through as much as an even one.

    With the angle of the day `a`, the rate is `1 + rhythm * cos(a)`, its integral `a + rhythm * sin(a)`: Kepler's
    equation, solved by Newton's method. Rounded to milliseconds.
    """
    turn = 2 * pi / DAY_S
    begin = turn * (settings.start_s % DAY_S - BUSIEST_S)
    mean = begin + settings.rhythm * np.sin(begin) + turn * even_s
    angle = mean - 0.85 * settings.rhythm * np.sign(np.sin(mean))
    for _ in range(12):
        angle -= (angle + settings.rhythm * np.sin(angle) - mean) / (1 + settings.rhythm * np.cos(angle))
    swung: F64 = np.maximum.accumulate((angle - begin) / turn)
    return swung.round(3)


def _texts(
    settings: SimulateSettings, spoken: Language, rng: np.random.Generator, words: list[str], wanted: list[str]
) -> list[str]:
    """A text for each of `wanted`, with that planted word in it and no other; those that fail are written again."""
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
    """Replace a share of the texts without a planted word by earlier ones; what was copied is copied again sooner."""
    copied = rng.random(len(texts)) < share
    which = rng.random(len(texts))
    for row in range(len(texts)):
        if wanted[row]:
            continue
        if copied[row] and recent:
            texts[row] = recent[int(which[row] * len(recent))]
        recent.append(texts[row])
