"""The signs of a string, which the word model weighs, computed from the texts of the horizon.

Each text counts once, by its first mention. In names, `l_` and `r_` are the left and right side, `_a` the first and
`_z` the last unit. Shares are of the texts that hold the string.
"""

import numpy as np

from stream.finder import context_signs, link_signs, part_signs
from stream.finder.evidence import Evidence
from stream.horizon.bounded_counts import F32

NAMES = (*context_signs.NAMES, *link_signs.NAMES, *part_signs.NAMES)


def signs_of(evidence: Evidence) -> F32:
    """Return (strings, signs) in the order of `NAMES`."""
    found = {**context_signs.signs(evidence), **link_signs.signs(evidence), **part_signs.signs(evidence)}
    return np.stack([found[name] for name in NAMES], axis=1).astype(np.float32)
