"""64-bit hashes of strings, the same in every process: the keys of words in tables and of sources in context counts."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sketches.hashing import U64, SubstringHash


@lru_cache(1 << 14)
def word_key(folded: str) -> int:
    """Return the 64-bit key of a folded word; recent keys are cached, because each is looked up in several lists."""
    return int(word_keys([folded])[0])


def word_keys(folded: Sequence[str]) -> U64:
    """Return (words,) the 64-bit key of each folded word."""
    points = np.frombuffer("".join(folded).encode("utf-32-le", "surrogatepass"), "<u4")
    ends = np.cumsum([len(word) for word in folded], dtype=np.int64)
    begins = ends - np.array([len(word) for word in folded], np.int64)
    return SubstringHash(points).names(begins, ends)
