"""The memory of the past: how many of the texts that left the horizon held each token, pair and triple.

It is a series of count-min sketches with the cells and the storage format of `datasketches.count_min_sketch`. Each
covers a quarter of `memory_s`, or less if it is full before; five are kept, so between 1 and 1.25 times `memory_s` is
remembered. (Two sketches of the full span each were tried: words from the news of up to two years ago were then not
new, which cost a sixth of the judged words of slow streams.)
Guarantee: a count is never too low. With a share `fill` of its cells in use, a sketch reports a count above 0 for a
share `fill ** rows` of the keys it never saw.
"""

from typing import Any

import numpy as np

from sketches.count_min import F64, CountMin
from sketches.hashing import U64

GENERATIONS = 5
FULL = 0.7  # share of cells in use at which a sketch ends: with four rows it knows .7 ** 4 = .24 of unknown keys


class PastMemory:
    """Counts of links in the texts of the past."""

    def __init__(self, rows: int, width: int, seed: int, memory_s: float) -> None:
        self._shape = rows, width, seed
        self.memory_s = memory_s
        self._sketches = [CountMin(*self._shape)]  # the latest first
        self._texts = [0]
        self._since_s = [np.inf]

    @property
    def texts(self) -> int:
        """The number of distinct texts that are remembered."""
        return sum(self._texts)

    @property
    def since_s(self) -> float:
        """The time of the oldest of them in seconds since 1970; inf if there is none."""
        return min(self._since_s)

    @property
    def fill(self) -> float:
        """The share of cells in use, in the fullest sketch."""
        return max(sketch.fill for sketch in self._sketches)

    def add(self, keys: U64, counts: F64, texts: int, first_s: float, last_s: float) -> None:
        """Add the counts of links in `texts` texts that were written between `first_s` and `last_s`."""
        if last_s - self._since_s[0] >= self.memory_s / (GENERATIONS - 1) or self._is_full():
            self._sketches = [CountMin(*self._shape), *self._sketches[: GENERATIONS - 1]]
            self._texts = [0, *self._texts[: GENERATIONS - 1]]
            self._since_s = [np.inf, *self._since_s[: GENERATIONS - 1]]
        self._sketches[0].add(keys, counts)
        self._texts[0] += texts
        self._since_s[0] = min(self._since_s[0], first_s)

    def _is_full(self) -> bool:
        """Whether the latest sketch has reached its capacity, judged by a sample of its cells."""
        row = self._sketches[0].table[0, : 1 << 12]
        return self._texts[0] > 0 and float(np.count_nonzero(row)) / len(row) > FULL

    def counts(self, keys: U64) -> F64:
        """Return (n,) an upper bound of the number of texts that held each key."""
        found = np.zeros(len(keys))
        if len(keys):
            places = self._sketches[0].places(keys)
            for sketch in self._sketches:
                found += sketch.estimate_at(places)
        return found

    def state(self) -> dict[str, Any]:
        """Return the sketches in the library's format, and what they cover."""
        sketches = {f"past_{number}": sketch.to_bytes() for number, sketch in enumerate(self._sketches)}
        return {**sketches, "past_texts": np.array(self._texts), "past_since": np.array(self._since_s)}

    def restore(self, state: dict[str, Any]) -> None:
        """Load what `state` returned. Raises ValueError if it has another shape or seed."""
        number = len(state["past_texts"])
        sketches = [CountMin.from_bytes(state[f"past_{one}"], self._shape[2]) for one in range(number)]
        if any(sketch.shape != self._shape for sketch in sketches):
            raise ValueError(f"the memory of the past is not of (rows, width, seed) {self._shape}")
        self._sketches = sketches
        self._texts = [int(texts) for texts in state["past_texts"]]
        self._since_s = [float(since_s) for since_s in state["past_since"]]
