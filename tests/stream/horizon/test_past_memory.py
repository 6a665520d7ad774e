"""The past never counts too few, covers at least its span, and is stored in the library's format."""

import datasketches
import numpy as np
import pytest

from stream.horizon.past_memory import GENERATIONS, PastMemory


def test_counts_add_up_over_generations_and_the_oldest_is_forgotten() -> None:
    past, key, one = PastMemory(4, 1 << 10, 1, 400.0), np.array([5], np.uint64), np.ones(1)
    for day in range(4):
        past.add(key, one, 10, day * 100.0, day * 100.0)
    assert (past.counts(key)[0], past.texts, past.since_s) == (4.0, 40, 0.0)
    for day in range(4, 4 + GENERATIONS):
        past.add(np.array([6], np.uint64), one, 1, day * 100.0, day * 100.0)
    assert past.counts(key)[0] == 0.0


def test_a_full_sketch_ends_before_its_time() -> None:
    past, rng = PastMemory(4, 1 << 10, 1, 1e9), np.random.default_rng(0)
    for step in range(100):
        past.add(rng.integers(1, 1 << 60, 200, dtype=np.uint64), np.ones(200), 1, float(step), float(step))
    assert past.fill < 0.95
    assert past.texts < 100


def test_counts_are_those_of_the_library() -> None:
    past, sketch = PastMemory(4, 1 << 12, 9, 100.0), datasketches.count_min_sketch(4, 1 << 12, 9)
    for key in range(1, 50):
        sketch.update(key, key)
    past.add(np.arange(1, 50, dtype=np.uint64), np.arange(1, 50, dtype=np.float64), 1, 0.0, 0.0)
    assert past.state()["past_0"] == sketch.serialize()
    assert past.counts(np.arange(60, dtype=np.uint64)).tolist() == [sketch.get_estimate(key) for key in range(60)]


def test_it_goes_on_from_its_state_and_refuses_another_shape() -> None:
    past = PastMemory(4, 1 << 10, 1, 100.0)
    past.add(np.array([5, 6], np.uint64), np.array([2.0, 1.0]), 3, 7.0, 7.0)
    past.add(np.array([5], np.uint64), np.array([1.0]), 3, 50.0, 50.0)
    again = PastMemory(4, 1 << 10, 1, 100.0)
    again.restore(past.state())
    assert again.counts(np.array([5, 6, 7], np.uint64)).tolist() == [3.0, 1.0, 0.0]
    assert (again.texts, again.since_s) == (past.texts, past.since_s)
    with pytest.raises(ValueError, match="rows, width, seed"):
        PastMemory(4, 1 << 11, 1, 100.0).restore(past.state())
