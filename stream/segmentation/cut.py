"""Runs and strong pairs -> pieces: every run is cut between two neighbours that are not a strong pair.

Adjacent letters and digits are never cut (iphone14pro, su7), because the PMI of single letters says nothing of a word.
Guarantee: the pieces of a run join to the run, every link inside a piece is strong, every cut link is not.
Cost: one look-up a pair, for all pairs of the batch at once.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.kernels import kernel
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.segmentation.pmi_model import StrongPairs
from stream.text.runs import I32, LETTER, U8, U32, Runs


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of a batch in reading order, as positions in `Runs.points`. Shapes (pieces,)."""

    begin: I32
    end: I32
    runs: Runs

    def words(self) -> list[str]:
        """Every piece as folded text.

        >>> import numpy as np
        >>> from stream.text.runs import Alphabet
        >>> from stream.segmentation.tally import pack, word_points
        >>> a, b = word_points("元宇")[:1], word_points("元宇")[1:]
        >>> model = StrongPairs(1, 0.0, pack(a, b), np.ones(1, np.float32), np.ones(1, np.float32))
        >>> cut(Alphabet(("han", "latin")).runs(["谈元宇，VR宙"]), model).words()
        ['谈', '元宇', 'vr', '宙']
        """
        text = self.runs.points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        return [text[a:b] for a, b in zip(self.begin.tolist(), self.end.tolist(), strict=True)]


def cut(runs: Runs, model: StrongPairs) -> Pieces:
    """Cut a batch with the model."""
    return Pieces(*bounds(runs.points, runs.kinds, model.bits), runs)


@kernel("stream.segmentation.cut_numba")
def bounds(points: U32, kinds: U8, bits: AdjacencyBitmap) -> tuple[I32, I32]:
    """Return (begin, end) of the pieces of runs, which are given as in `Runs`."""
    token = kinds >= LETTER
    return bounds_where(kinds, ~(bits.joins(points) | (token[:-1] & token[1:])))


def cut_where(runs: Runs, cuts: npt.NDArray[np.bool_]) -> Pieces:
    """Return the pieces when positions i and i + 1 are cut apart wherever `cuts[i]`; cuts has shape (n - 1,)."""
    return Pieces(*bounds_where(runs.kinds, cuts), runs)


def bounds_where(kinds: U8, cuts: npt.NDArray[np.bool_]) -> tuple[I32, I32]:
    """Return (begin, end) of what `cut_where` returns."""
    countable = kinds != 0
    joined = countable[:-1] & countable[1:] & ~cuts
    begins = countable & np.concatenate((np.ones(min(1, len(countable)), bool), ~joined))
    ends = countable & np.concatenate((~joined, np.ones(min(1, len(countable)), bool)))
    return np.flatnonzero(begins).astype(np.int32), np.flatnonzero(ends).astype(np.int32) + 1
