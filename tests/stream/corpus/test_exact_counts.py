"""Counts are exact for keys in any order, also with cells."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.corpus import exact_counts
from stream.corpus.exact_counts import CellCounts, ExactCounts

CELLS = 5000


@settings(max_examples=100)
@given(
    st.lists(st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=30), max_size=12),
    st.integers(1, 40),
)
def test_counts_are_exact_however_they_come(batches: list[list[int]], fold: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_counts, "FOLD_KEYS", fold)
        counts = ExactCounts(np.uint64)
        for batch in batches:
            counts.add(np.array(batch, np.uint64))
        keys, times = counts.at_least(1)
    assert dict(zip(keys.tolist(), times.tolist(), strict=True)) == Counter(key for batch in batches for key in batch)
    assert keys.tolist() == sorted(keys.tolist())


@settings(max_examples=100)
@given(
    batches=st.lists(st.lists(st.one_of(st.integers(0, 9), st.integers(0, CELLS - 1)), max_size=30), max_size=12),
    fold=st.integers(1, 40),
    many=st.integers(0, 60),
    least=st.integers(1, 5),
)
def test_a_table_of_cells_holds_what_sorted_keys_hold(
    batches: list[list[int]], fold: int, many: int, least: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_counts, "FOLD_KEYS", fold)
        patch.setattr(exact_counts, "MANY_KEYS", many)
        patch.setattr(exact_counts, "_BLOCK", 999)
        sorted_keys, cells = ExactCounts(np.uint32), ExactCounts(np.uint32, CELLS)
        for batch in batches:
            for counts in (sorted_keys, cells):
                counts.add(np.array(batch, np.uint32))
        one, other = sorted_keys.at_least(least), cells.at_least(least)
    assert one[0].dtype == other[0].dtype
    assert [part.tolist() for part in one] == [part.tolist() for part in other]


def test_a_count_that_no_cell_holds_is_counted_on() -> None:
    counts = CellCounts(10)
    for _ in range(3):
        counts.add(np.array([3, 7], np.uint32), np.array([2**32 - 1, 5]))
    keys, times = counts.at_least(16)
    assert (keys.tolist(), times.tolist()) == ([3], [3 * (2**32 - 1)])
    keys, times = counts.at_least(15)
    assert (keys.tolist(), times.tolist()) == ([3, 7], [3 * (2**32 - 1), 15])
