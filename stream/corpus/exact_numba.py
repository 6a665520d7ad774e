"""The compiled loops of `discover`, `exact_counts` and `sequence_counts`.

Each gives the same result as the numpy version.
"""

import numpy as np

from sketches.hashing import BASE, U64
from sketches.loops_numba import finalize, loop
from stream.corpus.exact_counts import Keys
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.text.runs import I32, I64, U8, U16, U32

_BASE, _ONE, _THREE, _SEVEN = np.uint64(BASE), np.uint64(1), np.uint64(3), np.uint64(7)
_TOGETHER = 256  # keys whose slots are fetched together
_HALF, _COLUMN = np.uint64(32), np.uint64(0xFFFFFFFF)


def looked_up(points: U32, table: U16) -> U16:
    """Call the loop with arrays in the one form (writable or not) for which it is compiled."""
    view = points.view()
    view.flags.writeable = False
    codes: U16 = look_up(view, table)
    return codes


@loop
def look_up(points: U32, table: U16) -> U16:
    """The same as `discover.looked_up`."""
    codes, last = np.empty(len(points), np.uint16), np.uint32(len(table) - 1)
    for i in range(len(points)):
        codes[i] = table[min(points[i], last)]
    return codes


@loop
def add_pairs(codes: U16, chars: I64, size: int, ranks: U16, cells: U32) -> tuple[U32, int]:
    """The same as `frequent_pairs.add_pairs`.

    Pairs without a cell are counted in cell (0, 0), so that the loop has no branch to predict.
    """
    others, wide = np.empty(len(codes), np.uint32), np.uint32(size)
    number, total = np.int64(0), np.int64(0)
    often, left, left_rank = np.int64(len(cells)), np.uint32(0), np.int64(len(cells))
    for i in range(len(codes)):
        right, rank = np.uint32(codes[i]), np.int64(ranks[codes[i]])
        chars[right] += 1
        has_cell = np.int64((left_rank < often) & (rank < often))
        cells[left_rank * has_cell, rank * has_cell] += 1
        within = np.int64((left != 0) & (right != 0))
        others[number] = left * wide + right
        number += within & (1 - has_cell)
        total += within
        left, left_rank = right, rank
    return others[:number].copy(), int(total)


def cut_codes(
    codes: U16, strong: AdjacencyBitmap, single: I64, longest: int, code_bits: int
) -> tuple[U64, I32, I32] | None:
    """Return None if the pairs are too many for a bitmap."""
    tables = strong.tables
    return None if tables is None else cut(codes, *tables, single, longest, code_bits)


