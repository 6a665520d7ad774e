"""Words -> a set of their 64-bit keys: sorted, 8 bytes a word, looked up for whole arrays at a time.

The words themselves are not kept. Guarantee: the set contains the key of a word exactly if it was built from a word
that folds to the same form. Cost: about 0.5 µs a word to build, one binary search for each look-up.
"""

from collections.abc import Iterable
from itertools import islice

import numpy as np
import numpy.typing as npt

from sketches.candidates import contains
from sketches.hashing import U64, SubstringHash
from stream.text.hash64 import word_keys
from stream.text.runs import fold_word, folding

BATCH = 16_384  # words hashed at a time: whole dictionaries would need hundreds of bytes a word for a moment


class WordSet:
    """Built once from words, folded as they are counted; the empty word is none.

    >>> from stream.text.hash64 import word_key
    >>> keys = np.array([word_key("iphone"), word_key("元宇宙")], np.uint64)
    >>> WordSet(["Ｉphone", "手机"]).contains(keys).tolist()
    [True, False]
    """

    __slots__ = ("keys",)

    def __init__(self, words: Iterable[str] = ()) -> None:
        rest = iter(words)
        batches = [np.zeros(0, np.uint64)]
        while batch := list(islice(rest, BATCH)):
            batches.append(_keys([word for word in batch if word]))
        self.keys: U64 = np.unique(np.concatenate(batches))

    def __len__(self) -> int:
        return len(self.keys)

    def contains(self, keys: U64) -> npt.NDArray[np.bool_]:
        """Return (n,) which of the keys are in the set."""
        return contains(self.keys, keys)


def _keys(words: list[str]) -> U64:
    """Return (words,) `word_key` of each folded word, for all of them at once."""
    points = folding()[np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), "<u4")]
    if ((points[2:] == points[1:-1]) & (points[1:-1] == points[:-2])).any():  # few words are laughter
        return word_keys([fold_word(word) for word in words])
    ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)))
    begins = np.concatenate((np.zeros(1, np.int64), ends))[:-1]
    return SubstringHash(points).names(begins, ends)
