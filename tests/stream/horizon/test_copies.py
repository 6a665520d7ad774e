"""A text is a copy if one like it came within the span; what is remembered is bounded."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.horizon.copies import Copies
from stream.text.near_duplicates import Fingerprints, fingerprints
from stream.text.runs import Alphabet

LAW = settings(max_examples=60, deadline=None)
TEXTS = st.lists(st.text("天气好热", max_size=40), max_size=12)


def named(*names: int) -> Fingerprints:
    """Short texts."""
    keys = np.zeros((len(names), 3), np.uint64)
    keys[:, 0] = names
    return Fingerprints(keys, np.zeros((len(names), 2), np.uint64))


def prints(texts: list[str]) -> Fingerprints:
    runs = Alphabet(("han",)).runs(texts)
    return fingerprints(runs.points, runs.kinds, runs.starts)


def test_the_first_of_a_name_is_new_and_the_next_a_copy() -> None:
    copies = Copies(100, 10.0)
    assert copies.are_new(named(5, 6, 5), 0.0).tolist() == [True, True, False]
    assert copies.are_new(named(6, 7), 9.0).tolist() == [False, True]


def test_a_name_is_forgotten_after_two_spans() -> None:
    copies = Copies(100, 10.0)
    copies.are_new(named(5), 0.0)
    copies.are_new(named(6), 11.0)
    copies.are_new(named(7), 22.0)
    assert copies.are_new(named(5), 23.0).tolist() == [True]


def test_no_more_than_two_generations_of_keys_are_kept() -> None:
    copies = Copies(100, 1e9)
    for first in range(1, 10_000, 50):
        copies.are_new(named(*range(first, first + 50)), 0.0)
    state = copies.state()
    assert np.size(state["copies_now"]) + np.size(state["copies_before"]) <= 300


@LAW
@given(TEXTS, st.integers(0, 12), st.integers(0, 12))
def test_how_texts_are_batched_makes_no_difference(texts: list[str], first: int, second: int) -> None:
    whole, parts = Copies(1000, 1e9), Copies(1000, 1e9)
    first, second = sorted((first, second))
    found = [one for some in (texts[:first], texts[first:second], texts[second:])
             for one in parts.are_new(prints(some), 0.0).tolist()]  # fmt: skip
    assert found == whole.are_new(prints(texts), 0.0).tolist()
    assert all(map(np.array_equal, parts.state().values(), whole.state().values()))


@LAW
@given(TEXTS, TEXTS)
def test_it_goes_on_from_its_state(before: list[str], behind: list[str]) -> None:
    copies, restored = Copies(1000, 1e9), Copies(1000, 1e9)
    copies.are_new(prints(before), 5.0)
    restored.restore({name: np.copy(value) if isinstance(value, np.ndarray) else value
                      for name, value in copies.state().items()})  # fmt: skip
    assert restored.are_new(prints(behind), 6.0).tolist() == copies.are_new(prints(behind), 6.0).tolist()


def test_the_state_of_a_version_that_knew_names_only_is_read() -> None:
    copies = Copies(100, 10.0)
    copies.restore(
        {"copies_now": np.array([5], np.uint64), "copies_before": np.zeros(0, np.uint64), "copies_since": 0.0}
    )
    assert copies.are_new(named(5, 6), 1.0).tolist() == [False, True]
