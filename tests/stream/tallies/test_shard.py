"""A snapshot and the tallies after it restore the state exactly; shards divide the pairs."""

from dataclasses import replace

import numpy as np
import pytest

from sketches.pair_sketch import PairSketch, SketchSettings
from stream.segmentation.tally import tally
from stream.state.chunks import StateRecord
from stream.tallies.shard import Shard, place_of
from stream.tallies.tally import RangeTally
from stream.text.runs import Alphabet

SETTINGS = SketchSettings(char_width=256, pair_width=1024, candidates=64, seed=1)
TEXTS = ["今天天气很好", "明天天气不好", "天气预报说今天很好"]
FLOOR = 1.0


def tally_of(begin: int, text: str) -> RangeTally:
    counts = tally(Alphabet(("han",)).runs([text]))
    return RangeTally(0, begin, begin + 1, float(begin), {"texts": 1}, ((0.0, counts),))


def folded(several: list[RangeTally], shard: int = 0, shards: int = 1) -> Shard:
    one = Shard.begun(shard, PairSketch(SETTINGS))
    for each in several:
        one.fold(each.share(shard, shards), FLOOR)
    return one


def stored(shard: Shard) -> StateRecord:
    """Its snapshot, with the places that `SnapshotKeeper` notes."""
    record = shard.snapshot(1)
    meta = record.meta | {"place": shard.cursor.place, "reached": shard.cursor.reached}
    parts = {name: bytes(part) for name, part in record.parts.items()}
    return replace(record, meta=meta, parts=parts)


def test_a_snapshot_and_what_is_behind_it_are_what_one_fold_gives() -> None:
    several = [tally_of(number, text) for number, text in enumerate(TEXTS)]
    again = Shard.restored(stored(folded(several[:2])), SETTINGS)
    again.fold(several[2], FLOOR)
    whole = folded(several)
    assert np.array_equal(again.sketch.pairs.table, whole.sketch.pairs.table)
    assert np.array_equal(again.sketch.chars.table, whole.sketch.chars.table)
    assert again.cursor.ledger.state() == whole.cursor.ledger.state()
    assert (again.totals, again.newest_s) == (whole.totals, whole.newest_s)


def test_shards_have_each_pair_once_and_every_character() -> None:
    several = [tally_of(number, text) for number, text in enumerate(TEXTS)]
    whole, parts = folded(several), [folded(several, shard, 2) for shard in (0, 1)]
    assert np.array_equal(sum(part.sketch.pairs.table for part in parts), whole.sketch.pairs.table)
    assert all(np.array_equal(part.sketch.chars.table, whole.sketch.chars.table) for part in parts)
    assert all(part.totals[0]["texts"] == len(TEXTS) for part in parts)


def test_a_snapshot_of_another_half_life_or_of_other_cells_is_refused() -> None:
    record = stored(folded([tally_of(0, TEXTS[0])]))
    for other in (replace(SETTINGS, half_life_s=1.0), replace(SETTINGS, pair_width=512)):
        with pytest.raises((ValueError, LookupError)):
            Shard.restored(record, other)


def test_a_snapshot_whose_places_contradict_one_another_is_refused() -> None:
    record = stored(folded([tally_of(0, TEXTS[0])]))
    with pytest.raises(ValueError, match="places"):
        Shard.restored(replace(record, meta=record.meta | {"place": 9, "reached": 3}), SETTINGS)


def test_the_snapshot_holds_the_offset_to_read_on_from() -> None:
    assert place_of(StateRecord("shard-0", 1, {}, {"place": 12})) == 12
