"""Names of texts -> which are copies of a text that was read lately.

Names are kept in two generations. One ends when it spans `span_s` or holds `capacity` names; then the older one is
forgotten. So a text is a copy if it has the name of one that came within `span_s`, unless more texts came since.
"""

import numpy as np
import numpy.typing as npt

from sketches.candidates import contains
from sketches.hashing import U64


class Copies:
    def __init__(self, capacity: int, span_s: float) -> None:
        self._capacity, self._span_s = capacity, span_s
        self._now, self._before = np.zeros(0, np.uint64), np.zeros(0, np.uint64)  # sorted
        self._since_s = np.inf

    def are_new(self, names: U64, at_s: float) -> npt.NDArray[np.bool_]:
        """(n,) whether each text is the first of its name. Remembers them; `at_s` is when the last was written."""
        if at_s - self._since_s >= self._span_s or len(self._now) >= self._capacity:
            self._before, self._now, self._since_s = self._now, np.zeros(0, np.uint64), at_s
        self._since_s = min(self._since_s, at_s)
        distinct, first = np.unique(names, return_index=True)
        known = contains(self._now, distinct)
        fresh = ~known & ~contains(self._before, distinct)
        more = distinct[~known]
        self._now = np.insert(self._now, np.searchsorted(self._now, more), more)
        are_new = np.zeros(len(names), bool)
        are_new[first[fresh]] = True
        return are_new

    def state(self) -> dict[str, np.ndarray | float]:
        return {"copies_now": self._now, "copies_before": self._before, "copies_since": self._since_s}

    def restore(self, now: U64, before: U64, since_s: float) -> None:
        self._now, self._before, self._since_s = now, before, since_s
