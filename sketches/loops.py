"""The arithmetic of `hashing` and `count_min` as loops for numba, one item at a time: what it means stands there."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numba import njit

from sketches.compiled import is_kept
from sketches.count_min import F64
from sketches.hashing import C1, C2, F1, F2, HALF, ITEM_BYTES, U64

Loop = TypeVar("Loop", bound=Callable[..., Any])
_TURN = np.uint64(31)
_BLOCK = 2048  # items whose places are worked out before their cells are touched: so the cells are fetched side by side


def loop(function: Loop) -> Loop:
    """Compiled when it is first called."""
    made: Any = njit(cache=is_kept(function.__code__.co_filename), nogil=True)(function)
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
def add(table: F64, seeds: U64, items: U64, weights: F64) -> np.ndarray:
    """Count items in a table (rows, width). Returns their places, shape (rows, n)."""
    rows, width = table.shape
    places = np.empty((rows, len(items)), np.uint32)
    wide = np.uint64(width)
    narrow = wide - np.uint64(1)
    is_power = (wide & narrow) == np.uint64(0)
    for first in range(0, len(items), _BLOCK):
        last = min(len(items), first + _BLOCK)
        for row in range(rows):
            seed, where, cells = seeds[row], places[row], table[row]
            for i in range(first, last):
                hashed = murmur3(premix(items[i]), seed)
                where[i] = hashed & narrow if is_power else hashed % wide
            for i in range(first, last):
                cells[where[i]] += weights[i]
    return places


@loop
def at_least(table: F64, places: np.ndarray, floor: float) -> np.ndarray:
    """(n,) whether the smallest cell of each item reaches the floor."""
    passed = np.arange(places.shape[1])  # a row is asked of those alone that passed the others
    left = len(passed)
    for row in range(len(table)):
        cells, where, number = table[row], places[row], 0
        for i in range(left):
            item = passed[i]
            passed[number] = item
            number += cells[where[item]] >= floor
        left = number
    enough = np.zeros(places.shape[1], np.bool_)
    for i in range(left):
        enough[passed[i]] = True
    return enough
