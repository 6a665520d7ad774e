"""The compiled loops of `slot_index`, `chains` and `mentions`.

Each gives the same result as the numpy version there.
"""

import numpy as np

from sketches.hashing import U64
from sketches.loops_numba import loop
from stream.text.runs import I32, I64

_ONE = np.uint64(1)
_MOST = (1 << 31) - 1


@loop
def slots_of(keys: U64, table: I32, by_slot: U64) -> I32:
    """The same as `slot_index.slots_of`."""
    last, slots = np.uint64(len(table) - 1), np.zeros(len(keys), np.int32)
    for i in range(len(keys)):
        at = keys[i] & last
        while table[at] > 0 and by_slot[table[at]] != keys[i]:
            at = (at + _ONE) & last
        slots[i] = table[at]
    return slots


@loop
def entered(slots: I32, table: I32, by_slot: U64) -> I32:
    """The same as `slot_index.entered`."""
    last = np.uint64(len(table) - 1)
    for slot in slots:
        at = by_slot[slot] & last
        while table[at] > 0:
            at = (at + _ONE) & last
        table[at] = slot
    return table


@loop
def counted(slots: I32, counts: I32, by: int) -> int:
    """The same as `slot_index.counted`."""
    zeros = 0
    for slot in slots:
        zeros -= counts[slot] == 0
        counts[slot] += by
        zeros += counts[slot] == 0
    return zeros


@loop
def first_in_text(slots: I32, texts: I32, known: int) -> np.ndarray:
    """The same as `slot_index.first_in_text`."""
    before, found = np.full(known, -1, np.int32), np.empty(len(slots), np.bool_)
    for i in range(len(slots)):
        found[i] = before[slots[i]] != texts[i]
        before[slots[i]] = texts[i]
    return found


@loop
def distances(slots: I32, last: I64, row: int) -> I32:
    """The same as `chains.distances`."""
    found = np.zeros(len(slots), np.int32)
    for i in range(len(slots)):
        slot = slots[i]
        if slot == 0:
            continue
        if last[slot] >= 0:
            found[i] = min(row + i - last[slot], _MOST)
        last[slot] = row + i
    return found


@loop
def first_mentions(
    slot3: I32, slot2: I32, slot1: I32, back3: I32, back2: I32, back1: I32, prefix: U64, place: I32, text_rows: I64,
    counts: I32, last: I64, dropped: int, slots: I32, first: I64, units: I64, keys: U64,
) -> tuple[I64, I64, I64]:  # fmt: skip
    """The same as `mentions.first_mentions`: follows the chain of each string's rarest link, from the last mention
    back.
    """
    found, number = np.empty((3, 1024), np.int64), 0
    ends = np.zeros(len(keys) + 1, np.int64)  # of the mentions of each string
    for string in range(len(keys)):
        size, begin = units[string], first[string]
        links = max(1, size - 2)
        rarest = _rarest(slots, begin, links, counts)
        row, text = last[slots[begin + rarest]] - dropped, -1
        while row >= 0:
            begins, back = row - rarest, back1[row] if size == 1 else back2[row] if size == 2 else back3[row]
            if size < 3 or _holds(slot3, begins, slots, begin, links):
                in_text = np.searchsorted(text_rows, begins, "right") - 1
                if in_text != text:
                    number, text = number + 1, in_text
                if number > found.shape[1]:
                    longer = np.empty((3, 2 * found.shape[1]), np.int64)
                    longer[:, : number - 1] = found
                    found = longer
                found[0, number - 1], found[1, number - 1], found[2, number - 1] = string, begins, in_text
            row = row - back if back > 0 else -1
        ends[string + 1] = number
    for string in range(len(keys)):  # their last mention came first
        begin, end = ends[string], ends[string + 1]
        for column in range(1, 3):
            found[column, begin:end] = found[column, begin:end][::-1].copy()
    return found[0, :number].copy(), found[1, :number].copy(), found[2, :number].copy()


@loop
def _rarest(slots: I32, begin: int, links: int, counts: I32) -> int:
    """Return the link of a string that the fewest texts hold."""
    rarest = 0
    for link in range(1, links):
        if counts[slots[begin + link]] < counts[slots[begin + rarest]]:
            rarest = link
    return rarest


@loop
def _holds(slot3: I32, row: int, slots: I32, begin: int, links: int) -> bool:
    """Whether all links of a string of three or more units stand at and after a row."""
    if row < 0 or row + links > len(slot3):
        return False
    equal, link = True, 0
    while equal and link < links:
        equal = slot3[row + link] == slots[begin + link]
        link += 1
    return equal
