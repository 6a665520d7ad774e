"""How much a count-min sketch over-counts, seen on items that are never fed to it.

Whatever a sketch says of a *canary* is made of collisions alone, and an item that is fed collides just as much. So the
95th percentile over the canaries is what 19 of 20 estimates exceed the truth by at most.
Canaries have the highest bit set, which no character and no packed pair has.
"""

import numpy as np

from sketches.count_min import CountMin
from sketches.hashing import U64

CANARIES: U64 = np.arange(1000, dtype=np.uint64) | np.uint64(1 << 63)


def overcount(sketch: CountMin) -> float:
    """The count that 19 of 20 estimates exceed the truth by at most. Cost: one estimate of 1,000 items."""
    return float(np.quantile(sketch.estimate(CANARIES), 0.95))
