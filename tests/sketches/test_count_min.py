"""What the docstring of `sketches.count_min` promises, held to an exact counter and to the library.

Weights are whole numbers or eighths, so every sum is exact and equality means equality.
"""

from collections import Counter
from math import e, exp, inf, nan

import datasketches
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches.count_min import STEP, CountMin
from sketches.hashing import U64, buckets, row_seeds

UPDATES = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 999).map(lambda n: n / 8)), max_size=60)
FEW_ITEMS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9).map(float)), max_size=60)
SHAPES = st.tuples(st.integers(1, 6), st.integers(3, 64), st.integers(0, 2**64 - 1))
Updates = list[tuple[int, float]]
Shape = tuple[int, int, int]
NONE: U64 = np.zeros(0, np.uint64)


def counted(updates: Updates, shape: Shape) -> CountMin:
    sketch = CountMin(*shape)
    sketch.add(np.array([item for item, _ in updates], np.uint64), np.array([weight for _, weight in updates], float))
    return sketch


def library(updates: Updates, shape: Shape) -> datasketches.count_min_sketch:
    sketch = datasketches.count_min_sketch(*shape)
    for item, weight in updates:
        sketch.update(item - (item >> 63 << 64), weight)  # the library takes signed integers
    return sketch


def exact(updates: Updates) -> Counter[int]:
    counts: Counter[int] = Counter()
    for item, weight in updates:
        counts[item] += weight  # type: ignore[assignment]
    return counts


def same(one: CountMin, other: CountMin) -> bool:
    return one.shape == other.shape and one.total == other.total and bool((one.table == other.table).all())


@pytest.mark.parametrize("seed", [0, 1, 9001, 2**31 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize(("rows", "width"), [(1, 3), (2, 97), (4, 1024), (9, 50)])
def test_table_and_bytes_are_the_librarys(seed: int, rows: int, width: int) -> None:
    random = np.random.default_rng(seed)
    items = random.integers(0, 2**64, 300, np.uint64).tolist() * 2
    updates = [(item, n / 8) for n, item in enumerate(items)]
    ours, theirs = counted(updates, (rows, width, seed)), library(updates, (rows, width, seed))
    assert ours.to_bytes() == theirs.serialize()
    assert (ours.table == np.frombuffer(theirs.serialize(), "<f8", offset=24).reshape(rows, width)).all()
    signed = np.array(items, np.uint64).astype(np.int64).tolist()
    assert ours.estimate(np.array(items, np.uint64)).tolist() == [theirs.get_estimate(item) for item in signed]


@given(UPDATES, SHAPES)
def test_any_updates_give_the_bytes_of_the_library(updates: Updates, shape: Shape) -> None:
    ours, theirs = counted(updates, shape).to_bytes(), library(updates, shape).serialize()
    assert ours[:3] + ours[4:16] == theirs[:3] + theirs[4:16]
    if sum(weight for _, weight in updates):
        assert ours == theirs
    else:  # the library marks a sketch of total 0 as empty and leaves its table out
        assert len(theirs) == 16
        assert not any(ours[16:])


@given(UPDATES, st.integers(1, 6), st.integers(3, 64))
def test_the_library_reads_ours(updates: Updates, rows: int, width: int) -> None:
    ours = counted(updates, (rows, width, 9001))  # from Python it reads sketches of its default seed only
    theirs = datasketches.count_min_sketch.deserialize(ours.to_bytes())
    assert theirs.total_weight == ours.total
    for item, _ in updates:
        signed = item - (item >> 63 << 64)
        assert theirs.get_estimate(signed) == ours.estimate(np.array([item], np.uint64))[0]


@given(FEW_ITEMS, SHAPES)
def test_a_count_is_never_under_estimated(updates: Updates, shape: Shape) -> None:
    truth = exact(updates)
    every = np.arange(60, dtype=np.uint64)
    assert (counted(updates, shape).estimate(every) >= [truth[item] for item in every.tolist()]).all()


def test_a_wide_table_counts_exactly() -> None:
    updates = [(item, float(item % 7)) for item in range(50)] * 2
    estimates = counted(updates, (4, 1 << 16, 9001)).estimate(np.arange(60, dtype=np.uint64))
    assert estimates.tolist() == [2.0 * (item % 7) for item in range(50)] + [0.0] * 10


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5])
def test_the_over_count_exceeds_e_over_width_times_total_with_probability_at_most_exp_minus_rows(rows: int) -> None:
    """The hardest stream: w / e items share the whole weight, so meeting any one of them is already too much.

    A row then fails with probability 1 - (1 - 1/w) ** (w/e), just below 1/e; rows that hashed alike would all fail
    together, and five of them would be no better than one.
    """
    width, seeds, probes = 64, 100, np.arange(1000, 3000, dtype=np.uint64)
    updates = [(item, 8.0) for item in range(int(width / e))]
    truth = exact(updates)
    failed = 0
    for seed in range(seeds):
        sketch = counted(updates, (rows, width, seed))
        over = sketch.estimate(probes) - [truth[item] for item in probes.tolist()]
        failed += int((over > e / width * sketch.total).sum())
    assert 0 < failed / (seeds * len(probes)) <= exp(-rows)


