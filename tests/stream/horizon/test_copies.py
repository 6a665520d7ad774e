"""A text is a copy if its name came within the span; names are bounded."""

import numpy as np

from stream.horizon.copies import Copies


def names(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def test_the_first_of_a_name_is_new_and_the_next_a_copy() -> None:
    copies = Copies(100, 10.0)
    assert copies.are_new(names(5, 6, 5), 0.0).tolist() == [True, True, False]
    assert copies.are_new(names(6, 7), 9.0).tolist() == [False, True]


def test_a_name_is_forgotten_after_two_spans() -> None:
    copies = Copies(100, 10.0)
    copies.are_new(names(5), 0.0)
    copies.are_new(names(6), 11.0)
    copies.are_new(names(7), 22.0)
    assert copies.are_new(names(5), 23.0).tolist() == [True]


def test_no_more_than_two_generations_of_names_are_kept() -> None:
    copies = Copies(100, 1e9)
    for first in range(1, 10_000, 50):
        copies.are_new(np.arange(first, first + 50, dtype=np.uint64), 0.0)
    state = copies.state()
    assert len(state["copies_now"]) + len(state["copies_before"]) <= 300