@loop
def cut(codes: U16, places: U64, bits: U8, single: I64, longest: int, code_bits: int) -> tuple[U64, I32, I32]:
    """The same as `discover.cut_codes`."""
    keys = np.empty(len(codes) + 1, np.uint64)
    width, last = np.uint64(code_bits), np.uint64(len(places) - 1)
    begins, ends = np.empty(len(codes) // longest + 1, np.int32), np.empty(len(codes) // longest + 1, np.int32)
    place = key = before = np.uint64(0)
    short = length = np.int64(0)
    long = 0
    for i in range(len(codes) + 1):
        code = np.uint64(codes[i]) if i < len(codes) else np.uint64(0)
        left, place = place, places[min(code, last)]
        at = (left >> _HALF) + (place & _COLUMN)
        apart = np.int64(((bits[at >> _THREE] >> np.uint8(at & _SEVEN)) & np.uint8(1)) == 0)
        keys[short] = key << (width * np.uint64(max(np.int64(0), longest - length)))
        single[before] += apart & (length == 1)
        short += apart & (length > 1) & (length <= longest)
        if apart and length > longest:  # seldom
            begins[long], ends[long] = i - length, i
            long += 1
        length = length * (1 - apart) + 1
        key = (key * np.uint64(1 - apart) << width) | code
        before = code
    return keys[:short].copy(), begins[:long], ends[:long]


@loop
def distinct(keys: Keys) -> tuple[Keys, I64]:
    """The same as `exact_counts.distinct`."""
    number = int(len(keys) > 0)
    for i in range(1, len(keys)):
        number += keys[i] != keys[i - 1]
    once, counts = np.empty(number, keys.dtype), np.zeros(number, np.int64)
    at = 0
    for i in range(len(keys)):
        at += i > 0 and keys[i] != keys[i - 1]
        once[at] = keys[i]
        counts[at] += 1
    return once, counts


@loop
def merged(keys: Keys, counts: I64, others: Keys, other_counts: I64) -> tuple[Keys, I64]:
    """The same as `exact_counts.merged`."""
    both, sums = np.empty(len(keys) + len(others), keys.dtype), np.empty(len(keys) + len(others), np.int64)
    i = j = number = 0
    while i < len(keys) or j < len(others):
        mine = j == len(others) or (i < len(keys) and keys[i] <= others[j])
        theirs = i == len(keys) or (j < len(others) and others[j] <= keys[i])
        both[number] = keys[i] if mine else others[j]
        sums[number] = (counts[i] if mine else 0) + (other_counts[j] if theirs else 0)
        i, j, number = i + mine, j + theirs, number + 1
    return both[:number].copy(), sums[:number].copy()


@loop
def not_met(keys: Keys, table: U64, met: int, most: int) -> tuple[Keys, int]:
    """The same as `exact_counts.not_met`; the table is a hash table with open addressing."""
    others, number = np.empty(len(keys), keys.dtype), 0
    last, slots, touched = np.uint64(len(table) - 1), np.empty(_TOGETHER, np.uint64), np.uint64(0)
    for first in range(0, len(keys), _TOGETHER):
        part = keys[first : first + _TOGETHER]
        for i in range(len(part)):
            slots[i] = finalize(np.uint64(part[i])) & last
        for i in range(len(part)):  # so that slots are fetched side by side, before anything depends on them
            touched |= table[slots[i], 1]
        for i in range(len(part)):
            key, at = np.uint64(part[i]), slots[i]
            while table[at, 0] != key and table[at, 1] != 0:
                at = (at + _ONE) & last
            if table[at, 1] == 0:
                if met >= most:
                    others[number] = part[i]
                    number += 1
                    continue
                met += 1
                table[at, 0] = key
            table[at, 1] += _ONE
    return others[: number if touched or number else 0].copy(), met


@loop
def met_by_both(others: U64, table: U64, met: int, most: int) -> tuple[U64, int]:
    """The same as `exact_counts.met_by_both`."""
    last, number = np.uint64(len(table) - 1), 0
    left = np.empty((1024, 2), np.uint64)
    for row in range(len(others)):
        key, count = others[row, 0], others[row, 1]
        if count == 0:
            continue
        at = finalize(key) & last
        while table[at, 0] != key and table[at, 1] != 0:
            at = (at + _ONE) & last
        if table[at, 1] == 0:
            if met >= most:
                if number == len(left):
                    longer = np.empty((2 * number, 2), np.uint64)
                    longer[:number] = left
                    left = longer
                left[number, 0], left[number, 1] = key, count
                number += 1
                continue
            met += 1
            table[at, 0] = key
        table[at, 1] += count
    return left[:number].copy(), met


@loop
def _slot(codes: U16, begin: int, end: int, text: U16, ends: I64, slots: I32) -> np.uint64:
    """Return the slot in which a stretch is or would be stored."""
    name, last = np.uint64(0), np.uint64(len(slots) - 1)
    for at in range(begin, end):
        name = name * _BASE + np.uint64(codes[at])
    slot = finalize(name) & last
    while slots[slot] != 0:
        number = slots[slot]
        first, at = ends[number - 1], 0
        equal = ends[number] - first == end - begin
        while equal and at < end - begin:
            equal = text[first + at] == codes[begin + at]
            at += 1
        if equal:
            return slot
        slot = (slot + _ONE) & last
    return slot


@loop
def add_stretches(
    begin: I32, end: I32, codes: U16, times: I64, text: U16, ends: I64, counts: I64, slots: I32, distinct: int
) -> tuple[int, int]:
    """The same as `sequence_counts.add_stretches`."""
    for i in range(len(begin)):
        slot = _slot(codes, begin[i], end[i], text, ends, slots)
        if slots[slot] == 0:
            first, size = ends[distinct], end[i] - begin[i]
            if distinct == len(counts) or first + size > len(text):
                return i, distinct
            text[first : first + size] = codes[begin[i] : end[i]]
            distinct += 1
            ends[distinct], slots[slot] = first + size, distinct
        counts[slots[slot] - 1] += times[i]
    return len(begin), distinct


@loop
def place_stretches(text: U16, ends: I64, slots: I32, distinct: int) -> I32:
    """The same as `sequence_counts.place_stretches`."""
    for number in range(distinct):
        slots[_slot(text, ends[number], ends[number + 1], text, ends, slots)] = number + 1
    return slots
