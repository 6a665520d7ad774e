"""Strong pairs: PMI by hand and against exact counts, thresholds, hysteresis, partitions."""

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from math import inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches.pair_sketch import PairSketch, SketchSettings
from stream.segmentation.pmi_model import CohesionSettings, StrongPairs, measure, refresh
from stream.segmentation.tally import pack, spell, tally, word_points
from stream.text.runs import Alphabet

SIZES = SketchSettings(rows=4, char_width=1 << 10, pair_width=1 << 12, candidates=1000, half_life_s=100.0, seed=3)
ASKED = CohesionSettings(min_pmi=0.5, min_count=2.0)
ALPHABET = Alphabet(("han",), fold=False)  # repeats are counted as they stand
TEXTS = st.lists(st.text("天气好热，", max_size=12), max_size=20)
PMIS, COUNTS = st.floats(-2, 3), st.integers(1, 8)


def fed(texts: list[str], at_s: float = 0.0, floor: float = 1.0) -> PairSketch:
    sketch = PairSketch(SIZES)
    feed(sketch, texts, at_s, floor)
    return sketch


def feed(sketch: PairSketch, texts: list[str], at_s: float = 0.0, floor: float = 1.0) -> None:
    sketch.add(tally(ALPHABET.runs(texts)), at_s, floor)


def strong(model: StrongPairs) -> set[str]:
    return {spell(pair) for pair in model.pairs}


def fresh(sketch: PairSketch, asked: CohesionSettings, as_of_s: float = 0.0) -> StrongPairs:
    return refresh(sketch, as_of_s, asked, StrongPairs.empty())


def exact_pmi(texts: list[str]) -> dict[str, tuple[float, int]]:
    """PMI and count of every pair."""
    runs = [run for text in texts for run in re.findall("[^，]+", text)]
    chars = Counter(char for run in runs for char in run)
    pairs = Counter(a + b for run in runs for a, b in pairwise(run))
    return {ab: (log(pairs.total() * n / (chars[ab[0]] * chars[ab[1]])), n) for ab, n in pairs.items()}


def test_a_model_worked_out_by_hand() -> None:
    """天气 x 3, 好天, 好热: 5 pairs; n(天) = 4, n(气) = 3, n(好) = 2, n(热) = 1.

    天气 ln(5 * 3 / (4 * 3)), 好天 ln(5 * 1 / (2 * 4)) < 0, 好热 ln(5 * 1 / (2 * 1)) but once only.
    """
    model = fresh(fed(["天气，天气", "天气，好天，好热"]), CohesionSettings(min_pmi=0.2, min_count=2.0))
    assert strong(model) == {"天气"}
    assert model.links("天气") == pytest.approx([log(5 / 4)])
    assert model.counts.tolist() == [3.0]
    model = fresh(fed(["天气，天气", "天气，好天，好热"]), CohesionSettings(min_pmi=0.2, min_count=1.0))
    assert model.links("好热天气") == pytest.approx([log(5 / 2), -inf, log(5 / 4)])


@given(TEXTS, PMIS, COUNTS)
def test_strong_pairs_are_those_of_the_exact_counts(texts: list[str], min_pmi: float, min_count: int) -> None:
    """The tables are wide enough to hold these few pairs apart."""
    model = fresh(fed(texts), CohesionSettings(min_pmi=min_pmi, min_count=min_count))
    truth = exact_pmi(texts)
    clear = {ab for ab, (pmi, _) in truth.items() if abs(pmi - min_pmi) > 1e-9}
    expected = {ab for ab in clear if truth[ab][0] >= min_pmi and truth[ab][1] >= min_count}
    assert strong(model) & clear == expected
    assert strong(model) <= set(truth)
    for pair, pmi, count in zip(model.pairs, model.pmi.tolist(), model.counts.tolist(), strict=True):
        assert (pmi, count) == pytest.approx(truth[spell(pair)], rel=1e-6, abs=1e-6)


