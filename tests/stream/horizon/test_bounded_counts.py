"""Counts are those of a dictionary until they are halved; halving forgets keys that were counted once."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.horizon.bounded_counts import BoundedCounts


@given(st.lists(st.dictionaries(st.integers(0, 40), st.integers(1, 9), max_size=12), max_size=8))
def test_counts_add_up(batches: list[dict[int, int]]) -> None:
    counts, exact = BoundedCounts(2), Counter[int]()
    for batch in batches:
        keys = np.array(list(batch), np.uint64)
        values = np.array(list(batch.values()), np.float32)
        counts.add(keys, np.stack((values, 2 * values), axis=1))
        for key, value in batch.items():
            exact[key] += value
        counts.columns() if len(batch) % 2 else None
    got = counts.get(np.arange(41, dtype=np.uint64))
    assert got[:, 0].tolist() == [exact[key] for key in range(41)]
    assert got[:, 1].tolist() == [2 * exact[key] for key in range(41)]
    assert len(counts) == len(exact)


def test_halving_forgets_what_came_once() -> None:
    counts = BoundedCounts(1)
    counts.add(np.array([3, 1, 2], np.uint64), np.array([[4.0], [1.0], [2.0]], np.float32))
    counts.halve()
    assert counts.get(np.array([1, 2, 3], np.uint64))[:, 0].tolist() == [0.0, 1.0, 2.0]
    assert len(counts) == 2


def test_it_goes_on_from_its_columns() -> None:
    counts, again = BoundedCounts(1), BoundedCounts(1)
    counts.add(np.array([9, 4], np.uint64), np.array([[1.0], [2.0]], np.float32))
    again.restore(*counts.columns())
    assert again.get(np.array([4, 9], np.uint64))[:, 0].tolist() == [2.0, 1.0]
