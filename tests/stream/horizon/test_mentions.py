"""Counts of strings equal those of a text search, whatever comes and leaves; candidates have new links."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.horizon.buffer import Buffer
from stream.horizon.candidates import candidates
from stream.horizon.mentions import are_closed, counts_of_words, mentions, texts_of_words, texts_that_show
from stream.horizon.part_counts import parts_of, past_of
from stream.horizon.past_memory import PastMemory
from stream.horizon.units import units_of
from stream.text.clean import cleaned
from tests.stream.horizon.horizons import SEED, batch, buffer_of

TEXTS = st.lists(st.lists(st.text("天气好热，", max_size=9), max_size=5), min_size=1, max_size=3)


def spelled(buffer: object, texts: list[str], row: int, units: int) -> str:
    place = int(buffer.rows["begin"][row])  # type: ignore[attr-defined]
    return texts[int(buffer.text_of(np.array([row]))[0])][place : place + units]  # type: ignore[attr-defined]


@given(TEXTS, st.integers(0, 6), st.lists(st.text("天气好热", min_size=1, max_size=5), min_size=1, max_size=6))
def test_a_word_is_in_as_many_texts_as_a_search_finds(batches: list[list[str]], leave: int, words: list[str]) -> None:
    buffer = buffer_of(*(batch for batch in batches if batch))
    texts = [text for batch in batches for text in batch]
    leave = min(leave, len(texts))
    buffer.leave(leave)
    texts = texts[leave:]
    exact = [sum(word in text for text in texts) for word in words]
    if all(a != b or b != c for word in [*words, *texts] for a, b, c in zip(word, word[1:], word[2:], strict=False)):
        assert counts_of_words(buffer, words, SEED).tolist() == exact
        which = [[number for number, text in enumerate(texts) if word in text] for word in words]
        assert [found.tolist() for found in texts_of_words(buffer, words, SEED)] == which


def test_candidates_are_all_strings_with_a_new_link_whose_links_are_in_enough_texts() -> None:
    texts = ["看沪宁沪杭", "在沪宁沪杭上", "过沪宁沪杭，", "天气好"]
    buffer, past = buffer_of(texts), PastMemory(4, 1 << 12, SEED, 1e9)
    found = candidates(buffer, past, 0, 3, 2, 12)
    words = {spelled(buffer, texts, row, units) for row, units in zip(found.row, found.units, strict=True)}
    assert words == {"沪宁", "宁沪", "沪杭", "沪宁沪", "宁沪杭", "沪宁沪杭"}
    told = mentions(buffer, found)
    assert set(told.counts(len(found)).tolist()) == {3}


def test_a_string_of_known_links_is_not_a_candidate() -> None:
    texts = ["看沪宁沪杭", "在沪宁沪杭上", "过沪宁沪杭，"]
    buffer, past = buffer_of(texts, texts), PastMemory(4, 1 << 12, SEED, 1e9)
    left = buffer.leave(3)
    past.add(left.keys, left.counts, left.texts, left.first_s, left.last_s)
    assert len(candidates(buffer, past, 0, 3, 2, 12)) == 0
    assert len(candidates(buffer, past, 0, 3, 3, 12)) == 6


def test_a_string_with_one_and_the_same_neighbour_is_closed() -> None:
    texts = ["看沪宁沪杭", "在沪宁沪杭上", "过沪宁沪杭，"]
    buffer, past = buffer_of(texts), PastMemory(4, 1 << 12, SEED, 1e9)
    found = candidates(buffer, past, 0, 3, 2, 12)
    closed = are_closed(buffer, found, mentions(buffer, found))
    words = {spelled(buffer, texts, row, units)
             for row, units in zip(found.row[~closed], found.units[~closed], strict=True)}  # fmt: skip
    assert words == {"沪宁沪杭"}


def test_parts_are_counted_in_the_horizon_and_in_the_past() -> None:
    buffer, past = (
        buffer_of(["沪宁高速", "沪宁高铁"], ["看沪宁高速路", "高速路", "沪宁"]),
        PastMemory(4, 1 << 12, SEED, 1e9),
    )
    left = buffer.leave(2)
    past.add(left.keys, left.counts, left.texts, left.first_s, left.last_s)
    row = np.array([2])
    whole = candidates(buffer, PastMemory(4, 1 << 12, SEED, 1e9), 0, 1, 0, 4)
    string = whole.chosen((whole.row == row) & (whole.units == 4))
    parts = parts_of(buffer, past, string)
    columns = zip(parts.is_end, parts.units, parts.counts, parts.past, strict=True)
    told = {(bool(end), int(units)): (count, old) for end, units, count, old in columns}
    assert told == {(False, 1): (2, 0), (False, 2): (2, 2), (False, 3): (1, 2),
                    (True, 1): (2, 0), (True, 2): (2, 1), (True, 3): (1, 1)}  # fmt: skip
    assert past_of(buffer, past, string.row, string.units).tolist() == [1.0]


def test_a_string_without_units_has_no_mentions() -> None:
    buffer = buffer_of(["天气好", "new york"])
    words = ["天，气", "", "new york", "newyork", "冬天气"]
    assert counts_of_words(buffer, words, SEED).tolist() == [0, 0, 1, 0, 0]


def test_a_word_is_shown_by_texts_that_hold_it_in_a_link_or_a_name_too() -> None:
    texts = ["看灰鸢影像", "@灰鸢影像 好", "//@灰鸢影像：转", "www.kak.cn/灰鸢", "kak 好", "kakedava 好", "好kak"]
    some = cleaned(batch(texts))
    buffer = Buffer()
    buffer.append(some, units_of(some.prose, some.starts, SEED), np.arange(len(texts), dtype=np.uint64))
    assert [texts_that_show(buffer, word) for word in ("灰鸢影像", "灰鸢", "kak", "没有")] == [3, 4, 3, 0]
    assert counts_of_words(buffer, ["灰鸢影像", "kak"], SEED).tolist() == [1, 2]
    buffer.leave(2)
    assert texts_that_show(buffer, "灰鸢影像") == 1