@given(TEXTS, TEXTS, PMIS, COUNTS, st.integers(0, 300))
def test_strong_pairs_are_those_measured_so_in_a_crowded_sketch_too(
    before: list[str], texts: list[str], min_pmi: float, min_count: int, as_of_s: int
) -> None:
    """Most candidates are dismissed by one row; the others are measured, and nobody is dismissed who is strong."""
    asked = CohesionSettings(min_pmi=min_pmi, min_count=min_count)
    sketch = PairSketch(replace(SIZES, pair_width=16))
    feed(sketch, before)
    previous = refresh(sketch, 0.0, replace(asked, min_pmi=0.0, min_count=1.0), StrongPairs.empty())
    feed(sketch, texts, 50.0)
    model = refresh(sketch, float(as_of_s), asked, previous)
    pairs = sketch.candidates.items
    pmi, counts = measure(sketch, pairs, float(as_of_s))
    held = np.isin(pairs, previous.pairs)
    strong = (pmi >= min_pmi - 0.5 * held) & (counts >= min_count * (1 - 0.5 * held))
    assert model.pairs.tolist() == pairs[strong].tolist()
    assert (model.pmi == pmi[strong].astype(np.float32)).all() and (model.counts == counts[strong].astype("f4")).all()


@given(TEXTS, TEXTS, PMIS, COUNTS, st.floats(0, 3), st.integers(0, 5))
def test_a_higher_threshold_never_adds_a_pair(
    before: list[str], texts: list[str], min_pmi: float, min_count: int, more_pmi: float, more_count: int
) -> None:
    """Whatever was strong before."""
    low = CohesionSettings(min_pmi=min_pmi, min_count=min_count)
    high = replace(low, min_pmi=min_pmi + more_pmi, min_count=min_count + more_count)
    previous = fresh(fed(before), ASKED)
    sketch = fed(before + texts)
    assert strong(refresh(sketch, 0.0, high, previous)) <= strong(refresh(sketch, 0.0, low, previous))


@given(TEXTS, st.floats(0, 1000))
def test_time_alone_changes_counts_but_no_pmi(texts: list[str], later_s: float) -> None:
    asked = CohesionSettings(min_pmi=-9.0, min_count=1e-9)
    now, then = fresh(fed(texts), asked), fresh(fed(texts), asked, later_s)
    assert strong(now) == strong(then)
    assert then.pmi == pytest.approx(now.pmi, rel=1e-5, abs=1e-5)
    assert then.counts == pytest.approx(now.counts * 2.0 ** (-later_s / 100), rel=1e-5)


@given(
    st.lists(st.tuples(st.text("天气好热，", max_size=12), st.integers(0, 3)), max_size=30), st.integers(1, 4), COUNTS
)
def test_partitions_merged_have_the_strong_pairs_of_all_texts_in_one(
    texts: list[tuple[str, int]], partitions: int, min_count: int
) -> None:
    asked = CohesionSettings(min_pmi=0.3, min_count=min_count)
    merged = PairSketch(SIZES)
    for partition in range(partitions):
        mine = [text for text, place in texts if place % partitions == partition]
        merged.merge(fed(mine, floor=min_count / partitions))
    alone = fed([text for text, _ in texts], floor=min_count)
    assert strong(fresh(merged, asked)) == strong(fresh(alone, asked))


def test_a_strong_pair_stays_until_its_count_is_clearly_below_the_floor() -> None:
    """8 times 天气, floor 5, it leaves at 2.5: after a half-life 4 are left, after two 2."""
    asked = CohesionSettings(min_pmi=0.0, min_count=5.0, hysteresis_count=0.5)
    sketch = fed(["天气"] * 8)
    model = fresh(sketch, asked)
    assert strong(model) == {"天气"}
    assert strong(fresh(sketch, asked, 100.0)) == set()
    held = refresh(sketch, 100.0, asked, model)
    assert strong(held) == {"天气"}
    gone = refresh(sketch, 200.0, asked, held)
    assert strong(gone) == set()
    feed(sketch, ["天气"] * 2, 200.0)
    assert strong(refresh(sketch, 200.0, asked, gone)) == set()
    feed(sketch, ["天气"], 200.0)
    assert strong(refresh(sketch, 200.0, asked, gone)) == {"天气"}


def test_a_strong_pair_stays_until_its_pmi_is_clearly_below_the_threshold() -> None:
    """4 天气 and 4 好热: ln(8 * 4 / (4 * 4)) = 0.69; with 4 天好 ln(12 * 4 / (8 * 4)) = 0.41; with 8, 0.29."""
    asked = CohesionSettings(min_pmi=0.6, min_count=1.0, hysteresis_pmi=0.2)
    texts = ["天气", "好热"] * 4
    model = fresh(fed(texts), asked)
    assert strong(model) == {"天气", "好热"}
    texts += ["天好"] * 4
    assert strong(fresh(fed(texts), asked)) == set()
    held = refresh(fed(texts), 0.0, asked, model)
    assert strong(held) == {"天气", "好热"}
    assert strong(refresh(fed(texts + ["天好"] * 4), 0.0, asked, held)) == set()


