"""A stored record of sketches -> counts that can be asked for, with the library's own hashing (`sketches.library`).

Used to inspect what a service has stored; the roles themselves restore a `PairSketch`.
"""

from dataclasses import dataclass

import numpy as np

from sketches.library import StoredTable
from stream.segmentation.tally import pack, word_points
from stream.state.chunks import StateRecord

UNSET = -(1 << 62)  # the landmark of a sketch that nothing was counted in


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """The sketches of one record. Counts are decayed to the time asked for (seconds since 1970)."""

    characters: StoredTable
    pairs: StoredTable
    landmark: int
    half_life_s: float

    def character(self, character: str, at_s: float) -> float:
        """Return the estimated count of a character."""
        return self.characters.estimate(ord(character)) * self._scale(at_s)

    def pair(self, left: str, right: str, at_s: float) -> float:
        """Return the estimated count of two adjacent characters."""
        points = word_points(left + right)
        return self.pairs.estimate(int(pack(points[:1], points[1:])[0])) * self._scale(at_s)

    def pairs_in_all(self, at_s: float) -> float:
        """Return the count of all pairs together."""
        return float(self.pairs.total * self._scale(at_s))

    def _scale(self, at_s: float) -> float:
        return float(2.0 ** (self.landmark - at_s / self.half_life_s))


def stored_counts(record: StateRecord, seed: int) -> StoredCounts | None:
    """Return the counts of a record; None if it holds no sketches, is of another seed, or nothing was counted."""
    try:
        (landmark,) = np.frombuffer(record.parts["landmark"], "<i8").tolist()
        characters, pairs = (StoredTable(record.parts[name], seed) for name in ("chars", "pairs"))
        half_life_s = float(record.meta["half_life_s"])
    except (KeyError, ValueError):
        return None
    return None if landmark == UNSET else StoredCounts(characters, pairs, int(landmark), half_life_s)
