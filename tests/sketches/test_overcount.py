"""Probe keys measure how much a sketch over-counts."""

import numpy as np

from sketches.count_min import CountMin
from sketches.overcount import PROBE_KEYS, overcount
from stream.segmentation.tally import pack


def fed(width: int, items: int) -> tuple[CountMin, np.ndarray]:
    """A sketch, and by how much it over-counts each item."""
    rng = np.random.default_rng(7)
    sketch = CountMin(4, width, 9001)
    distinct = np.unique(rng.integers(0, 1 << 53, items, np.uint64))
    counts = rng.exponential(1.0, len(distinct))
    sketch.add(distinct, counts)
    return sketch, sketch.estimate(distinct) - counts


def test_no_pair_of_characters_is_a_probe_key() -> None:
    highest = np.array([0x10FFFF], np.uint32)
    assert pack(highest, highest)[0] < PROBE_KEYS.min()
    assert len(np.unique(PROBE_KEYS)) == len(PROBE_KEYS)


def test_an_empty_sketch_over_counts_nothing() -> None:
    assert overcount(CountMin(4, 1024, 9001)) == 0


def test_19_of_20_items_are_over_counted_by_at_most_the_measured_amount() -> None:
    sketch, over = fed(width=4096, items=40_000)
    assert overcount(sketch) > 0
    assert 0.93 <= np.mean(over <= overcount(sketch)) <= 0.97


def test_measuring_changes_nothing() -> None:
    sketch, _ = fed(width=256, items=1000)
    before = sketch.table.copy()
    overcount(sketch)
    assert np.array_equal(sketch.table, before)
