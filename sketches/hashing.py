"""Hash 64-bit items to the cells of a count-min sketch, and substrings to 64-bit fingerprints, whole arrays at once.

The hash is the one of Apache DataSketches' `count_min_sketch`: MurmurHash3_x64_128 of the item's 8 little-endian
bytes, first half, modulo the width; the row seeds come from C++'s `minstd_rand0` as libstdc++ spreads it over 64 bits.
Both are written out here in integer arithmetic, so a stored sketch means the same on every platform and Python;
`tests/sketches/test_count_min.py` compares them with the library. Python's `hash()` differs in every process and is
never used.

Cost: some 20 passes of uint64 arithmetic for each row, over blocks that stay in the cache: 30 ns an item for 4 rows.
"""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]

_MASK = (1 << 64) - 1
BASE = 0x9E3779B97F4A7C15
C1, C2 = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)
F1, F2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
ITEM_BYTES, HALF = np.uint64(8), np.uint64(33)
_BLOCK = 8192  # items hashed at a time: four arrays of them fit into the second-level cache


def row_seeds(seed: int, rows: int) -> list[int]:
    """The seed of each row, as `count_min_sketch(rows, …, seed)` draws them."""
    engine = _minstd_rand0(seed)
    return [(_draw(engine, _MASK) + seed) & _MASK for _ in range(rows)]


def seed_hash(seed: int) -> int:
    """The 16 bits by which a stored sketch identifies its seed."""
    return int(_murmur3(_premix(np.array([seed], np.uint64)), 0)[0]) & 0xFFFF


def buckets(items: U64, seeds: list[int], width: int) -> npt.NDArray[np.int64]:
    """Bucket of each item in each row: shape (rows, items), values in [0, width)."""
    where = np.empty((len(seeds), len(items)), np.uint64)
    narrow = np.uint64(width - 1) if width & (width - 1) == 0 else None
    for first in range(0, len(items), _BLOCK):
        mixed = _premix(items[first : first + _BLOCK])
        for seed, row in zip(seeds, where[:, first : first + _BLOCK], strict=True):
            hashed = _murmur3(mixed, seed)
            if narrow is None:
                np.remainder(hashed, np.uint64(width), out=row)
            else:
                np.bitwise_and(hashed, narrow, out=row)  # the same, and a division less
    return where.view(np.int64)


DEFAULT_SEED = 9001
BASE_AT, MIX_AT = 1 << 16, (1 << 16) + 1  # places in `mixed_basic` behind the code points


class SubstringHash:
    """64-bit fingerprints of stretches of an array of code points; equal stretches have equal fingerprints.

    A polynomial hash over mixed code points, `sum(mixed[i] * base ** i)`; since `base` is odd, the fingerprint of a
    stretch is the difference of two prefix sums times a power of the inverse. The base and the mixing follow from the
    seed of `use_names_of`; without it nobody can make two stretches with equal fingerprints.
    Cost: O(n) once, then O(1) for each stretch.
    """

    def __init__(self, points: npt.NDArray[np.uint32]) -> None:
        powers = _names.powers(len(points) + 1)
        terms = _mixed(points)
        terms *= powers[0, : len(points)]
        self._prefix = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)))
        self._inverse = powers[1]

    def names(self, begin: npt.NDArray[np.signedinteger], end: npt.NDArray[np.signedinteger]) -> U64:
        """Return the fingerprints of the stretches [begin, end). Shape as `begin`."""
        return finalize((self._prefix[end] - self._prefix[begin]) * self._inverse[begin])


def use_names_of(seed: int) -> None:
    """Use this seed for all fingerprints of this process from now on; those made before become useless.

    A process belongs to one deployment, and fingerprints are made in very many places, so there is one seed for all.
    Call it before any is made: `run` does so, `replay` and the tests keep DEFAULT_SEED.
    """
    global _names
    _names = _Names(seed)


def seed_mark(seed: int) -> int:
    """Return the mark of a stored state, so that it is not used with another seed; 0 for DEFAULT_SEED."""
    return 0 if seed == DEFAULT_SEED else int(_derived(seed, 3)) >> 16 | 1


def mixed_basic() -> U64:
    """Return (65538,) the mixed code points of the basic plane.

    The base at BASE_AT, the seed of the mixing at MIX_AT.
    """
    return _names.basic


class _Names:
    """Base and mixing of one seed, and the powers of the base that were needed so far."""

    def __init__(self, seed: int) -> None:
        usual = seed == DEFAULT_SEED
        self._base = BASE if usual else int(_derived(seed, 1)) | 1
        mix = 1 if usual else int(_derived(seed, 2))
        points = _murmur3(_premix(np.arange(1 << 16, dtype=np.uint64)), mix)
        self.basic: U64 = np.concatenate((points, np.array([self._base, mix], np.uint64)))
        self._powers = np.ones((2, 1), np.uint64)

    def powers(self, length: int) -> U64:
        """(2, >= length): powers of the base, and of its inverse modulo 2 ** 64."""
        if self._powers.shape[1] < length:
            size = 1 << (length - 1).bit_length()
            base = np.array([[self._base], [pow(self._base, -1, 1 << 64)]], np.uint64)
            steps = np.concatenate((np.ones((2, 1), np.uint64), np.repeat(base, size - 1, axis=1)), axis=1)
            self._powers = np.cumprod(steps, axis=1, dtype=np.uint64)
        return self._powers


def _derived(seed: int, purpose: int) -> np.uint64:
    """64 bits derived from a seed that do not reveal it."""
    digest = blake2b(seed.to_bytes(8, "little"), digest_size=8, person=b"names %d" % purpose).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _mixed(points: npt.NDArray[np.uint32]) -> U64:
    """(n,) mixed code points: looked up in the basic plane, computed beyond it."""
    basic = _names.basic
    mixed = basic.take(points.astype(np.intp), mode="clip")
    beyond = np.flatnonzero(points > 0xFFFF)
    mixed[beyond] = _murmur3(_premix(points[beyond].astype(np.uint64)), int(basic[MIX_AT]))
    return mixed


def _premix(items: U64) -> U64:
    mixed = _rotate(items * C1, 31)
    mixed *= C2
    return mixed


def _murmur3(mixed: U64, seed: int) -> U64:
    start = np.uint64(seed)
    first = (mixed ^ start) ^ ITEM_BYTES
    first += start ^ ITEM_BYTES
    second = first + (start ^ ITEM_BYTES)
    finalize(first)
    first += finalize(second)
    return first


def finalize(value: U64) -> U64:
    """The values, mixed in place so that all bits depend on all (MurmurHash3)."""
    for factor in (F1, F2):
        value ^= value >> HALF
        value *= factor
    value ^= value >> HALF
    return value


def _rotate(value: U64, bits: int) -> U64:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


def _minstd_rand0(seed: int) -> Iterator[int]:
    state = seed % 2147483647 or 1
    while True:
        state = state * 16807 % 2147483647
        yield state - 1


def _draw(engine: Iterator[int], top: int) -> int:
    """A uniform integer in [0, top] from an engine of 2147483646 values, as libstdc++'s uniform_int_distribution."""
    span = 2147483646
    if top < span - 1:
        scale = (span - 1) // (top + 1)
        while (value := next(engine)) >= (top + 1) * scale:
            pass
        return value // scale
    while True:
        high = span * _draw(engine, top // span) & _MASK
        value = (high + next(engine)) & _MASK
        if high <= value <= top:
            return value


_names = _Names(DEFAULT_SEED)
