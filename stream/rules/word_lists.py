"""Words known beforehand, never to be announced, or let through all the same: look-ups by the key of a word."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64

Lookup = Callable[[U64], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class WordLists:
    """What is known beforehand; each a look-up of word keys."""

    known: Lookup
    deny: Lookup
    allow: Lookup

    @classmethod
    def none(cls) -> "WordLists":
        def nothing(keys: U64) -> npt.NDArray[np.bool_]:
            return np.zeros(len(keys), bool)

        return cls(nothing, nothing, nothing)

    def news(self, keys: U64) -> npt.NDArray[np.bool_]:
        """(n,) which words are neither known nor denied, or allowed all the same."""
        return ~(self.known(keys) | self.deny(keys)) | self.allow(keys)