@given(UPDATES, UPDATES, SHAPES)
def test_merging_equals_adding_both(one: Updates, other: Updates, shape: Shape) -> None:
    merged = counted(one, shape)
    merged.merge(counted(other, shape))
    assert same(merged, counted(one + other, shape))


@pytest.mark.parametrize("shape", [(3, 16, 1), (2, 17, 1), (2, 16, 2)])
def test_sketches_of_another_shape_do_not_merge(shape: Shape) -> None:
    mine = counted([(1, 1.0)], (2, 16, 1))
    with pytest.raises(ValueError, match="cannot merge"):
        mine.merge(counted([(1, 1.0)], shape))
    assert same(mine, counted([(1, 1.0)], (2, 16, 1)))


@given(UPDATES, SHAPES, st.integers(-60, 60))
def test_scaling_by_a_power_of_two_is_exact(updates: Updates, shape: Shape, power: int) -> None:
    sketch = counted(updates, shape)
    sketch.scale(2.0**power)
    assert same(sketch, counted([(item, weight * 2.0**power) for item, weight in updates], shape))
    sketch.scale(2.0**-power)
    assert same(sketch, counted(updates, shape))


@given(UPDATES, SHAPES)
def test_bytes_round_trip(updates: Updates, shape: Shape) -> None:
    sketch = counted(updates, shape)
    assert same(CountMin.from_bytes(sketch.to_bytes(), shape[2]), sketch)


def test_a_read_sketch_can_be_added_to() -> None:
    read = CountMin.from_bytes(counted([(1, 1.0)], (2, 16, 1)).to_bytes(), 1)
    read.add(np.array([1], np.uint64), np.ones(1))
    assert same(read, counted([(1, 2.0)], (2, 16, 1)))


def test_truncated_or_lengthened_bytes_are_refused() -> None:
    data = counted([(1, 1.0)], (2, 3, 1)).to_bytes()
    for wrong in [*(data[:length] for length in range(len(data))), data + b"\0", data + data]:
        with pytest.raises(ValueError, match="sketch"):
            CountMin.from_bytes(wrong, 1)


@pytest.mark.parametrize("place", [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14])
def test_a_changed_byte_of_the_header_is_noticed(place: int) -> None:
    """Preamble, version, family, flags, width, rows and hash of the seed; bytes 4-7 and 15 mean nothing."""
    data = bytearray(counted([(1, 1.0)], (2, 3, 1)).to_bytes())
    for bit in range(8):
        data[place] ^= 1 << bit
        with pytest.raises(ValueError, match="sketch"):
            CountMin.from_bytes(bytes(data), 1)
        data[place] ^= 1 << bit


