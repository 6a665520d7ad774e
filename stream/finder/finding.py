"""The results of a look: the values that the rules and the trends work on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.events.events import Neighbours
from stream.events.examples import Example

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Finding:
    """A string and everything known of it as of a look. Counts are of distinct texts of the horizon."""

    word: str  # folded
    shown: str  # as it was first written
    count: int
    first_s: float  # event time of the first and of the last mention in the horizon
    last_s: float
    expected: float  # texts of the horizon that would hold it if it came as often as in the past
    surprise: float  # -log10 of the probability that chance alone gives so many texts
    by_chance: float  # candidates a day that chance alone brings to so many texts, at most
    earlier: int  # texts of the past that hold it, at most
    probability: float  # that a person would call it a word
    sources: int | None  # distinct sources, None where no text names one
    left: Neighbours
    right: Neighbours
    links: tuple[float | None, ...]  # PMI of the link between each two of its units, None where it is not known
    examples: tuple[Example, ...]  # up to 3, distinct, cut around the word
    texts: U64  # 64-bit names of all texts of the horizon that hold it, sorted
    speaker: bool  # somebody who writes here, not a word
    signs: F32  # in the order of `signs.NAMES`


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one look. `watched` counts the texts that hold each watched word."""

    at_s: float
    horizon_s: float
    texts: int  # distinct texts in the horizon
    memory_texts: int  # distinct texts that the memory of the past holds
    found: list[Finding]  # every candidate that reached a new rung, in no particular order
    watched: list[int]
    passed: dict[str, int]  # how many strings passed each step: candidates, counted, rung, closed
    judged: int = 0  # candidates that were judged within about a horizon: so often chance could have it


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that the finder derived from the stream, and the reason."""

    key: str
    value: str
    reason: str
