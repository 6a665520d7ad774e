"""Fingerprints of texts -> which are copies of a text that was read lately.

A text is a copy if the latest text before it that has one of its keys has the same name, or a signature like its own
(`text.near_duplicates`). Keys are kept in two generations. One ends when it spans `span_s` or holds `capacity` keys;
then the older one is forgotten. So copies are known of what came within `span_s`, unless more came since.
How texts are batched makes no difference within a generation. Memory: 24 bytes a key.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.text.near_duplicates import KEYS, Fingerprints, are_alike

BOOL = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Generation:
    """The latest text of each key: shapes (n,), keys sorted, and (n, 2)."""

    keys: U64
    signatures: U64

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, keys: U64) -> tuple[BOOL, U64]:
        """(n,) whether each key is known, (n, 2) the signature there."""
        if not len(self):
            return np.zeros(len(keys), bool), np.zeros((len(keys), 2), np.uint64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self) - 1)
        return self.keys[at] == keys, self.signatures[at]

    def updated(self, keys: U64, signatures: U64) -> "Generation":
        """The same with these sorted distinct keys in it."""
        at = np.searchsorted(self.keys, keys)
        known = np.zeros(len(keys), bool)
        known[at < len(self)] = self.keys[at[at < len(self)]] == keys[at < len(self)]
        self.signatures[at[known]] = signatures[known]
        return Generation(np.insert(self.keys, at[~known], keys[~known]),
                          np.insert(self.signatures, at[~known], signatures[~known], axis=0))  # fmt: skip


def _none() -> Generation:
    return Generation(np.zeros(0, np.uint64), np.zeros((0, 2), np.uint64))


class Copies:
    def __init__(self, capacity: int, span_s: float) -> None:
        self._capacity, self._span_s = capacity, span_s
        self._now, self._before = _none(), _none()
        self._since_s = np.inf

    def are_new(self, prints: Fingerprints, at_s: float) -> BOOL:
        """(n,) whether each text is no copy. Remembers them; `at_s` is when the last was written."""
        if at_s - self._since_s >= self._span_s or len(self._now) >= self._capacity:
            self._before, self._now, self._since_s = self._now, _none(), at_s
        self._since_s = min(self._since_s, at_s)
        rows = np.flatnonzero(prints.keys.ravel())
        rows = rows[np.argsort(prints.keys.ravel()[rows], kind="stable")]  # of a key, the texts in their order
        keys, signatures = prints.keys.ravel()[rows], prints.signatures[rows // KEYS]
        copies = self._are_copies(keys, signatures, rows % KEYS == 0)
        last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
        self._now = self._now.updated(keys[last], signatures[last])
        are_new = np.ones(len(prints.keys), bool)
        are_new[rows[copies] // KEYS] = False
        return are_new

    def _are_copies(self, keys: U64, signatures: U64, are_names: BOOL) -> BOOL:
        """(n,) whether the text before with the same key is the same or alike."""
        again = np.append(False, keys[1:] == keys[:-1])[: len(keys)]
        known, latest = again.copy(), np.roll(signatures, 1, axis=0)
        for generation in (self._now, self._before):
            asked = np.flatnonzero(~known)
            there, of_them = generation.find(keys[asked])
            latest[asked[there]], known[asked[there]] = of_them[there], True
        return known & (are_names | are_alike(signatures, latest))

    def state(self) -> dict[str, np.ndarray | float]:
        return {"copies_now": self._now.keys, "copies_now_signatures": self._now.signatures,
                "copies_before": self._before.keys, "copies_before_signatures": self._before.signatures,
                "copies_since": self._since_s}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        self._now, self._before = (_generation(state, name) for name in ("copies_now", "copies_before"))
        self._since_s = float(state["copies_since"])


def _generation(state: dict[str, Any], name: str) -> Generation:
    keys = np.asarray(state[name], np.uint64)
    signatures = state.get(f"{name}_signatures")
    if signatures is None:  # of a version that knew names only
        return Generation(keys, np.zeros((len(keys), 2), np.uint64))
    return Generation(keys, np.array(signatures, np.uint64).reshape(-1, 2))
