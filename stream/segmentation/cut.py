"""runs + strong pairs -> pieces: every run is cut wherever two neighbours are not a strong pair.

Letters and digits next to one another are never cut (iphone14pro, su7): PMI of single letters says nothing of a word.
Law: the pieces of a run join to the run, every inner link of a piece is strong, every cut link is not.
Cost: one look-up a pair, all pairs of the batch at once.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sketches.compiled import compiled
from stream.segmentation.pmi_model import StrongPairs
from stream.text.runs import I32, LETTER, Runs


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
    if (loops := compiled("stream.text.runs_numba")) and (tables := model.bits.tables):
        begin, end = loops.cut(runs.points, runs.kinds, *tables)
        return Pieces(begin, end, runs)
    token = runs.kinds >= LETTER
    return cut_where(runs, ~(model.bits.joins(runs.points) | (token[:-1] & token[1:])))


def with_compounds(pieces: Pieces, longest: int) -> Pieces:
    """The pieces, and each two neighbours that were cut apart, as one of at most `longest` characters.

    So a word with a weak link in it (小 | 风筝) can be heard at all. One of the two has two characters at least.
    """
    begin, end, runs = pieces.begin, pieces.end, pieces.runs
    if longest < 3 or len(begin) < 2:
        return pieces
    if loops := compiled("stream.text.runs_numba"):
        begin, end = loops.with_compounds(begin, end, longest)
        return Pieces(begin, end, runs)
    length = end[1:] - begin[:-1]
    first = np.flatnonzero((end[:-1] == begin[1:]) & (length >= 3) & (length <= longest))
    after = np.repeat(
        begin, 1 + np.bincount(first, minlength=len(begin))
    )  # each compound stands behind its first piece
    compound = first + np.arange(1, len(first) + 1)
    ends = np.empty_like(after)
    ends[compound] = end[first + 1]
    piece = np.ones(len(after), bool)
    piece[compound] = False
    ends[piece] = end
    return Pieces(after, ends, runs)


def cut_where(runs: Runs, cuts: npt.NDArray[np.bool_]) -> Pieces:
    """Pieces when position i and i + 1 are cut apart wherever `cuts[i]`; cuts has shape (n - 1,)."""
    countable = runs.kinds != 0
    joined = runs.inner & ~cuts
    begins = countable & np.concatenate((np.ones(min(1, len(countable)), bool), ~joined))
    ends = countable & np.concatenate((~joined, np.ones(min(1, len(countable)), bool)))
    return Pieces(np.flatnonzero(begins).astype(np.int32), np.flatnonzero(ends).astype(np.int32) + 1, runs)
