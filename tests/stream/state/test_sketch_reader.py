"""A stored record of sketches gives the estimates of the original sketch, at any time."""

import numpy as np
import pytest

from sketches.pair_sketch import PairSketch, SketchSettings
from stream.segmentation.tally import pack, tally, word_points
from stream.state.chunks import StateRecord
from stream.state.sketch_reader import stored_counts
from stream.text.runs import Alphabet

DAY_S = 86_400.0


def record(texts: list[str], seed: int, at_s: float = 5 * DAY_S) -> tuple[PairSketch, StateRecord]:
    sketch = PairSketch(SketchSettings(char_width=1024, pair_width=4096, half_life_s=DAY_S, seed=seed))
    if texts:
        sketch.add(tally(Alphabet(("han",)).runs(texts)), at_s, 1.0)
    return sketch, StateRecord("0", 9, sketch.stored(), {"half_life_s": DAY_S})


@pytest.mark.parametrize("seed", [9001, 123_456])
def test_counts_are_decayed_to_the_time_asked_for(seed: int) -> None:
    _, stored = record(["天气好", "天气真好"], seed)
    counts = stored_counts(stored, seed)
    assert counts
    assert [counts.pair("天", "气", at_s) for at_s in (5 * DAY_S, 6 * DAY_S)] == [2, 1]
    assert counts.character("好", 5 * DAY_S) == 2
    assert counts.pairs_in_all(5 * DAY_S) == 5
    assert counts.pair("好", "天", 5 * DAY_S) == 0


@pytest.mark.parametrize("seed", [9001, 123_456])
def test_the_library_finds_what_the_service_would(seed: int) -> None:
    sketch, stored = record(["天气好天气坏", "气象台天天报天气"], seed)
    counts = stored_counts(stored, seed)
    assert counts
    at_s = 5.5 * DAY_S
    points = word_points("天气")
    ours = sketch.pairs.estimate(pack(points[:1], points[1:])) * sketch.scale_at(at_s)
    assert np.isclose(counts.pair("天", "气", at_s), ours[0])


def test_a_record_without_sketches_of_another_seed_or_without_counts_is_none() -> None:
    _, stored = record(["天气"], 9001)
    assert stored_counts(StateRecord("x", 0, {}, {}), 9001) is None
    assert stored_counts(stored, 7) is None
    assert stored_counts(record([], 9001)[1], 9001) is None
