"""a word + how its parts live -> whether it is one word: not glued, not led by a part, and bound where it was cut.

Parts are pieces of their own in the same texts or others; `TextCounts` tells in how many texts of the horizon each is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.segmentation.pmi_model import StrongPairs
from stream.text.hash64 import word_keys

TextCounts = Callable[[U64], npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Lives:
    """In how many texts the parts of a word are: by where it is split, those before and those behind."""

    first: dict[int, float]  # the first so many characters, from 2 on
    second: dict[int, float]  # all but the first so many, to the last 2

    @property
    def most(self) -> float:
        """Of the part that is in most."""
        return max([*self.first.values(), *self.second.values()], default=0.0)

    @property
    def halves(self) -> float:
        """Of the rarer of two halves, where a split gives words on both sides."""
        return max((min(self.first[at], self.second[at]) for at in self.first.keys() & self.second), default=0.0)


def lives(word: str, texts: TextCounts) -> Lives:
    """How the parts of a folded word live."""
    begins, ends = range(2, len(word)), range(1, len(word) - 1)
    found = texts(word_keys([word[:at] for at in begins] + [word[at:] for at in ends])).tolist() if begins else []
    first, second = found[: len(begins)], found[len(begins) :]
    return Lives(dict(zip(begins, first, strict=True)), dict(zip(ends, second, strict=True)))


def part_rule(word: str, count: int, seam: int | None, live: Lives, max_ratio: float, min_bound: float) -> str | None:
    """The first rule that its parts break: glued, dominated, unbound.

    Glued: falls into two words that both live on their own, in as many texts or more as together (檀健次 + 演唱会).
    Dominated: begins or ends with a word in `max_ratio` times as many texts (冰墩墩 + 帽子): a phrase with it.
    Unbound: cut at `seam` by a weak link, and no part of it appears mostly here (冰墩墩 | 真).
    """
    if len(word) < 3:
        return None
    first, second = live.first, live.second
    splits = [at for at in range(2, len(word) - 1) if at != seam]  # both sides of a seam are pieces in all its texts
    if any(first[at] >= count and second[at] >= count for at in splits):
        return "glued"
    if live.most >= max_ratio * count:
        return "dominated"
    if seam is not None and count < min_bound * min(first.get(seam, np.inf), second.get(seam, np.inf)):
        return "unbound"
    return None


def weak_links(word: str, model: StrongPairs) -> list[int]:
    """Where a folded word would be cut: the positions before which there is a weak link (`segment.cut`).

    Letters and digits are never cut apart: of the countable characters just they are ASCII.
    """
    links = model.links(word)
    token = [one.isascii() and other.isascii() for one, other in pairwise(word)]
    return [at + 1 for at, pmi in enumerate(links) if not np.isfinite(pmi) and not token[at]]
