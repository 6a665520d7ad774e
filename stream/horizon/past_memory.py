"""What was in the texts that left the horizon: how many of them held each token, pair and triple.

The memory is a row of count-min sketches, each cell for cell the one of `datasketches.count_min_sketch` and stored in
its format. Each covers a quarter of `memory_s`, or less if it is full before; five of them are kept, so that between
one and one and a quarter of `memory_s` is remembered. (Two that cover all of it each were tried: what had been in the
news up to two years ago was then not new, which cost a sixth of the judged words of slow streams.)
Guarantee: a count is never too low. It is too high by chance: with a share `fill` of cells in use, a sketch knows
`fill ** rows` of the keys that never came.
"""

from typing import Any

import numpy as np

from sketches.count_min import F64, CountMin
from sketches.hashing import U64

GENERATIONS = 5
FULL = 0.7  # share of cells in use at which a sketch ends: with four rows it knows .7 ** 4 = .24 of unknown keys


class PastMemory:
    def __init__(self, rows: int, width: int, seed: int, memory_s: float) -> None:
        self._shape = rows, width, seed
        self.memory_s = memory_s
        self._sketches = [CountMin(*self._shape)]  # the latest first
        self._texts = [0]
        self._since_s = [np.inf]

    @property
    def texts(self) -> int:
        """Distinct texts that are remembered."""
        return sum(self._texts)

    @property
    def since_s(self) -> float:
        """When the oldest of them was written; infinite while there is none."""
        return min(self._since_s)

    @property
    def fill(self) -> float:
        """Share of cells in use, in the fullest sketch."""
        return max(sketch.fill for sketch in self._sketches)

    def add(self, keys: U64, counts: F64, texts: int, first_s: float, last_s: float) -> None:
        """Remember that so many texts held each key; they were written between these times."""
        if last_s - self._since_s[0] >= self.memory_s / (GENERATIONS - 1) or self._is_full():
            self._sketches = [CountMin(*self._shape), *self._sketches[: GENERATIONS - 1]]
            self._texts = [0, *self._texts[: GENERATIONS - 1]]
            self._since_s = [np.inf, *self._since_s[: GENERATIONS - 1]]
        self._sketches[0].add(keys, counts)
        self._texts[0] += texts
        self._since_s[0] = min(self._since_s[0], first_s)

    def _is_full(self) -> bool:
        """Whether the latest sketch holds what it can; looks at a part of the cells."""
        row = self._sketches[0].table[0, : 1 << 12]
        return self._texts[0] > 0 and float(np.count_nonzero(row)) / len(row) > FULL

    def counts(self, keys: U64) -> F64:
        """(n,) how many texts held each key, at most."""
        found = np.zeros(len(keys))
        if len(keys):
            places = self._sketches[0].places(keys)
            for sketch in self._sketches:
                found += sketch.estimate_at(places)
        return found

    def state(self) -> dict[str, Any]:
        """The sketches in the library's format, and what they cover."""
        sketches = {f"past_{number}": sketch.to_bytes() for number, sketch in enumerate(self._sketches)}
        return {**sketches, "past_texts": np.array(self._texts), "past_since": np.array(self._since_s)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError if it is not of this shape and seed."""
        number = len(state["past_texts"])
        sketches = [CountMin.from_bytes(state[f"past_{one}"], self._shape[2]) for one in range(number)]
        if any(sketch.shape != self._shape for sketch in sketches):
            raise ValueError(f"the memory of the past is not of (rows, width, seed) {self._shape}")
        self._sketches = sketches
        self._texts = [int(texts) for texts in state["past_texts"]]
        self._since_s = [float(since_s) for since_s in state["past_since"]]
