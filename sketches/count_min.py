"""A count-min sketch: how often each of very many items occurred, in a table of fixed size.

Guarantee (Cormode & Muthukrishnan 2005): an estimate is never below the true count, and exceeds it by more than
`e / width * total` with probability at most `exp(-rows)`. Estimates therefore err in one direction only.

The table is the one `datasketches.count_min_sketch(rows, width, seed)` would hold, cell for cell, and `to_bytes` is
its format; ours adds what the library lacks: whole arrays at a time, and scaling by a factor.
It does not list its items (`sketches.candidates` does) and knows nothing of time (`sketches.pair_sketch` does).
"""

import struct
from math import inf
from typing import Self

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64, buckets, row_seeds, seed_hash
from sketches.kernels import kernel

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
HEADER = struct.Struct("<BBBB4xIBHxd")  # preamble longs, serial version, family, flags, width, rows, seed hash, total
_PREAMBLE = (2, 1, 18, 0)
MOST_ROWS = 64
STEP = 2048  # items whose cells are asked for the count when all are added: they are in the cache still


class CountMin:
    """`rows` x `width` cells of float64. Add and estimate cost O(rows) an item."""

    __slots__ = ("_seeds", "_stored", "rows", "seed", "table", "total", "width")

    def __init__(self, rows: int, width: int, seed: int) -> None:
        self.rows, self.width, self.seed = rows, width, seed
        self._stored = np.zeros(HEADER.size + rows * width * 8, np.uint8)  # as `to_bytes` gives it, but for the header
        self.table: F64 = self._stored[HEADER.size :].view("<f8").reshape(rows, width)
        self.total = 0.0
        self._seeds = row_seeds(seed, rows)

    def add(self, items: U64, weights: F64, floor: float = 0.0) -> npt.NDArray[np.bool_]:
        """Count each item with its weight (>= 0). Shapes (n,) and (n,); an item may occur twice.

        Returns (n,) whether the count of each reached the floor when its step of `STEP` items was counted.
        """
        self.total += float(weights.sum())
        return add_reaching(items, weights, self.table, np.array(self._seeds, np.uint64), floor, STEP)

    def estimate(self, items: U64) -> F64:
        """Return the counts of the items, each at least the true one. Shape (n,)."""
        if not len(items):
            return np.zeros(0)
        return smallest_cells(buckets(items, self._seeds, self.width), self.table)

    def places(self, items: U64) -> I64:
        """Return the cells in which the items are counted, to estimate them again without hashing. Shape (rows, n)."""
        return cells_of(items, np.array(self._seeds, np.uint64), self.width)

    def places_in(self, row: int, items: U64) -> I64:
        """Return (n,) the cells of the items in one row; that row alone gives an upper bound of the estimate."""
        places: I64 = buckets(items, self._seeds[row : row + 1], self.width)[0]
        return places

    def estimate_at(self, places: I64) -> F64:
        """Return `estimate` for items with these cells."""
        return smallest_cells(places, self.table)

    def merge(self, other: Self) -> None:
        """Add another sketch's counts. Raises ValueError if rows, width or seed differ."""
        if self.shape != other.shape:
            raise ValueError(f"cannot merge a sketch of (rows, width, seed) {other.shape} into one of {self.shape}")
        self.table += other.table
        self.total += other.total

    def scale(self, factor: float) -> None:
        """Multiply every count; exact when the factor is a power of two."""
        self.table *= factor
        self.total *= factor

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.rows, self.width, self.seed

    @property
    def fill(self) -> float:
        """Share of cells in use, in the fullest row."""
        return float((np.count_nonzero(self.table, axis=1) / self.width).max())

    def to_bytes(self) -> bytes:
        """Return the bytes that `count_min_sketch.serialize()` gives for the same counts.

        For an empty sketch the library writes only the first 16 bytes; here the whole table is written, so that its
        length always tells its shape.
        """
        return bytes(self.stored())

    def stored(self) -> memoryview:
        """Return `to_bytes` without a copy: a view of the cells, valid until something is counted."""
        HEADER.pack_into(self._stored.data, 0, *_PREAMBLE, self.width, self.rows, seed_hash(self.seed), self.total)
        return self._stored.data.toreadonly()

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, seed: int) -> Self:
        """Return the sketch that `to_bytes` wrote. Raises ValueError if the data is not one, or has another seed.

        Changed cells are not detected, so store the bytes with a checksum.
        """
        if len(data) < HEADER.size:
            raise ValueError(f"a sketch has at least {HEADER.size} bytes, not {len(data)}")
        *preamble, width, rows, hashed, total = HEADER.unpack_from(data)
        expected = HEADER.size + rows * width * 8
        if tuple(preamble) != _PREAMBLE or not 0 < rows <= MOST_ROWS or not width or len(data) != expected:
            raise ValueError(f"not a count-min sketch of {rows} x {width} cells: {len(data)} bytes, header {preamble}")
        if hashed != seed_hash(seed):
            raise ValueError(f"a sketch of another seed than {seed}")
        sketch = cls(rows, width, seed)
        sketch.table[:] = np.frombuffer(data, "<f8", offset=HEADER.size).reshape(rows, width)
        if not (0 <= total < inf and sketch.table.min() >= 0 and sketch.table.max() < inf):  # false for NaN too
            raise ValueError("a count-min sketch with cells or a total that no counting gives")
        sketch.total = total
        return sketch


@kernel("sketches.loops_numba")
def add_reaching(items: U64, weights: F64, table: F64, seeds: U64, floor: float, step: int) -> npt.NDArray[np.bool_]:
    """Add the weights to the cells of the items, `step` items at a time.

    Returns (n,) whether the smallest cell of each item is at least the floor once its step is added.
    """
    reached = np.empty(len(items), bool)
    for first in range(0, len(items), step):
        part = slice(first, first + step)
        places = buckets(items[part], seeds.tolist(), table.shape[1])
        for row, where in zip(table, places, strict=True):
            np.add.at(row, where, weights[part])
        reached[part] = smallest_cells(places, table) >= floor
    return reached


@kernel("sketches.loops_numba")
def cells_of(items: U64, seeds: U64, width: int) -> I64:
    """Return (rows, n) the cells of the items in rows with these seeds."""
    return buckets(items, seeds.tolist(), width)


@kernel("sketches.loops_numba")
def smallest_cells(places: I64, table: F64) -> F64:
    """Return (n,) the smallest cell of each item over the rows; `places` has shape (rows, n)."""
    smallest: F64 = np.take(table[0], places[0])
    for row, where in zip(table[1:], places[1:], strict=True):
        np.minimum(smallest, np.take(row, where), out=smallest)
    return smallest
