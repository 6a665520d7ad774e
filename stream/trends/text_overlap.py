"""Texts of many words -> how many texts each two words share.

Each word has a sample of its texts: the `SAMPLE` smallest of their 64-bit hashes (bottom-k), so that samples of two words
hold the same texts where the words share texts. Estimate (Cohen & Kaplan 2007, bottom-k sketches): of the hashes up to
the smaller of the two samples' largest, the shared ones are an unbiased sample of the shared texts.
Exact for words in at most `SAMPLE` texts. Cost of `of`: one look-up a sampled text.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64

SAMPLE = 128
I64 = npt.NDArray[np.int64]


class TextOverlap:
    """`texts` are the sorted hashes of each word's texts, shape (texts of the word,)."""

    def __init__(self, texts: Sequence[U64]) -> None:
        self._counts = np.array([len(one) for one in texts], np.int64)
        samples = [one[:SAMPLE] for one in texts]
        self._samples = samples
        self._largest = np.array([one[-1] if len(one) == SAMPLE else ~np.uint64(0) for one in samples], np.uint64)
        self._hashes = np.concatenate([np.zeros(0, np.uint64), *samples])
        self._words = np.repeat(np.arange(len(samples)), [len(one) for one in samples])

    def of(self, number: int) -> tuple[I64, F64]:
        """(words,) each: texts shared with a word, and their share of the rarer of both. Nothing with itself."""
        mine = self._samples[number]
        place = np.minimum(np.searchsorted(mine, self._hashes), max(len(mine) - 1, 0))
        common = mine[place] == self._hashes if len(mine) else np.zeros(len(self._hashes), bool)
        bound = np.minimum(self._largest, self._largest[number])
        within = self._hashes <= bound[self._words]
        found = np.bincount(self._words[common & within], minlength=len(self._counts)).astype(np.float64)
        sampled = np.array([np.searchsorted(mine, most, "right") for most in bound], np.float64)
        shared = found / np.maximum(sampled, 1) * self._counts[number]
        shared[number] = 0
        overlap = shared / np.maximum(np.minimum(self._counts, self._counts[number]), 1)
        return np.rint(shared).astype(np.int64), np.minimum(overlap, 1.0)
