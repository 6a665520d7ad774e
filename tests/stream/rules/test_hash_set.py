"""A set of words contains exactly the words it was built from, in folded form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.rules import hash_set as word_set
from stream.rules.hash_set import WordSet
from stream.text.hash64 import word_key
from stream.text.runs import fold_word

WORDS = st.lists(st.text("元宇宙aAＡ1１\U00020000\ud800ß㎡\n", max_size=4), max_size=12)


def keys_of(words: list[str]) -> np.ndarray:
    return np.array([word_key(fold_word(word)) for word in words], np.uint64)


@settings(max_examples=100)
@given(WORDS, WORDS, st.integers(1, 5))
def test_a_word_is_in_the_set_if_one_that_folds_alike_was_put_in(held: list[str], asked: list[str], batch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_set, "BATCH", batch)
        words = WordSet(held)
    folded = {fold_word(word) for word in held if word}
    assert words.contains(keys_of(asked)).tolist() == [fold_word(word) in folded for word in asked]
    assert len(words) == len(folded)


def test_width_and_case_do_not_matter() -> None:
    asked = keys_of(["iphone14", "IPHONE１４", "元宇", "元宇宙"])
    assert WordSet(["ＩPhone14", "元宇宙"]).contains(asked).tolist() == [True, True, False, True]


def test_an_empty_set_holds_nothing_and_nothing_can_be_asked_of_any_set() -> None:
    assert not WordSet().contains(keys_of(["元", ""])).any()
    assert not WordSet([""]).contains(keys_of([""])).any()
    assert WordSet(["元"]).contains(np.zeros(0, np.uint64)).shape == (0,)


def test_keys_are_sorted_and_unique_and_words_may_come_from_an_iterator() -> None:
    words = WordSet(word for word in ["丙", "甲", "乙", "甲"])
    assert words.keys.dtype == np.uint64
    assert (np.diff(words.keys.astype(object)) > 0).all()
    assert len(words) == 3
