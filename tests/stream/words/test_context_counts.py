"""Context counts add up: a hand-worked example, and the law for any rows."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.words.context_counts import FACETS, SAMPLED, bounded, counted, distinct, total

LEFT, RIGHT, SOURCE = 0, 1, int(SAMPLED)
Row = tuple[int, int, int]  # word, kind, value
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 60)), max_size=200)


def columns(rows: list[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    words = np.array([word for word, _, _ in rows], np.int64)
    contexts = np.array([(kind << 40) | value for _, kind, value in rows], np.uint64)
    return words, contexts, np.ones(len(rows), np.int32)


def as_counter(words: np.ndarray, contexts: np.ndarray, counts: np.ndarray) -> Counter[Row]:
    rows = zip(words.tolist(), contexts.tolist(), counts.tolist(), strict=True)
    return Counter({(word, context >> 40, context & ((1 << 40) - 1)): count for word, context, count in rows})


def test_a_word_in_three_texts_worked_out_by_hand() -> None:
    """Word 7 after 去 twice and once at the beginning of a run; word 9 once, before 了."""
    go, le = ord("去"), ord("了")
    rows = [(7, LEFT, go), (9, RIGHT, le), (7, LEFT, 0), (7, LEFT, go)]
    words, contexts, counts = total(*columns(rows))
    assert words.tolist() == [7, 7, 9]
    assert contexts.tolist() == [0, go, (1 << 40) | le]
    assert counts.tolist() == [1, 2, 1]


@given(ROWS, ROWS)
def test_the_sum_of_two_lots_is_the_sum_of_the_joined_lot(one: list[Row], other: list[Row]) -> None:
    apart = [total(*columns(rows)) for rows in (one, other)]
    words, contexts, counts = (np.concatenate(parts) for parts in zip(*apart, strict=True))
    assert (
        as_counter(*total(words, contexts, counts)) == as_counter(*total(*columns(one + other))) == Counter(one + other)
    )


@given(ROWS)
def test_rows_come_out_in_order_of_word_and_context_each_once(rows: list[Row]) -> None:
    words, contexts, _ = total(*columns(rows))
    order = list(zip(words.tolist(), contexts.tolist(), strict=True))
    assert order == sorted(set(order))


@given(ROWS)
def test_what_exceeds_the_bound_is_the_rarest_and_of_a_sampled_kind_the_largest_values(rows: list[Row]) -> None:
    full = total(*columns(rows))
    kept, everything = as_counter(*bounded(*full, 3)), as_counter(*full)
    for word, kind in {(word, kind) for word, kind, _ in everything}:
        here = {row: count for row, count in everything.items() if row[:2] == (word, kind)}
        stay = {row for row in kept if row[:2] == (word, kind)}
        assert len(stay) == min(3, len(here))
        if kind == SOURCE:
            assert sorted(stay) == sorted(here)[:3]
        else:
            assert min(here[row] for row in stay) >= max((here[row] for row in here.keys() - stay), default=0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2000)), max_size=300))
def test_counting_rows_once_each_is_their_sum_within_the_bound(rows: list[Row]) -> None:
    words, contexts, _ = columns(rows)
    assert as_counter(*counted(words, contexts)) == as_counter(*bounded(*total(*columns(rows)), FACETS))


def test_the_number_of_distinct_values_is_exact_while_all_are_kept() -> None:
    assert distinct(range(FACETS - 1)) == FACETS - 1


def test_the_number_of_distinct_hashes_is_estimated_within_a_third() -> None:
    hashes = np.random.default_rng(3).integers(0, 1 << 40, 5000)
    assert abs(distinct(sorted(hashes.tolist())[:FACETS]) / 5000 - 1) < 0.33
