"""The word table of a batch against plain Python, and the law that tables add up."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stream.segmentation.cut import cut
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import pack, word_points
from stream.text.hash64 import word_key
from stream.text.message import Text
from stream.text.runs import Alphabet, fold_word
from stream.text.text_batch import TextBatch, source_names
from stream.words.context_counts import FACETS
from stream.words.examples import EXAMPLE_CHARS, Example
from stream.words.word_table import (
    EXAMPLES,
    LEFT,
    RIGHT,
    SOURCE,
    WordTable,
    count_words,
    merge,
)

LAW = settings(max_examples=60, deadline=None)
ALPHABET = Alphabet(("han", "latin", "digit"))
STRONG = {"天气", "气好", "好热", "天天", "1天"}
TEXTS = st.lists(st.tuples(st.text("天气好热Ａb1，😀", max_size=14), st.integers(0, 50)), max_size=10)
SOURCES = st.one_of(st.none(), st.lists(st.sampled_from(["weibo", "zhihu", "知乎"]), min_size=1))
MAX_LENGTH = 4
Figures = dict[int, tuple[int, float, dict[int, int], dict[int, int], dict[int, int]]]


def model() -> StrongPairs:
    points = word_points("".join(sorted(STRONG)))
    ones = np.ones(len(STRONG), np.float32)
    return StrongPairs(1, 0.0, pack(points[::2], points[1::2]), ones, ones)


def texts_from(written: list[tuple[str, int]], sources: list[str] | None = None) -> list[Text]:
    """Texts at these times; either all name a source or none does."""
    return [
        Text(text, float(at_s), sources[n % len(sources)] if sources else None, "raw-text", 2, 100 + n)
        for n, (text, at_s) in enumerate(written)
    ]


def table_of(texts: list[Text], max_length: int = MAX_LENGTH, capacity: int | None = None) -> WordTable:
    return count_words(
        cut(ALPHABET.runs([text.text for text in texts]), model()), TextBatch.of(texts), max_length, capacity
    )


def written(*texts: str) -> list[Text]:
    """One text a second."""
    return texts_from([(text, n) for n, text in enumerate(texts)])


def figures(table: WordTable) -> Figures:
    """All that must add up: texts, first mention and the facets of each word."""
    rows = zip(table.keys.tolist(), table.texts.tolist(), table.first_s.tolist(), strict=True)
    return {
        key: (texts, at_s, table.facet(key, LEFT), table.facet(key, RIGHT), table.facet(key, SOURCE))
        for key, texts, at_s in rows
    }


def occurrences(text: str) -> list[tuple[str, int, str, str]]:
    """Each word of a text: folded, its position, the characters left and right of it ("" at the edge of a run)."""
    found = []
    folded = fold_word(text)
    for run in re.finditer("[天气好热a-z0-9]+", folded):
        joined = [a + b in STRONG or (a + b).isascii() for a, b in pairwise(run[0])]
        cuts = [0, *(place + 1 for place, together in enumerate(joined) if not together), len(run[0])]
        for a, b in pairwise(cuts):
            word = run[0][a:b]
            if 2 <= len(word) <= MAX_LENGTH and not word.isdigit():
                left, right = run[0][a - 1 : a] if a else "", run[0][b : b + 1]
                found.append((word, run.start() + a, left, right))
    return found


def reference(texts: list[Text]) -> Figures:
    """The same figures, one word at a time."""
    words = {word for text in texts for word, *_ in occurrences(text.text)}
    return {word_key(word): reference_row(word, texts) for word in words}


def reference_row(word: str, texts: list[Text]) -> tuple[int, float, dict[int, int], dict[int, int], dict[int, int]]:
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    sources: dict[int, int] = {}
    within = [text for text in texts if any(found == word for found, *_ in occurrences(text.text))]
    for text in within:
        for found, _, before, after in occurrences(text.text):
            if found == word:
                left[ord(before or "\0")] = left.get(ord(before or "\0"), 0) + 1
                right[ord(after or "\0")] = right.get(ord(after or "\0"), 0) + 1
        if text.source is not None:
            name = int(source_names([text.source])[0])
            sources[name] = sources.get(name, 0) + 1
    return len(within), min(text.at_s for text in within), left, right, sources


def test_a_table_worked_out_by_hand() -> None:
    """天气 thrice, in two of three texts; to its left an edge, 热, an edge; to its right 热, an edge, an edge."""
    table = table_of(written("天气热", "热天气，天气", "好"))
    key = word_key("天气")
    assert table.words.tolist() == ["天气"]
    assert figures(table) == {key: (2, 0.0, {0: 2, ord("热"): 1}, {ord("热"): 1, 0: 2}, {})}
    first, second = table.examples(0)
    assert first == Example("天气热", "raw-text", 2, 100)
    assert (second.text, second.offset) == ("热天气，天气", 101)


@LAW
@given(TEXTS, SOURCES)
def test_the_table_of_a_batch_is_the_count_in_plain_python(
    batch: list[tuple[str, int]], sources: list[str] | None
) -> None:
    texts = texts_from(batch, sources)
    assert figures(table_of(texts)) == reference(texts)


@LAW
@given(TEXTS, SOURCES, st.lists(st.integers(0, 10), max_size=3), st.booleans())
def test_the_table_of_batches_merged_is_the_table_of_the_joined_batch(
    batch: list[tuple[str, int]], sources: list[str] | None, cuts: list[int], reverse: bool
) -> None:
    texts = texts_from(batch, sources)
    tables = [table_of(texts[a:b]) for a, b in pairwise([0, *sorted(cuts), max([len(texts), *cuts])])]
    merged = merge(tables[::-1] if reverse else tables)
    assert figures(merged) == figures(table_of(texts))
    assert merged.keys.tolist() == sorted(set(merged.keys.tolist()))
    assert merged.facet_rows.tolist() == sorted(merged.facet_rows.tolist())


@LAW
@given(TEXTS, st.integers(0, 10))
def test_texts_in_the_order_of_time_merge_to_the_same_words_and_examples(
    batch: list[tuple[str, int]], place: int
) -> None:
    texts = texts_from([(text, n) for n, (text, _) in enumerate(batch)])
    merged, whole = merge([table_of(texts[place:]), table_of(texts[:place])]), table_of(texts)
    assert merged.words.tolist() == whole.words.tolist()
    assert [merged.examples(row) for row in range(len(merged))] == [whole.examples(row) for row in range(len(whole))]


@LAW
@given(TEXTS, st.integers(0, 10))
def test_examples_are_few_distinct_and_contain_the_word(batch: list[tuple[str, int]], place: int) -> None:
    texts = texts_from(batch)
    for table in (table_of(texts), merge([table_of(texts[:place]), table_of(texts[place:])])):
        for row, (word, count) in enumerate(zip(table.words.tolist(), table.texts.tolist(), strict=True)):
            examples = table.examples(row)
            offsets = [example.offset for example in examples]
            assert len(set(offsets)) == len(offsets) == min(EXAMPLES, count)
            for example in examples:
                assert texts[example.offset - 100].text == example.text
                assert fold_word(word) in fold_word(example.text)


def test_merged_tables_show_the_examples_of_the_earliest_first() -> None:
    texts = written(*["天气"] * 6)
    merged = merge([table_of(texts[4:]), table_of(texts[2:4]), table_of(texts[:2])])
    assert [example.offset for example in merged.examples(0)] == [100, 101, 102]


@LAW
@given(TEXTS)
def test_a_word_is_shown_as_its_first_text_writes_it(batch: list[tuple[str, int]]) -> None:
    texts = texts_from(batch)
    assume(all(len(fold_word(text.text)) == len(text.text) for text in texts))  # of repeats less is counted than stands
    table = table_of(texts)
    seen: dict[int, str] = {}
    for text in texts:
        for word, place, *_ in occurrences(text.text):
            seen.setdefault(word_key(word), text.text[place : place + len(word)])
    assert dict(zip(table.keys.tolist(), table.words.tolist(), strict=True)) == seen


@LAW
@given(TEXTS, st.integers(0, 6))
def test_a_bounded_table_keeps_the_words_in_most_texts_with_their_facets(
    batch: list[tuple[str, int]], capacity: int
) -> None:
    table = table_of(texts_from(batch, ["weibo"]))
    few = table.bounded(capacity)
    assert len(few) == min(capacity, len(table))
    assert figures(few).items() <= figures(table).items()
    gone = [row[0] for key, row in figures(table).items() if key not in figures(few)]
    assert max(gone, default=0) <= min(few.texts.tolist(), default=max(gone, default=0))
    assert set(few.facet_rows.tolist()) == set(range(len(few)))


def test_a_long_list_of_neighbours_is_bounded_and_keeps_the_most_frequent() -> None:
    neighbours = [chr(0x5000 + n) for n in range(FACETS + 10)]
    texts = written(*(f"{left}天气" for left in neighbours), *(f"{left}天气" for left in neighbours[5:15]))
    table = table_of(texts)
    left = table.facet(word_key("天气"), LEFT)
    assert len(left) == FACETS
    assert {ord(char) for char in neighbours[5:15]} <= set(left)
    assert table.facet(word_key("天气"), RIGHT) == {0: len(texts)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("天气好", ["天气好"]),
        ("天", []),
        ("天天气好热", []),
        ("１２", []),
        ("1天", ["1天"]),
        ("b1", ["b1"]),
        ("ＡＢ热", ["ＡＢ"]),
        ("ab，AB", ["ab"]),
    ],
)
def test_words_have_two_to_the_greatest_number_of_characters_not_all_digits(text: str, words: list[str]) -> None:
    assert table_of(written(text)).words.tolist() == words


def test_forms_of_width_and_case_are_one_word() -> None:
    table = table_of(written("Ａb", "aB", "ab"))
    assert figures(table)[word_key("ab")][0] == 3
    assert table.words.tolist() == ["Ａb"]


def test_an_example_shows_the_beginning_of_a_long_text() -> None:
    text = "热" * EXAMPLE_CHARS + "天气"
    assert table_of(written(text)).examples(0)[0].text == "热" * EXAMPLE_CHARS


def test_a_word_of_one_source_counts_it_once_for_each_text() -> None:
    texts = [text._replace(source="weibo") for text in written("天气，天气", "天气")]
    (count,) = table_of(texts).facet(word_key("天气"), SOURCE).values()
    assert count == 2


def test_tables_of_nothing_are_empty() -> None:
    for table in (WordTable.empty(), merge([]), merge([WordTable.empty()] * 2), table_of([]), table_of(written("，"))):
        assert len(table) == 0
        assert table.row(word_key("天气")) is None
        assert table.facet(word_key("天气"), LEFT) == {}
        assert len(table.bounded(0)) == 0


@LAW
@given(TEXTS)
def test_a_row_is_found_by_its_key(batch: list[tuple[str, int]]) -> None:
    table = table_of(texts_from(batch))
    for row, key in enumerate(table.keys.tolist()):
        assert table.row(key) == row
        assert table.row(key ^ 1) is None


def test_sources_have_names_of_forty_bits_that_do_not_depend_on_the_batch() -> None:
    names = source_names(["weibo", "知乎", "weibo", None]).tolist()
    assert names[0] == names[2] != names[1]
    assert names[1] == source_names(["知乎"])[0]
    assert names[3] == 0
    assert max(names) < 1 << 40


@LAW
@given(TEXTS, SOURCES, st.integers(1, 6))
def test_a_batch_with_too_many_words_is_the_bounded_table_of_all(
    batch: list[tuple[str, int]], sources: list[str] | None, capacity: int
) -> None:
    texts = texts_from(batch, sources)
    few, all_bounded = table_of(texts, capacity=capacity), table_of(texts).bounded(capacity)
    assert figures(few) == figures(all_bounded)
    assert [few.examples(row) for row in range(len(few))] == [all_bounded.examples(row) for row in range(len(few))]
