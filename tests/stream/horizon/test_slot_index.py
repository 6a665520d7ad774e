"""A key keeps its slot while it is counted; counts are those of a dictionary."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.horizon.slot_index import SlotIndex


@given(st.lists(st.lists(st.integers(1, 30), max_size=20), max_size=8))
def test_counts_are_exact_while_keys_come_and_go(batches: list[list[int]]) -> None:
    index, exact, given_slots = SlotIndex(), Counter[int](), []
    for keys in batches:
        slots = index.add(np.array(keys, np.uint64))
        index.count(slots, 1)
        exact.update(keys)
        given_slots.append((keys, slots))
        if len(given_slots) > 2:
            gone, old = given_slots.pop(0)
            index.count(old, -1)
            exact.subtract(gone)
        assert index.counts_of(np.arange(31, dtype=np.uint64)).tolist() == [exact[key] for key in range(31)]


def test_slots_of_keys_that_are_gone_are_used_again() -> None:
    index = SlotIndex()
    for first in range(0, 100_000, 2_000):
        slots = index.add(np.arange(first + 1, first + 2_001, dtype=np.uint64))
        index.count(slots, 1)
        index.count(slots, -1)
    assert len(index) < 8_000
    assert len(index.counts) <= 1 << 14
