"""When a candidate is judged: each time its count reaches a new rung, at 3, 4, 5, 6 texts and then each root of two.

This bounds the work for a frequent word, and the number of trials in which chance can pass. Rungs are remembered for
two generations of a horizon each; a candidate that is not seen for longer starts again.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.horizon.bounded_counts import BoundedCounts
from stream.text.runs import I64


def rung_of(counts: I64, least: int) -> I64:
    """Return (n,) the rung that each count has reached: 1 for `least` texts, 0 for fewer.

    >>> rung_of(np.array([2, 3, 4, 6, 8, 9, 12]), 3).tolist()
    [0, 1, 2, 4, 4, 5, 6]
    """
    far = 4 + np.floor(np.log2(np.maximum(counts, 6) / 6) * 2 + 1e-9)
    return np.where(counts <= 6, np.maximum(counts - least + 1, 0), far).astype(np.int64)


class Rungs:
    """The rungs at which candidates were judged, at most `capacity` in each of two generations."""

    def __init__(self, capacity: int, least: int) -> None:
        self._capacity, self._least = capacity, least
        self._now, self._before = BoundedCounts(1), BoundedCounts(1)
        self._since_s = np.inf

    def __len__(self) -> int:
        """The number of candidates judged within about a horizon."""
        return max(len(self._now), len(self._before))

    def reached(self, keys: U64, counts: I64, now_s: float, horizon_s: float) -> npt.NDArray[np.bool_]:
        """Return (n,) which of these distinct candidates are on a rung at which they were not judged, and remember
        it.
        """
        self._forget(now_s, horizon_s)
        rung = rung_of(counts, self._least)
        known = self._now.get(keys)[:, 0]
        before = np.maximum(known, self._before.get(keys)[:, 0])
        new = rung > before
        raised = np.where(new, rung, before) - known
        self._now.add(keys, raised[:, None].astype(np.float32))
        return new

    def _forget(self, now_s: float, horizon_s: float) -> None:
        self._since_s = min(self._since_s, now_s)
        if now_s - self._since_s >= horizon_s or len(self._now) >= self._capacity:
            self._before, self._now, self._since_s = self._now, BoundedCounts(1), now_s

    def state(self) -> dict[str, np.ndarray | float]:
        (now, rungs), (before, older) = self._now.columns(), self._before.columns()
        return {"rungs_now": now, "rungs_now_counts": rungs, "rungs_before": before, "rungs_before_counts": older,
                "rungs_since": self._since_s}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        for table, name in ((self._now, "rungs_now"), (self._before, "rungs_before")):
            table.restore(np.asarray(state[name]), np.asarray(state[f"{name}_counts"]))
        self._since_s = float(state["rungs_since"])
