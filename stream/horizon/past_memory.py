"""What was in the texts that left the horizon: how many of them held each token, pair and triple.

Two generations of a count-min sketch, cell for cell the one of `datasketches.count_min_sketch` and stored in its
format. A generation ends when it spans `memory_s`, or is so full that estimates would be too high; then the older one
is forgotten. So what is remembered is between one and two times `memory_s` long, or what the sketches can tell apart.
Guarantee: a count is never too low. It is too high by chance: with a share `fill` of cells in use, for at most
`fill ** rows` of the keys that never came.
"""

import numpy as np

from sketches.count_min import F64, CountMin
from sketches.hashing import U64

FULL = 0.7  # share of cells in use at which a generation ends: with four rows a quarter of unknown keys look known


class PastMemory:
    def __init__(self, rows: int, width: int, seed: int, memory_s: float) -> None:
        self._shape = rows, width, seed
        self.memory_s = memory_s
        self._now, self._before = CountMin(*self._shape), CountMin(*self._shape)
        self._texts = [0, 0]  # of the generations
        self._since_s = [np.inf, np.inf]

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
        """Share of cells in use, in the fuller generation."""
        return max(self._now.fill, self._before.fill)

    def add(self, keys: U64, counts: F64, texts: int, at_s: float) -> None:
        """Remember that so many texts held each key; `at_s` is when the last of these texts was written."""
        if at_s - self._since_s[0] >= self.memory_s or self._is_full():
            self._before, self._now = self._now, CountMin(*self._shape)
            self._texts, self._since_s = [0, self._texts[0]], [np.inf, self._since_s[0]]
        self._now.add(keys, counts)
        self._texts[0] += texts
        self._since_s[0] = min(self._since_s[0], at_s)

    def _is_full(self) -> bool:
        """Whether the current generation holds what it can; looks at a part of the cells."""
        row = self._now.table[0, : 1 << 12]
        return self._texts[0] > 0 and float(np.count_nonzero(row)) / len(row) > FULL

    def counts(self, keys: U64) -> F64:
        """(n,) how many texts held each key, at most."""
        places = self._now.places(keys) if len(keys) else np.zeros((self._shape[0], 0), np.int64)
        found: F64 = self._now.estimate_at(places) + self._before.estimate_at(places)
        return found

    def state(self) -> dict[str, bytes | np.ndarray]:
        """Both sketches in the library's format, and what they cover."""
        return {"past_now": self._now.to_bytes(), "past_before": self._before.to_bytes(),
                "past_covers": np.array([*self._texts, *self._since_s])}  # fmt: skip

    def restore(self, now: bytes, before: bytes, covers: F64) -> None:
        """Go on from `state`. Raises ValueError if it is not of this shape and seed."""
        sketches = [CountMin.from_bytes(data, self._shape[2]) for data in (now, before)]
        if any(sketch.shape != self._shape for sketch in sketches):
            raise ValueError(f"the memory of the past is not of (rows, width, seed) {self._shape}")
        self._now, self._before = sketches
        self._texts, self._since_s = [int(covers[0]), int(covers[1])], [float(covers[2]), float(covers[3])]
