"""Bounded samples of text fingerprints, from which the number of texts that two words share is estimated.

A word's sample are the `SAMPLE` smallest hashes of its texts (bottom-k sketch: Cohen and Kaplan 2007). All words use
the same hashes, so words of the same texts have the same sample. Below its limit (its greatest hash; no limit if it has
at most `SAMPLE` texts) a sample is complete. Below the lower limit of two words both are complete, and the share of all
hashes that lies there is known, which gives the number of shared texts.
Guarantee: the sample of a union is the `SAMPLE` smallest hashes of the samples. Exact for words of up to `SAMPLE`
texts, else unbiased: n texts of which m are sampled have a standard deviation of about n / sqrt(m).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64

SAMPLE = 64
_ALL = float(1 << 64)


@dataclass(frozen=True, slots=True)
class TextSample:
    """A sample; `hashes` are sorted, `texts` is the number of all texts."""

    hashes: U64
    texts: int

    @classmethod
    def of(cls, hashes: U64) -> "TextSample":
        """Return the sample of the sorted hashes of all texts."""
        return cls(hashes[:SAMPLE].copy(), len(hashes))

    @property
    def limit(self) -> float:
        """The hash below which the sample is complete."""
        return float(self.hashes[-1]) if self.texts > len(self.hashes) > 0 else _ALL


class TextOverlap:
    """The samples of several words, compared by their index."""

    def __init__(self, samples: Sequence[TextSample]) -> None:
        hashes = [one.hashes for one in samples]
        self._texts = np.array([one.texts for one in samples], np.int64)
        sizes = np.array(list(map(len, hashes)), np.int64)
        self._word = np.repeat(np.arange(len(samples)), sizes)
        self._hashes = np.concatenate([np.zeros(0, np.uint64), *hashes])
        self._limits = np.full(len(samples), _ALL)
        cut = np.flatnonzero((self._texts > sizes) & (sizes > 0))
        self._limits[cut] = self._hashes[np.cumsum(sizes)[cut] - 1].astype(np.float64)

    def of(self, number: int) -> tuple[F64, F64]:
        """Return (samples,) the texts that a word shares with each other word, and their share of the rarer word's
        texts.

        The entry of the word itself is 0. Cost: one pass over all hashes.
        """
        mine = self._word == number
        common = np.flatnonzero(np.isin(self._hashes, self._hashes[mine]) & ~mine)
        limits = np.minimum(self._limits, self._limits[number])
        word = self._word[common]
        word = word[self._hashes[common].astype(np.float64) < limits[word]]
        shared: F64 = np.bincount(word, minlength=len(limits)) * (_ALL / np.maximum(1.0, limits))
        rarer = np.maximum(1, np.minimum(self._texts, self._texts[number]))
        return shared, np.minimum(1.0, shared / rarer)
