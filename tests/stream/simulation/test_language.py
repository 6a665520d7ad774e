"""Texts drawn from a language keep to its clauses, its topics and the lengths asked for."""

import numpy as np
import pytest

from stream.simulation.language import MAX_WORD_CHARS, Language, Vocabulary, write, zipf

SPOKEN = {"a": "去逛古镇", "b": "去喝绿茶"}


@pytest.fixture(scope="module")
def spoken() -> Language:
    """Two topics of one noun each: `N1` 古镇, `N2` 绿茶; every text begins with a noun."""
    words = Vocabulary()
    words.add_class(",", [("，", 1.0)])
    words.add_class("N1", zipf(["古镇", "海边"]))
    words.add_class("N2", zipf(["绿茶", "牛奶"]))
    words.add_topic([["N1", "=很美"]], [["=真开心"]])
    words.add_topic([["N2", "=好喝"]], [["=真开心"]])
    return words.language({"N1", "N2"}, (("落星坪",), ("苔绿冰",)), whole_sentences=True)


def written(spoken: Language, planted: list[str], shortest: int = 8, longest: int = 30) -> list[str]:
    return write(spoken, np.random.default_rng(1), len(planted), shortest, longest, planted)


def test_a_text_stays_within_one_topic(spoken: Language) -> None:
    texts = written(spoken, [""] * 300)
    about = [("很美" in text, "好喝" in text) for text in texts]
    assert set(about) == {(True, False), (False, True)}


def test_a_text_begins_with_a_clause_that_may_begin_one(spoken: Language) -> None:
    assert {text[:2] for text in written(spoken, [""] * 300)} == {"古镇", "海边", "绿茶", "牛奶"}


def test_a_text_ends_where_a_clause_ends(spoken: Language) -> None:
    texts = written(spoken, [""] * 300)
    assert {text[-2:] for text in texts} == {"很美", "好喝", "开心"}
    assert all(8 <= len(text) <= 30 for text in texts)


def test_a_planted_word_replaces_a_noun_of_its_own_topic(spoken: Language) -> None:
    texts = [text for text in written(spoken, ["苔绿冰"] * 100) if "苔绿冰" in text]
    assert len(texts) > 75  # of the others a later noun was replaced, which was cut off
    assert all("苔绿冰好喝" in text and "很美" not in text for text in texts)


def test_more_frequent_words_are_listed_first(spoken: Language) -> None:
    weights = [weight for _, weight in zipf(["一", "二", "三"])]
    assert weights == sorted(weights, reverse=True)


def test_a_class_named_by_its_word_is_made_when_it_is_used(spoken: Language) -> None:
    assert {"很美", "好喝", "真开心"} <= set(spoken.words)
    assert spoken.points.shape == (len(spoken.words), MAX_WORD_CHARS)


def test_no_texts_are_no_texts(spoken: Language) -> None:
    assert written(spoken, []) == []
