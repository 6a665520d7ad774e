"""The word lists as the rules use them: known, denied and allowed words.

Each is a function from an array of word keys (64-bit hashes of folded words, `text.hash64.word_key`) to whether each is
on the list. An allowed word passes even if it is known or denied. `sources.word_list_files` reads the files.
"""

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
