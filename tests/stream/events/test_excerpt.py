"""An excerpt of a long text shows the word."""

from hypothesis import given
from hypothesis import strategies as st

from stream.events.excerpt import EXCERPT_CHARS, excerpt, excerpt_with


@given(st.integers(0, 900), st.integers(0, 900), st.integers(1, EXCERPT_CHARS))
def test_a_word_is_whole_within_its_excerpt_and_a_short_text_within_its_own(
    before: int, behind: int, size: int
) -> None:
    text = "，" * before + "词" * size + "。" * behind
    shown = excerpt(text, before, before + size)
    assert shown in text and "词" * size in shown
    assert len(shown) == min(len(text), EXCERPT_CHARS)


def test_a_word_in_the_middle_of_a_text_is_in_the_middle_of_its_excerpt() -> None:
    shown = excerpt_with("，" * 1000 + "天气" + "，" * 1000, "天气")
    assert abs(shown.index("天气") - (EXCERPT_CHARS - 2) // 2) <= 1


def test_the_beginning_is_shown_of_a_text_that_does_not_hold_the_word_as_it_is_folded() -> None:
    assert excerpt_with("甲" + "，" * 500, "哈哈") == "甲" + "，" * (EXCERPT_CHARS - 1)
