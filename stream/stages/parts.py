"""a word + how its parts live -> whether it is one word: not glued, not led by a part, and bound where it was cut.

Parts are pieces of their own in the same texts or others; `Texts` tells in how many texts of the horizon each is.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.stages.cohesion import StrongPairs
from stream.stages.words import word_keys

Texts = Callable[[U64], npt.NDArray[np.float64]]


def part_rule(word: str, count: int, seam: int | None, texts: Texts, max_ratio: float, min_bound: float) -> str | None:
    """The first rule that its parts break: glued, dominated, unbound.

    Glued: falls into two words that both live on their own, in as many texts or more as together (檀健次 + 演唱会).
    Dominated: begins or ends with a word in `max_ratio` times as many texts (冰墩墩 + 帽子): a phrase with it.
    Unbound: cut at `seam` by a weak link, and no part of it appears mostly here (冰墩墩 | 真).
    """
    if len(word) < 3:
        return None
    begins, ends = range(2, len(word)), range(1, len(word) - 1)
    found = texts(word_keys([word[:at] for at in begins] + [word[at:] for at in ends]))
    first = dict(zip(begins, found[: len(begins)].tolist(), strict=True))
    second = dict(zip(ends, found[len(begins) :].tolist(), strict=True))
    splits = [at for at in range(2, len(word) - 1) if at != seam]  # both sides of a seam are pieces in all its texts
    if any(first[at] >= count and second[at] >= count for at in splits):
        return "glued"
    if max([*first.values(), *second.values()]) >= max_ratio * count:
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
