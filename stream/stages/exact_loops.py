"""What `discover` and `exact_counts` do to arrays, as loops for numba: what each means stands with its numpy twin."""

import numpy as np

from sketches.hashing import BASE, U64
from sketches.loops import finalize, loop
from stream.stages.exact_counts import Keys
from stream.stages.runs import I32, I64, U8, U16, U32

_BASE = np.uint64(BASE)


@loop
def coded(points: U32, code_of: U16) -> tuple[U16, U8]:
    """`discover._coded`: codes, and 1 for what counts."""
    codes, counts = np.empty(len(points), np.uint16), np.empty(len(points), np.uint8)
    for i in range(len(points)):
        codes[i] = code_of[points[i]]
        counts[i] = codes[i] != 0
    return codes, counts


@loop
def coded_pairs(codes: U16, size: int) -> tuple[I64, U32]:
    """`discover.PairCounts.add`: occurrences by code, and each two neighbours as `discover._pairs`."""
    by_code, pairs = np.zeros(1 << 16, np.int64), np.empty(len(codes), np.uint32)
    wide, number = np.uint32(size), 0
    for i in range(len(codes)):
        by_code[codes[i]] += 1
        if i > 0:
            pairs[number] = np.uint32(codes[i - 1]) * wide + np.uint32(codes[i])
            number += (codes[i - 1] != 0) & (codes[i] != 0)
    return by_code, pairs[:number]


@loop
def packed(codes: U16, begin: I32, end: I32, longest: int, bits: int) -> tuple[I64, U64, I32, I32]:
    """`discover.WordCounts.add`: pieces of one character by code, up to `longest` as numbers, and others."""
    single, keys = np.zeros(1 << 16, np.int64), np.empty(len(begin), np.uint64)
    begins, ends = np.empty(len(begin), np.int32), np.empty(len(begin), np.int32)
    short = long = 0
    for i in range(len(begin)):
        length = end[i] - begin[i]
        if length == 1:
            single[codes[begin[i]]] += 1
        elif length <= longest:
            key = np.uint64(0)
            for at in range(longest):
                key = (key << np.uint64(bits)) | np.uint64(codes[begin[i] + at] if at < length else 0)
            keys[short] = key
            short += 1
        else:
            begins[long], ends[long] = begin[i], end[i]
            long += 1
    return single, keys[:short], begins[:long], ends[:long]


@loop
def distinct(keys: Keys) -> tuple[Keys, I64]:
    """`exact_counts.ExactCounts`: sorted keys, each once, and how often each stood there."""
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
    """`exact_counts.ExactCounts`: the sum of two lots of sorted keys."""
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
def named_alike(codes: U16, begin: I32, end: I32) -> U64:
    """`discover.WordCounts.add`: names of pieces, by which equal ones can be brought together."""
    names = np.empty(len(begin), np.uint64)
    for i in range(len(begin)):
        name = np.uint64(0)
        for at in range(begin[i], end[i]):
            name = name * _BASE + np.uint64(codes[at])
        names[i] = finalize(name)
    return names


@loop
def grouped(codes: U16, begin: I32, end: I32) -> tuple[I32, I32, I64]:
    """`discover.WordCounts.add`: neighbours that are equal, character by character, as one: (begin, end, how many)."""
    begins, ends = np.empty(len(begin), np.int32), np.empty(len(begin), np.int32)
    counts, number = np.zeros(len(begin), np.int64), 0
    for i in range(len(begin)):
        equal = number > 0 and end[i] - begin[i] == ends[number - 1] - begins[number - 1]
        at = 0
        while equal and at < end[i] - begin[i]:
            equal = codes[begin[i] + at] == codes[begins[number - 1] + at]
            at += 1
        if not equal:
            begins[number], ends[number] = begin[i], end[i]
            number += 1
        counts[number - 1] += 1
    return begins[:number], ends[:number], counts[:number]
