"""Decayed counts: half-lives, order, lateness, the landmark, merging, and stored state."""

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.pair_sketch import PairSketch, SketchSettings, Tally

SMALL = SketchSettings(rows=3, char_width=64, pair_width=128, candidates=200, half_life_s=100.0, seed=5)
WIDE = replace(SMALL, char_width=1 << 12, pair_width=1 << 14, candidates=2000)
ALPHABET = "天气好热人"
TEXTS = st.text(ALPHABET, max_size=12)
BATCHES = st.lists(st.tuples(TEXTS, st.integers(-2000, 9000)), max_size=8)
Batches = list[tuple[str, int]]


def packed(pair: str) -> int:
    return ord(pair[0]) << 32 | ord(pair[1])


def exact(text: str) -> Tally:
    """The tally of a text that is one run."""
    chars = sorted(Counter(map(ord, text)).items())
    pairs = sorted(Counter(packed(a + b) for a, b in pairwise(text)).items())
    return Tally(
        np.array([char for char, _ in chars], np.uint64), np.array([n for _, n in chars], float),
        np.array([pair for pair, _ in pairs], np.uint64), np.array([n for _, n in pairs], float),
    )  # fmt: skip


EVERY_CHAR = np.array(sorted(map(ord, ALPHABET)), np.uint64)
EVERY_PAIR = np.array(sorted(packed(a + b) for a in ALPHABET for b in ALPHABET), np.uint64)


def counted(batches: Batches, asked: SketchSettings = WIDE, floor: float = 1.0) -> PairSketch:
    sketch = PairSketch(asked)
    for text, at_s in batches:
        sketch.add(exact(text), at_s, floor)
    return sketch


def counts(sketch: PairSketch, as_of_s: float) -> F64:
    """Decayed counts of every character and pair, and the two totals."""
    of_all = (sketch.chars.estimate(EVERY_CHAR), sketch.pairs.estimate(EVERY_PAIR))
    return np.concatenate((*of_all, [sketch.chars.total, sketch.pairs.total])) * sketch.scale_at(as_of_s)


def pmi(sketch: PairSketch, pairs: U64) -> F64:
    left, right = sketch.chars.estimate(pairs >> np.uint64(32)), sketch.chars.estimate(pairs & np.uint64(0xFFFFFFFF))
    return np.asarray(np.log(sketch.pairs.total * sketch.pairs.estimate(pairs) / (left * right)))


def count_of(sketch: PairSketch, pair: str, as_of_s: float) -> float:
    return float(sketch.pairs.estimate(np.array([packed(pair)], np.uint64))[0] * sketch.scale_at(as_of_s))


def same(one: PairSketch, other: PairSketch) -> bool:
    return one.stored() == other.stored()


def test_a_text_counts_one_now_and_half_a_half_life_later() -> None:
    """Now 1, a half-life ago 1/2, two ago 1/4."""
    sketch = counted([("天气", 0), ("天气", 100), ("天气", 200)])
    assert count_of(sketch, "天气", 200.0) == 1.75
    assert count_of(sketch, "天气", 300.0) == 0.875
    assert count_of(sketch, "气天", 200.0) == 0.0


@given(BATCHES, st.floats(0, 5000), st.integers(0, 20))
def test_without_input_a_count_halves_every_half_life(batches: Batches, as_of_s: float, half_lives: int) -> None:
    sketch = counted(batches)
    later = counts(sketch, as_of_s + half_lives * WIDE.half_life_s)
    assert later == pytest.approx(counts(sketch, as_of_s) / 2**half_lives, rel=1e-9, abs=0)


@given(BATCHES)
def test_counts_are_the_exact_decayed_sums(batches: Batches) -> None:
    truth: dict[int, float] = defaultdict(float)
    for text, at_s in batches:
        for a, b in pairwise(text):
            truth[packed(a + b)] += 2.0 ** ((at_s - 9000) / 100)
    sketch = counted(batches)
    estimates = sketch.pairs.estimate(EVERY_PAIR) * sketch.scale_at(9000.0)
    assert estimates == pytest.approx([truth[pair] for pair in EVERY_PAIR.tolist()], rel=1e-9, abs=1e-300)


@given(BATCHES.flatmap(lambda batches: st.tuples(st.just(batches), st.permutations(batches))))
def test_order_and_lateness_do_not_matter(both: tuple[Batches, Batches]) -> None:
    """Texts are up to 110 half-lives late here, so the landmark moves for some orders and not for others."""
    one, other = counted(both[0]), counted(both[1])
    assert counts(one, 9000.0) == pytest.approx(counts(other, 9000.0), rel=1e-9, abs=1e-300)


