"""Decides which new words a simulated stream gets, when its texts come, and which of them hold a word.

The texts are decided chunk by chunk, each with random numbers of its own, before any text is written. So the truth
about a stream of any length is known in constant memory and without writing it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import pi

import numpy as np

from stream.simulation.language import F64, I64, Language
from stream.simulation.made_up import coin
from stream.simulation.settings import SimulateSettings

CHUNK = 4096
DAY_S = 86_400.0
BUSIEST_S = 7 * 3600.0  # 15:00 in China, as seconds of the UTC day
PULSE_SPAN = 0.03  # of the stream


@dataclass(frozen=True, slots=True)
class Plant:
    """A word to plant. It may appear once the share `start` of the stream is over."""

    word: str
    shape: str
    start: float


def choose_plants(settings: SimulateSettings, spoken: Language) -> list[Plant]:
    """Return the words to plant for a seed. None is a part of a word of the language or of another planted word."""
    rng = np.random.default_rng((settings.seed, 2))
    everything = "\n".join(spoken.words)
    listed = _shuffled(spoken, rng)
    plants: list[Plant] = []
    for shape in settings.plant * settings.plants:
        start = rng.uniform(0.4, 0.7)
        while True:
            word = next(listed) if spoken.coined else coin(settings.seed, rng)
            if word not in everything and not any(word in other.word or other.word in word for other in plants):
                break
        plants.append(Plant(word, shape, start))
    return plants


def _shuffled(spoken: Language, rng: np.random.Generator) -> Iterator[str]:
    words = [word for topic in spoken.coined for word in topic]
    return iter([words[at] for at in rng.permutation(len(words))] if words else [])


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


def chunks(settings: SimulateSettings, plants: list[Plant]) -> Iterator[tuple[F64, I64]]:
    """Yield chunk after chunk: the times of the texts, and the index of the plant each holds (-1 for none)."""
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
        yield settings.start_s + _with_rhythm(even, settings)[:texts], marks[:texts]


def _with_rhythm(even_s: F64, settings: SimulateSettings) -> F64:
    """Return the times (s) at which a rate that varies with the hour has let through as much as a constant rate.

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
