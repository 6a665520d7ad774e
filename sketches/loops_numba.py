"""The compiled loops of `hashing`, `count_min` and `candidates`, and the decorator `loop`, which compiles a loop."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numba import njit

from sketches.count_min import F64
from sketches.hashing import C1, C2, F1, F2, HALF, ITEM_BYTES, U64
from sketches.kernels import compiling, keeps_compiled

Loop = TypeVar("Loop", bound=Callable[..., Any])
_TURN = np.uint64(31)


def loop(function: Loop) -> Loop:
    """Compile the function when it is first called."""
    made: Any = njit(cache=keeps_compiled(function.__code__.co_filename), nogil=True)(function)
    load = made._cache.load_overload

    def load_or_tell(*of: Any) -> Any:
        found = load(*of)
        if found is None:
            compiling()
        return found

    made._cache.load_overload = load_or_tell
    if hasattr(made._cache, "save_overload"):
        save = made._cache.save_overload

        def save_if_possible(*of: Any) -> None:
            with suppress(OSError):  # in an image nothing can be written
                save(*of)

        made._cache.save_overload = save_if_possible
    compiled: Loop = made
    return compiled


@loop
def finalize(value: np.uint64) -> np.uint64:
    value ^= value >> HALF
    value *= F1
    value ^= value >> HALF
    value *= F2
    return value ^ (value >> HALF)


@loop
def premix(item: np.uint64) -> np.uint64:
    mixed = item * C1
    return ((mixed << _TURN) | (mixed >> HALF)) * C2


@loop
def murmur3(mixed: np.uint64, seed: np.uint64) -> np.uint64:
    first = ((mixed ^ seed) ^ ITEM_BYTES) + (seed ^ ITEM_BYTES)
    second = first + (seed ^ ITEM_BYTES)
    return finalize(first) + finalize(second)


@loop
def _places(mixed: U64, seed: np.uint64, width: int, places: np.ndarray) -> None:
    """The same as `hashing.buckets` for one row, without a branch, so that the processor handles eight items at
    once.
    """
    wide = np.uint64(width)
    narrow = wide - np.uint64(1)
    if (wide & narrow) == np.uint64(0):
        for i in range(len(mixed)):
            places[i] = murmur3(mixed[i], seed) & narrow
    else:
        for i in range(len(mixed)):
            places[i] = murmur3(mixed[i], seed) % wide


@loop
def add_reaching(items: U64, weights: F64, table: F64, seeds: U64, floor: float, step: int) -> np.ndarray:
    """The same as `count_min.add_reaching`.

    The cells of a step are computed before they are accessed, so that they are fetched in parallel.
    """
    rows, width = table.shape
    reached, places, mixed = np.ones(len(items), np.bool_), np.empty(step, np.uint32), np.empty(step, np.uint64)
    for first in range(0, len(items), step):
        number = min(step, len(items) - first)
        some, enough = weights[first : first + number], reached[first : first + number]
        for i in range(number):
            mixed[i] = premix(items[first + i])
        for row in range(rows):
            cells = table[row]
            _places(mixed[:number], seeds[row], width, places)
            for i in range(number):
                cells[places[i]] += some[i]
            for i in range(number):
                enough[i] &= cells[places[i]] >= floor
    return reached


@loop
def cells_of(items: U64, seeds: U64, width: int) -> np.ndarray:
    """The same as `count_min.cells_of`."""
    places, wide = np.empty((len(seeds), len(items)), np.int64), np.uint64(width)
    narrow = wide - np.uint64(1)
    for i in range(len(items)):
        mixed = premix(items[i])
        for row in range(len(seeds)):
            hashed = murmur3(mixed, seeds[row])
            places[row, i] = hashed & narrow if (wide & narrow) == np.uint64(0) else hashed % wide
    return places


def smallest_cells(places: np.ndarray, table: F64) -> F64:
    """Call the loop with arrays in the one layout for which it is compiled."""
    smallest: F64 = least_cells(np.ascontiguousarray(places), table)
    return smallest


@loop
def least_cells(places: np.ndarray, table: F64) -> F64:
    """The same as `count_min.smallest_cells`."""
    smallest = np.empty(places.shape[1], np.float64)
    for i in range(places.shape[1]):
        least = table[0, places[0, i]]
        for row in range(1, places.shape[0]):
            least = min(least, table[row, places[row, i]])
        smallest[i] = least
    return smallest


@loop
def maybe_absent(items: U64, chosen: np.ndarray, ordered: U64) -> U64:
    """The same as `candidates.maybe_absent`; exact if the items are sorted."""
    others, number = np.empty(len(items) + 1, np.uint64), 0
    i = j = 0
    while i < len(items) and j < len(ordered):
        item, there = items[i], ordered[j]
        others[number] = item
        number += (item < there) & chosen[i]
        i, j = i + (item <= there), j + (there <= item)
    for left in range(i, len(items)):
        others[number] = items[left]
        number += chosen[left]
    return others[:number].copy()