@given(TEXTS.filter(lambda text: len(text) > 1), st.integers(65, 500))
def test_moving_the_landmark_leaves_pmi_and_counts_unchanged(text: str, half_lives: int) -> None:
    sketch = counted([(text, 0)])
    pairs = exact(text).pairs
    before, counts_before, landmark = pmi(sketch, pairs), counts(sketch, 700.0), sketch.landmark
    sketch.add(exact(""), half_lives * WIDE.half_life_s, 1.0)
    assert landmark == 0
    assert sketch.landmark == half_lives
    assert (pmi(sketch, pairs) == before).all()
    assert (counts(sketch, 700.0) == counts_before).all()


def test_pmi_is_the_one_worked_out_by_hand() -> None:
    """4 pairs; n(好热) = 2, n(好) = 2, n(热) = 3: ln(4 * 2 / (2 * 3)); 天气 is alone: ln(4 * 1 / (1 * 1))."""
    sketch = counted([("天气", 50), ("好热", 50), ("好热", 50), ("人热", 50)])
    assert pmi(sketch, np.array([packed("好热"), packed("天气")], np.uint64)) == pytest.approx([log(4 / 3), log(4)])


@given(BATCHES, BATCHES)
def test_merging_equals_adding_both(one: Batches, other: Batches) -> None:
    merged = counted(one)
    merged.merge(counted(other))
    assert counts(merged, 9000.0) == pytest.approx(counts(counted(one + other), 9000.0), rel=1e-9, abs=1e-300)
    either = set(counted(one).candidates.items.tolist()) | set(counted(other).candidates.items.tolist())
    assert set(merged.candidates.items.tolist()) == either


@given(BATCHES, BATCHES)
def test_merging_is_commutative(one: Batches, other: Batches) -> None:
    this, that = counted(one), counted(other)
    this.merge(counted(other))
    that.merge(counted(one))
    assert counts(this, 9000.0) == pytest.approx(counts(that, 9000.0), rel=1e-9, abs=1e-300)
    assert this.candidates.items.tolist() == that.candidates.items.tolist()


@given(BATCHES)
def test_merging_does_not_change_the_argument(batches: Batches) -> None:
    theirs = counted(batches)
    PairSketch(WIDE).merge(theirs)
    counted([("天气", 9000)]).merge(theirs)
    assert same(theirs, counted(batches))


@pytest.mark.parametrize(
    "other",
    [
        replace(WIDE, half_life_s=99.0),
        replace(WIDE, rows=2),
        replace(WIDE, char_width=64),
        replace(WIDE, pair_width=128),
        replace(WIDE, seed=6),
    ],
)
def test_sketches_of_other_settings_are_refused_without_side_effects(other: SketchSettings) -> None:
    mine = counted([("天气", 0)])
    for batches in ([], [("好热", 9000)]):
        with pytest.raises(ValueError, match="cannot merge"):
            mine.merge(counted(batches, other))
        assert same(mine, counted([("天气", 0)]))


def test_a_pair_becomes_a_candidate_once_its_decayed_count_reaches_the_floor() -> None:
    """Two half-lives apart: 1 + 1/4 + 1/16 stays below 1.5 for ever; at once, the second reaches it."""
    slow = counted([("天气", at_s) for at_s in range(0, 2000, 200)], floor=1.5)
    assert slow.candidates.items.tolist() == []
    fast = counted([("天气", 0), ("天气", 0)], floor=1.5)
    assert fast.candidates.items.tolist() == [packed("天气")]


@given(st.lists(st.tuples(TEXTS, st.integers(0, 4)), max_size=30), st.integers(1, 5), st.integers(1, 6))
def test_a_pair_frequent_in_all_partitions_together_is_a_candidate_in_one(
    texts: list[tuple[str, int]], partitions: int, min_count: int
) -> None:
    """Pigeonhole: n texts over P partitions put at least n / P of them into one."""
    truth = Counter(a + b for text, _ in texts for a, b in pairwise(text))
    merged = PairSketch(SMALL)
    for partition in range(partitions):
        mine = [(text, 0) for text, place in texts if place % partitions == partition]
        merged.merge(counted(mine, SMALL, min_count / partitions))
    frequent = {packed(pair) for pair, count in truth.items() if count >= min_count}
    assert frequent <= set(merged.candidates.items.tolist())