@pytest.mark.parametrize("place", [16, 24, 64])
@pytest.mark.parametrize("value", [nan, inf, -inf, -1.0])
def test_a_total_or_cell_that_no_counting_gives_is_refused(place: int, value: float) -> None:
    data = bytearray(counted([(1, 1.0)], (2, 3, 1)).to_bytes())
    data[place : place + 8] = np.float64(value).tobytes()
    with pytest.raises(ValueError, match="no counting"):
        CountMin.from_bytes(bytes(data), 1)


def test_a_sketch_of_another_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="another seed than 2"):
        CountMin.from_bytes(CountMin(2, 3, 1).to_bytes(), 2)


def test_adding_nothing_is_accepted() -> None:
    sketch = CountMin(3, 16, 1)
    sketch.add(NONE, np.zeros(0))
    assert sketch.estimate(NONE).shape == (0,)
    assert sketch.estimate(np.arange(5, dtype=np.uint64)).tolist() == [0.0] * 5
    assert (sketch.total, sketch.fill) == (0.0, 0.0)


def test_fill_is_the_share_of_used_cells_in_the_fullest_row() -> None:
    assert counted([(1, 1.0)], (4, 16, 1)).fill == 1 / 16
    assert counted([(item, 1.0) for item in range(1000)], (4, 16, 1)).fill == 1.0


@given(FEW_ITEMS, SHAPES, st.integers(0, 40).map(float))
def test_adding_reports_which_counts_reach_the_floor(updates: Updates, shape: Shape, floor: float) -> None:
    sketch, items = CountMin(*shape), np.array([item for item, _ in updates], np.uint64)
    reached = sketch.add(items, np.array([weight for _, weight in updates], float), floor)
    assert reached.tolist() == (sketch.estimate(items) >= floor).tolist()


def test_the_floor_is_checked_after_each_step() -> None:
    """One item STEP + 1 times: those of the first step see the count of that step, the last one sees them all."""
    sketch, items = CountMin(2, 16, 1), np.zeros(STEP + 1, np.uint64)
    reached = sketch.add(items, np.ones(len(items)), STEP + 1.0)
    assert reached.tolist() == [False] * STEP + [True]
    assert sketch.add(items, np.ones(len(items)), 2.0 * STEP + 1).all()


@given(FEW_ITEMS, SHAPES)
def test_the_estimate_of_one_row_is_an_upper_bound(updates: Updates, shape: Shape) -> None:
    sketch, items = counted(updates, shape), np.arange(60, dtype=np.uint64)
    for row in range(sketch.rows):
        places = sketch.places_in(row, items)
        assert places.tolist() == sketch.places(items)[row].tolist()
        assert (sketch.table[row][places] >= sketch.estimate(items)).all()


def test_items_made_to_collide_under_one_seed_inflate_nothing_under_another() -> None:
    """Who knows the seed finds, for each row, an item in the cell of the one he is after, and counts it up so."""
    rows, width, public = 4, 1 << 14, 9001
    wanted = np.array([(ord("元") << 32) | ord("宇")], np.uint64)
    tried = np.random.default_rng(1).integers(0, 1 << 52, 200_000).astype(np.uint64)
    of_wanted = buckets(wanted, row_seeds(public, rows), width)[:, 0]
    of_tried = buckets(tried, row_seeds(public, rows), width)
    found = np.array([tried[np.flatnonzero(of_tried[row] == of_wanted[row])[0]] for row in range(rows)])
    estimates = {}
    for seed in (public, 77, 2**61 - 1):
        sketch = CountMin(rows, width, seed)
        sketch.add(wanted, np.array([10.0]))
        sketch.add(found, np.full(rows, 100.0))
        estimates[seed] = float(sketch.estimate(wanted)[0])
    assert estimates == {public: 110.0, 77: 10.0, 2**61 - 1: 10.0}
