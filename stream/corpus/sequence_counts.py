"""Exact counts of stretches of codes, for words that are too long to be stored as a number.

Each distinct stretch is stored once, in one array. A hash gives the slot to look at, and the stored stretch is compared
code by code. Memory: 2 bytes for each code of a distinct stretch and 24 to 48 for the stretch; twice that while
growing.
"""

from collections import Counter

import numpy as np

from sketches.kernels import kernel
from stream.text.runs import I32, I64, U16

FIRST_ROOM = 1 << 12  # stretches; there is as much again whenever it is used up


class LongCounts:
    """How often each stretch was added."""

    def __init__(self) -> None:
        self._codes = np.empty(8 * FIRST_ROOM, np.uint16)
        self._ends = np.zeros(FIRST_ROOM + 1, np.int64)  # each begins where the one before it ends
        self._counts = np.zeros(FIRST_ROOM, np.int64)
        self._slots = np.zeros(2 * FIRST_ROOM, np.int32)  # 1 + the number of a stretch, or 0
        self._distinct = 0
        self._plainly: Counter[bytes] = Counter()

    def add(self, codes: U16, begin: I32, end: I32, times: I64 | None = None) -> None:
        """Count the stretches [begin, end) of `codes`, once each or with the given counts."""
        times = np.ones(len(begin), np.int64) if times is None else times
        while len(begin):
            done, self._distinct = add_stretches(
                begin, end, codes, times, self._codes, self._ends, self._counts, self._slots, self._distinct
            )
            if done < 0:
                self._count_bytes(codes, begin, end, times)
                return
            begin, end, times = begin[done:], end[done:], times[done:]
            if len(begin):
                self._make_room(int(end[0] - begin[0]))

    def absorb(self, other: "LongCounts") -> None:
        """Add the counts of another object."""
        begin, end = other._ends[: other._distinct], other._ends[1 : other._distinct + 1]
        self.add(other._codes, begin.astype(np.int32), end.astype(np.int32), other._counts[: other._distinct])
        self._plainly.update(other._plainly)

    def at_least(self, least: int) -> tuple[list[U16], I64]:
        """Return the stretches with at least that count, in no order, and their counts."""
        enough = 1 if self._plainly else least  # some of a stretch may have been counted here, and some there
        found, counts, plainly = list[U16](), list[int](), self._plainly.copy()
        for row in np.flatnonzero(self._counts[: self._distinct] >= enough).tolist():
            codes = self._codes[self._ends[row] : self._ends[row + 1]]
            found.append(codes)
            counts.append(int(self._counts[row]) + (plainly.pop(codes.tobytes(), 0) if plainly else 0))
        found += [np.frombuffer(data, np.uint16) for data in plainly]
        often = [at for at, count in enumerate([*counts, *plainly.values()]) if count >= least]
        times = np.array([*counts, *plainly.values()], np.int64)
        return [found[at] for at in often], times[often]

    def _count_bytes(self, codes: U16, begin: I32, end: I32, times: I64) -> None:
        data, size = codes.tobytes(), codes.itemsize
        for first, last, count in zip((begin * size).tolist(), (end * size).tolist(), times.tolist(), strict=True):
            self._plainly[data[first:last]] += count

    def _make_room(self, codes: int) -> None:
        """Grow for as many stretches again, or for as many codes and these."""
        if self._ends[self._distinct] + codes > len(self._codes):
            self._codes = np.concatenate((self._codes, np.empty(len(self._codes) + codes, np.uint16)))
        if self._distinct == len(self._counts):
            self._ends = np.concatenate((self._ends, np.zeros_like(self._counts)))
            self._counts = np.concatenate((self._counts, np.zeros_like(self._counts)))
            self._slots = np.zeros(2 * len(self._slots), np.int32)
            place_stretches(self._codes, self._ends, self._slots, self._distinct)


@kernel("stream.corpus.exact_numba")
def add_stretches(
    begin: I32, end: I32, codes: U16, times: I64, text: U16, ends: I64, counts: I64, slots: I32, distinct: int
) -> tuple[int, int]:
    """Count stretches of `codes` as far as there is room.

    Return how many were counted, and the number of distinct ones.

    Returns -1 if they are better counted one by one, as without numba.
    """
    return -1, distinct


@kernel("stream.corpus.exact_numba")
def place_stretches(text: U16, ends: I64, slots: I32, distinct: int) -> I32:
    """Put the distinct stretches into empty slots, and return the slots."""
    raise NotImplementedError("without numba no stretch is entered")