def test_a_pair_too_rare_in_every_partition_is_no_candidate() -> None:
    merged = PairSketch(WIDE)
    for _ in range(3):
        merged.merge(counted([("天气", 0)], floor=4 / 3))
    assert merged.candidates.items.tolist() == []


@given(BATCHES)
def test_bytes_round_trip(batches: Batches) -> None:
    sketch = counted(batches, SMALL)
    read = PairSketch.from_bytes(sketch.stored(), SMALL)
    assert same(read, sketch)
    assert read.landmark == sketch.landmark
    for one in (read, sketch):
        one.add(exact("好天气"), 8000, 1.0)
    assert same(read, sketch)


@pytest.mark.parametrize("part", ["landmark", "chars", "pairs", "candidates"])
def test_a_missing_or_truncated_part_is_refused(part: str) -> None:
    parts = counted([("天气好热", 0)], SMALL).stored()
    cut_short = parts | {part: parts[part][:-1]}
    del parts[part]
    for wrong in (parts, cut_short):
        with pytest.raises(ValueError):
            PairSketch.from_bytes(wrong, SMALL)


@pytest.mark.parametrize(
    "other",
    [replace(SMALL, rows=2), replace(SMALL, char_width=65), replace(SMALL, pair_width=64), replace(SMALL, seed=6)],
)
def test_state_of_other_settings_is_refused(other: SketchSettings) -> None:
    with pytest.raises(ValueError, match=r"shape|seed"):
        PairSketch.from_bytes(counted([("天气", 0)], SMALL).stored(), other)


def test_a_sketch_of_nothing_counts_nothing() -> None:
    sketch = PairSketch(SMALL)
    assert sketch.scale_at(0.0) == 0.0
    sketch.merge(PairSketch(SMALL))
    assert sketch.landmark is None
    sketch.add(exact(""), 50.0, 1.0)
    assert not counts(sketch, 50.0).any()
    assert len(sketch.candidates) == 0


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (SketchSettings(), []),
        (SketchSettings(rows=0), ["rows"]),
        (SketchSettings(rows=65), ["rows"]),
        (SketchSettings(char_width=15, pair_width=15), ["char_width", "pair_width"]),
        (SketchSettings(char_width=(1 << 31) + 1, pair_width=1 << 31), ["char_width"]),
        (SketchSettings(candidates=15, seed=-1), ["candidates", "seed"]),
        (SketchSettings(half_life_s=0.0), ["half_life_s"]),
        (SketchSettings(half_life_s=float("nan")), ["half_life_s"]),
    ],
)
def test_every_setting_out_of_range_is_named(asked: SketchSettings, keys: list[str]) -> None:
    assert [key for key, _ in asked.faults()] == keys


@given(BATCHES, BATCHES, BATCHES)
def test_combining_again_after_a_change_gives_the_new_sum(one: Batches, other: Batches, later: Batches) -> None:
    first, second, kept = counted(one), counted(other), PairSketch(WIDE)
    kept.combine([first, second], [first, second])
    for text, at_s in later:
        second.add(exact(text), at_s, 1.0)
    kept.combine([first, second], [second])
    anew = PairSketch(WIDE)
    anew.merge(first)
    anew.merge(second)
    assert kept.landmark == anew.landmark
    assert kept.pairs.to_bytes() == anew.pairs.to_bytes() and kept.chars.to_bytes() == anew.chars.to_bytes()
    assert kept.candidates.items.tolist() == anew.candidates.items.tolist()


def test_counts_that_have_decayed_below_the_limit_are_forgotten() -> None:
    """After ten half-lives of silence nothing is left of counts up to a hundred, cells and candidates."""
    settings = SketchSettings(char_width=1 << 10, pair_width=1 << 12, candidates=1000, half_life_s=60.0)
    sketch, pairs = PairSketch(settings), np.arange(1, 300, dtype=np.uint64)
    counts = np.linspace(1.0, 100.0, len(pairs))
    sketch.add(Tally(pairs, counts, pairs, counts), 0.0, 1.0)
    before = sketch.pairs.fill, len(sketch.candidates)
    sketch.forget(60.0, 0.3)
    assert (sketch.pairs.fill, len(sketch.candidates)) == before
    sketch.forget(600.0, 0.3)
    assert (sketch.pairs.fill, sketch.chars.fill, len(sketch.candidates)) == (0.0, 0.0, 0)
    sketch.add(Tally(pairs[:2], counts[:2], pairs[:2], counts[:2]), 600.0, 1.0)
    assert sketch.pairs.estimate(pairs[:2]).min() > 0
