"""Candidates: sorted, unique, bounded, and the least frequent leave first."""

from itertools import zip_longest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sketches.candidates import Candidates
from sketches.count_min import F64, I64
from sketches.hashing import U64

BATCHES = st.lists(st.lists(st.integers(0, 60), max_size=20), max_size=8)


def array(items: list[int]) -> U64:
    return np.array(items, np.uint64)


def by_value(items: U64) -> F64:
    """A count for the tests: an item occurred as often as its number says."""
    return items.astype(np.float64)


def are(candidates: Candidates, items: list[int]) -> bool:
    return candidates.items.tolist() == items and len(candidates) == len(items)


@given(BATCHES)
def test_below_capacity_the_items_are_the_sorted_set_of_all_added(batches: list[list[int]]) -> None:
    candidates = Candidates(61)
    for batch in batches:
        candidates.add(array(batch), by_value)
    assert are(candidates, sorted({item for batch in batches for item in batch}))
    assert candidates.evicted == 0


@given(BATCHES, st.integers(1, 30))
def test_items_are_sorted_unique_and_within_capacity(batches: list[list[int]], capacity: int) -> None:
    candidates = Candidates(capacity)
    for batch in batches:
        before = set(candidates.items.tolist()) | set(batch)
        candidates.add(array(batch), by_value)
        items = candidates.items.tolist()
        assert items == sorted(set(items))
        assert len(items) == len(candidates) <= capacity
        assert set(items) <= before
        assert set(items) == before or len(items) == max(1, capacity * 3 // 4)


@given(BATCHES, st.integers(1, 30))
def test_the_least_frequent_leave_first_and_are_reported(batches: list[list[int]], capacity: int) -> None:
    candidates = Candidates(capacity)
    for batch in batches:
        before = sorted(set(candidates.items.tolist()) | set(batch))
        evicted = candidates.evicted
        candidates.add(array(batch), by_value)
        left = candidates.evicted - evicted
        assert are(candidates, before[left:])


def test_eviction_depends_on_counts_and_not_on_order() -> None:
    candidates = Candidates(4)
    candidates.add(array([9, 1, 8, 2]), lambda items: -by_value(items))
    candidates.add(array([3]), lambda items: -by_value(items))
    assert are(candidates, [1, 2, 3])
    assert candidates.evicted == 2


def test_many_small_batches_lose_nothing() -> None:
    candidates = Candidates(100_000)
    shuffled = np.random.default_rng(1).permutation(20_000).astype(np.uint64)
    for batch in np.split(shuffled, 100):
        candidates.add(batch, by_value)
        candidates.add(batch[:7], by_value)
    assert are(candidates, list(range(20_000)))


@given(BATCHES, st.integers(0, 61))
def test_forgetting_drops_exactly_those_below_the_floor(batches: list[list[int]], floor: int) -> None:
    candidates = Candidates(100)
    for batch in batches:
        candidates.add(array(batch), by_value)
    candidates.forget(by_value, floor)
    assert are(candidates, sorted({item for batch in batches for item in batch if item >= floor}))


def test_a_forgotten_candidate_may_come_back() -> None:
    candidates = Candidates(10, array([1, 2]))
    candidates.forget(by_value, 2.0)
    candidates.add(array([1]), by_value)
    assert are(candidates, [1, 2])


def test_stored_items_are_sorted_and_made_unique_when_read() -> None:
    assert are(Candidates(10, array([3, 1, 2**64 - 1, 3])), [1, 3, 2**64 - 1])


def test_empty_input_is_accepted() -> None:
    candidates = Candidates(1)
    candidates.add(array([]), by_value)
    candidates.forget(by_value, 1.0)
    assert are(candidates, [])


@given(BATCHES, st.integers(1, 40), st.lists(st.integers(0, 60), max_size=8))
def test_located_is_cached_until_the_items_change(batches: list[list[int]], capacity: int, floors: list[int]) -> None:
    candidates, asked = Candidates(capacity), list[list[int]]()

    def locate(items: U64) -> I64:
        asked.append(items.tolist())
        return (items + np.uint64(7)).astype(np.int64)

    for batch, floor in zip_longest(batches, floors, fillvalue=None):
        if batch is not None:
            candidates.add(array(batch), by_value)
        if floor is not None:
            candidates.forget(by_value, floor)
        assert candidates.located(locate).tolist() == (candidates.items + np.uint64(7)).tolist()
        asked.clear()
        candidates.add(candidates.items, by_value)
        candidates.located(locate)
        assert not asked
