"""Counts in cells equal those of a dictionary, and counts of parts add up to those of the whole."""

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.corpus import frequent_pairs
from stream.corpus.frequent_pairs import FrequentPairs, add_pairs

SIZE = 40
CODES = st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=60).map(lambda codes: np.array(codes, np.uint16))


@given(CODES, CODES)
def test_cells_and_the_pairs_left_over_are_all_pairs(first: np.ndarray, second: np.ndarray) -> None:
    frequent, chars = FrequentPairs(first, SIZE), np.zeros(SIZE, np.int64)
    found, total = Counter[int](), 0
    for codes in (first, second):
        others, number = add_pairs(codes, chars, SIZE, frequent.ranks, frequent.cells)
        found.update(others.tolist())
        total += number
    pairs, counts = frequent.taken()
    assert pairs.tolist() == sorted(pairs.tolist())
    found.update(dict(zip(pairs.tolist(), counts.tolist(), strict=True)))
    truth = Counter(left * SIZE + right for codes in (first, second)
                    for left, right in pairwise(codes.tolist()) if left and right)  # fmt: skip
    assert (found, total) == (truth, truth.total())
    assert frequent.taken()[0].tolist() == []


def test_another_one_counts_the_same_pairs_in_cells_of_its_own() -> None:
    codes = np.array([1, 2, 0, 1, 2], np.uint16)
    frequent = FrequentPairs(codes, SIZE)
    other = frequent.another()
    assert other.ranks is frequent.ranks
    assert other.cells is not frequent.cells
    assert other.cells.shape == (frequent_pairs.OFTEN, frequent_pairs.OFTEN)