def test_each_model_is_the_next_version_sorted_and_dated() -> None:
    sketch = fed(["天气好热"] * 3)
    model = StrongPairs.empty()
    for version in range(1, 4):
        model = refresh(sketch, float(version), CohesionSettings(min_pmi=-9.0, min_count=1.0), model)
        assert (model.version, model.as_of_s, len(model)) == (version, float(version), 3)
        assert model.pairs.tolist() == sorted(set(model.pairs.tolist()))


def test_candidates_too_rare_to_stay_strong_are_forgotten_before_long() -> None:
    """By then 3 气好 have become 3/8, and 40 天气 5."""
    asked = CohesionSettings(min_pmi=-9.0, min_count=4.0)
    sketch = fed(["天气"] * 40 + ["气好"] * 3)
    model = StrongPairs.empty()
    for _ in range(16):
        model = refresh(sketch, 300.0, asked, model)
    assert [spell(pair) for pair in sketch.candidates.items] == ["天气"]
    assert strong(model) == {"天气"}


def test_a_word_has_a_link_between_each_two_characters() -> None:
    model = fresh(fed(["天气好"] * 3 + ["好热"] * 5), CohesionSettings(min_pmi=-9.0, min_count=1.0))
    assert len(model.links("天气好")) == 2
    assert model.rarest_link("天气好热") == 3.0
    assert model.rarest_link("好热") == 5.0
    assert model.links("热天") == [-inf]
    assert model.rarest_link("热天") == inf
    assert model.links("天") == model.links("") == []


def test_pmi_is_looked_up_pair_by_pair() -> None:
    model = fresh(fed(["天气"] * 3), CohesionSettings(min_pmi=-9.0, min_count=1.0))
    left, right = word_points("天气热好"), word_points("气天好热")
    assert np.isfinite(model.pmi_of(pack(left, right))).tolist() == [True, False, False, False]
    assert model.pmi_of(pack(left[:0], right[:0])).shape == (0,)
    assert StrongPairs.empty().links("天气") == [-inf]


def test_a_sketch_of_nothing_has_no_strong_pairs() -> None:
    for sketch in (PairSketch(SIZES), fed([]), fed(["天"])):
        assert len(fresh(sketch, ASKED, 1e9)) == 0


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (CohesionSettings(), []),
        (CohesionSettings(min_count=0.0), ["min_count"]),
        (CohesionSettings(hysteresis_pmi=-0.1), ["hysteresis_pmi"]),
        (CohesionSettings(hysteresis_count=0.0), ["hysteresis_count"]),
        (CohesionSettings(hysteresis_count=1.1), ["hysteresis_count"]),
        (CohesionSettings(refresh_s=0.0, min_count=-1.0), ["min_count", "refresh_s"]),
    ],
)
def test_every_setting_out_of_range_is_named(asked: CohesionSettings, keys: list[str]) -> None:
    assert [key for key, _ in asked.faults()] == keys


def said_of(names: int, times: int) -> list[str]:
    """「甲说，天气」 for many names: 说 stands beside another character nearly each time, 天 beside 气 always."""
    return [f"{chr(0x5000 + number)}说，天气" for number in range(names) for _ in range(times)]


def test_a_character_bound_to_no_neighbour_is_free_and_one_bound_to_one_is_not() -> None:
    """Each 甲说 is a strong pair (ln(800 * 2 / (2 * 400)) = 0.69), but with 1 in 200 of the occurrences of 说."""
    model = fresh(fed(said_of(200, 2)), ASKED)
    assert chr(0x5000) + "说" in strong(model)
    assert model.freedom_of("说") == 1.0
    assert model.freedom_of("天") == 0.0


def test_the_unbound_share_of_a_rare_character_is_not_known() -> None:
    assert not len(fresh(fed(said_of(50, 2)), ASKED).frequent)  # 100 times: less than FREQUENT * min_count


def test_letters_and_digits_are_not_free() -> None:
    sketch = PairSketch(SIZES)
    sketch.add(tally(Alphabet(("han", "latin")).runs([text.replace("说", "x") for text in said_of(200, 2)])), 0.0, 1.0)
    assert "x" not in map(chr, fresh(sketch, ASKED).frequent)
