"""The word lists as the rules use them: known words, denied words, allowed words, each looked up by word key."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64

Lookup = Callable[[U64], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class WordLists:
    """The three lists; each maps word keys to whether they are on it."""

    known: Lookup
    deny: Lookup
    allow: Lookup

    @classmethod
    def none(cls) -> "WordLists":
        def nothing(keys: U64) -> npt.NDArray[np.bool_]:
            return np.zeros(len(keys), bool)

        return cls(nothing, nothing, nothing)

    def news(self, keys: U64) -> npt.NDArray[np.bool_]:
        """Return (n,) which words are allowed, or neither known nor denied."""
        return ~(self.known(keys) | self.deny(keys)) | self.allow(keys)
