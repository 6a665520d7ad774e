"""The article's job: the result equals that of a direct implementation, number for number."""

import doctest
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.corpus import discover as stage
from stream.corpus import exact_counts, frequent_pairs
from stream.corpus.discover import DiscoverSettings, PairCounts, WordCounts, coded
from stream.text.runs import points_of
from tests.stream.corpus.discover_reference import reference

FEW = st.text("天气好热a1Z，\n\0😀〇\u4dff\u9fa5\u9fa6\ud800", max_size=40)
RATIOS = st.builds(lambda n, m: log(n / m), st.integers(1, 40), st.integers(1, 40))


def discover(texts: list[str], batch: int, asked: DiscoverSettings) -> list[tuple[str, int]]:
    batches = [coded(points_of(texts[first : first + batch])) for first in range(0, len(texts), batch)]
    pairs = PairCounts()
    for one in batches:
        pairs.add(one)
    words = WordCounts(pairs.strong(asked))
    for one in batches:
        words.add(one)
    assert pairs.chars == words.chars
    return words.words(asked)


@settings(max_examples=150)
@given(
    texts=st.lists(st.one_of(FEW, FEW, st.text(max_size=20)), max_size=12),
    min_count=st.integers(1, 4),
    min_pmi=st.one_of(RATIOS, st.floats(-3, 3)),
    batch=st.integers(1, 5),
    fold=st.integers(1, 60),
    many=st.sampled_from([1, 5, 1 << 25]),
    most=st.integers(1, 60),
)
def test_it_is_the_reference_for_any_text_threshold_and_batch(
    texts: list[str], min_count: int, min_pmi: float, batch: int, fold: int, many: int, most: int
) -> None:
    """Thresholds that are the PMI of some pair are among them, so rounding must not decide."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_counts, "FOLD_KEYS", fold)
        patch.setattr(exact_counts, "MANY_KEYS", many)
        patch.setattr(frequent_pairs, "CELL_MAX", most)
        found = discover(texts, batch, DiscoverSettings(min_count, min_pmi))
    assert found == reference(texts, min_count, min_pmi)


def test_the_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(stage).failed == 0


def test_a_pair_is_strong_at_the_threshold_itself_and_not_above() -> None:
    """ab ab ab c: 3 pairs, all ab; ln(3 * 3 / (3 * 3)) is 0."""
    texts = ["ab，ab，ab，c"]
    assert discover(texts, 1, DiscoverSettings(1, 0.0)) == [("ab", 3), ("c", 1)]
    assert discover(texts, 1, DiscoverSettings(1, 5e-324)) == [("a", 3), ("b", 3), ("c", 1)]


def test_rounding_never_decides_about_a_threshold() -> None:
    """The PMI of 人们 is one of thousands of ratios; at that very double it is strong, at the next one it is not."""
    for n_ab in range(1, 60):
        texts = ["人们，" * n_ab + "人，" * (n_ab % 7) + "们，" * (n_ab % 5) + "天气，" * (n_ab % 11)]
        pmi = log((n_ab + n_ab % 11) * n_ab / ((n_ab + n_ab % 7) * (n_ab + n_ab % 5)))
        at, above = (dict(discover(texts, 1, DiscoverSettings(1, least))) for least in (pmi, np.nextafter(pmi, 9)))
        assert at["人们"] == n_ab
        assert "人们" not in above


def test_the_last_piece_of_a_run_counts_too() -> None:
    assert discover(["好天气"] * 3, 2, DiscoverSettings(2, 9.0)) == [("天", 3), ("好", 3), ("气", 3)]


def test_words_of_any_length_come_out_longer_than_four_too() -> None:
    word = "abcdefghijklmnopqrstuvwxyz天气0123456789"
    for length in range(1, len(word) + 1):
        assert discover([word[:length]] * 4, 3, DiscoverSettings(4, -1.0)) == [(word[:length], 4)]


def test_a_character_met_again_within_a_word_is_spelled_again() -> None:
    assert discover(["哈哈哈"] * 2, 1, DiscoverSettings(1, -9.0)) == [("哈哈哈", 2)]


def test_words_are_sorted_by_count_then_by_code_point() -> None:
    texts = ["天，气，气，a，Z，9，好好好好好"]
    assert discover(texts, 1, DiscoverSettings(1, -9.0)) == [
        ("气", 2), ("9", 1), ("Z", 1), ("a", 1), ("天", 1), ("好好好好好", 1),
    ]  # fmt: skip


def test_a_least_length_drops_words_and_changes_no_count() -> None:
    texts = ["天气，好，热"] * 5
    every = discover(texts, 4, DiscoverSettings(2, 0.0))
    assert {len(word) for word, _ in every} == {1, 2}
    assert discover(texts, 4, DiscoverSettings(2, 0.0, 2)) == [item for item in every if len(item[0]) >= 2]


def test_no_text_has_no_words() -> None:
    for texts in ([], [""], ["，。\n"]):
        assert discover(texts, 1, DiscoverSettings()) == []


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        (DiscoverSettings(min_count=0), "min_count"),
        (DiscoverSettings(min_pmi=float("nan")), "min_pmi"),
        (DiscoverSettings(min_pmi=float("-inf")), "min_pmi"),
        (DiscoverSettings(min_length=0), "min_length"),
    ],
)
def test_a_setting_out_of_range_is_named(asked: DiscoverSettings, key: str) -> None:
    assert [name for name, _ in asked.faults()] == [key]
    assert DiscoverSettings().faults() == []
