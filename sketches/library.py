"""Two uses of Apache DataSketches' `count_min_sketch`: a check at each start, and estimates of stored tables.

`cells_differ` counts the same 2000 random keys with our `CountMin` and with the library and compares the bytes; the
service refuses to start if they differ. `StoredTable` reads estimates from a stored table and finds the cells with the
library's hashing, not with ours: from Python the library reads only sketches of its default seed, so for another seed
it is asked in which cells of an empty sketch of the same shape it would count an item.
Cost: the check some milliseconds; an estimate about 50 ms for a table of 33 MB.
"""

from typing import Any

import numpy as np
from datasketches import count_min_sketch

from sketches.count_min import HEADER, CountMin
from sketches.hashing import DEFAULT_SEED

PROOF_KEYS = 2000
PROOF_WIDTHS = (4096, 997)  # a power of two, whose remainder is taken otherwise, and none


def cells_differ(rows: int, seed: int) -> str | None:
    """Compare some thousand keys; return where our table first differs from the library's, None if it does not."""
    keys = np.random.default_rng(seed).integers(0, 1 << 63, PROOF_KEYS, dtype=np.uint64)
    weights = (np.arange(PROOF_KEYS) % 7 + 1).astype(np.float64)
    for width in PROOF_WIDTHS:
        ours, theirs = CountMin(rows, width, seed), count_min_sketch(rows, width, seed)
        ours.add(keys, weights)
        for key, weight in zip(keys.tolist(), weights.tolist(), strict=True):
            theirs.update(key, weight)
        if ours.to_bytes() != theirs.serialize():
            return f"a count-min table of {rows} rows of {width} cells, seed {seed}, differs from that of datasketches"
    return None


class StoredTable:
    """A table written by `CountMin.to_bytes` or the library's `serialize`, read with the library's hashing."""

    def __init__(self, data: bytes | memoryview, seed: int) -> None:
        """Raises ValueError if the bytes are not a table with that seed."""
        *_, self._width, self._rows, _, self.total = HEADER.unpack_from(data)
        self._table = CountMin.from_bytes(data, seed).table
        self._seed = seed
        self._whole: Any = count_min_sketch.deserialize(bytes(data)) if seed == DEFAULT_SEED else None

    def estimate(self, item: int) -> float:
        """Return the estimate for an item below 2 ** 63, in the weights with which it was stored."""
        if self._whole is not None:
            return float(self._whole.get_estimate(item))
        return float(self._table[np.arange(self._rows), self._places(item)].min())

    def _places(self, item: int) -> Any:
        """Return (rows,) the cells in which the library counts the item."""
        probe = count_min_sketch(self._rows, self._width, self._seed)
        probe.update(item, 1.0)
        cells = np.frombuffer(probe.serialize(), "<f8", offset=HEADER.size).reshape(self._rows, self._width)
        return cells.argmax(axis=1)
