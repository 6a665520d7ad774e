"""The compiled loops of the horizon give the same results as their numpy versions, to the bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sketches.count_min import CountMin
from stream.horizon.bounded_counts import BoundedCounts
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings
from stream.horizon.chains import Chains
from stream.horizon.mentions import counts_of_words, mentions
from stream.horizon.slot_index import SlotIndex, first_in_text
from stream.horizon.units import units_of
from stream.text.runs import encoded
from tests.sketches.test_kernels import both, same
from tests.stream.horizon.horizons import SEED, batch

TEXTS = st.lists(st.text("天气好热哈aab1２Ａ'’，。 《》#\n\u200bあアé가😀", max_size=14), max_size=5)
PLAIN = st.lists(st.text("天气好热ab ，", max_size=12), min_size=1, max_size=6)


@given(TEXTS)
def test_texts_to_units(texts: list[str]) -> None:
    assert same(*both(lambda: units_of(*encoded(texts), SEED)))


@given(st.lists(PLAIN, min_size=1, max_size=4), st.integers(0, 8))
def test_texts_that_come_and_go_and_where_their_strings_stand(batches: list[list[str]], gone: int) -> None:
    def found() -> list[object]:
        buffer, first = Buffer(), 0
        for texts in batches:
            some = batch(texts, float(first), first)
            buffer.append(some, units_of(some.written, some.starts, SEED), np.arange(len(texts), dtype=np.uint64))
            first += len(texts)
        left = buffer.leave(min(gone, len(buffer) - 1))
        rows = {name: buffer.rows[name].copy() for name in ("slot1", "slot2", "slot3", "first", "back1", "back3")}
        strings = strings_of(buffer)
        told = mentions(buffer, strings) if len(strings) else strings
        words = ["天气", "天气好", "天气好热", "ab", "没", "ab 天"]
        return [left, *rows.values(), told, counts_of_words(buffer, words, SEED), buffer.index.counts.copy()]

    assert same(*both(found))


def strings_of(buffer: Buffer) -> Strings:
    """Every string of one to four units that stands in the buffer."""
    kind = buffer.rows["kind"]
    rows = [(row, units) for row in range(len(kind)) for units in range(1, 5)
            if row + units < len(kind) and (kind[row : row + units] >= 4).all()]  # fmt: skip
    row, units = np.array(rows, np.int64).reshape(-1, 2).T
    keys, which = np.unique(buffer.grams(row, units), return_index=True)
    return Strings(keys, row[which], units[which])


@given(st.lists(st.lists(st.integers(0, 9), max_size=20), max_size=5))
def test_rows_with_the_same_slot_are_chained(batches: list[list[int]]) -> None:
    def found() -> list[object]:
        chains, row, made = Chains(), 0, []
        for slots in batches:
            made.append(chains.extended(np.array(slots, np.int32), row, 10))
            row += len(slots)
        return [*made, chains.last]

    assert same(*both(found))


@given(st.lists(st.lists(st.integers(1, 40), max_size=30), max_size=6))
def test_slots_of_keys(batches: list[list[int]]) -> None:
    def found() -> list[object]:
        index, made = SlotIndex(), list[object]()
        for keys in batches:
            slots = index.add(np.array(keys, np.uint64))
            texts = np.arange(len(keys), dtype=np.int32) // 3
            first = first_in_text(slots, texts, len(index.counts))
            index.count(slots[first], 1)
            made += [slots, first, index.counts_of(np.arange(41, dtype=np.uint64))]
            index.count(slots[first], -1)
        return made

    assert same(*both(found))


@given(st.lists(st.dictionaries(st.integers(1, 40), st.integers(1, 9), max_size=20), max_size=6))
def test_bounded_counts_of_keys(batches: list[dict[int, int]]) -> None:
    def found() -> object:
        counts = BoundedCounts(2)
        for each in batches:
            values = np.array([[count, 1] for count in each.values()], np.float32).reshape(-1, 2)
            counts.add(np.array(list(each), np.uint64), values)
        return counts.get(np.arange(45, dtype=np.uint64))

    assert same(*both(found))


@given(st.lists(st.integers(0, 99), max_size=60), st.sampled_from([16, 17]))
def test_where_items_are_counted_in_a_sketch(items: list[int], width: int) -> None:
    def found() -> list[object]:
        sketch, keys = CountMin(3, width, 9001), np.array(items, np.uint64)
        sketch.add(keys, np.ones(len(keys)))
        places = sketch.places(keys)
        return [places, sketch.estimate_at(places), sketch.estimate_at(places[:, ::2])]

    assert same(*both(found))
