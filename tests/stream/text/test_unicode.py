"""Equal text is equal however it was typed, and invisible characters change nothing."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.text.runs import Alphabet
from stream.text.unicode import IGNORABLE, IS_IGNORABLE, IS_PART, compose, marks

LAW = settings(max_examples=200)
HIDDEN = [chr(point) for first, last in IGNORABLE for point in (first, last)]
TRICKY = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs",)),
        st.sampled_from("天气aeé\u0301\u0300カﾊﾞｱ\u3099\u309a한\u1107\u1170\u11b0ﾡￂￊก้กา豈Å\n"),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("塑\u200b稚\u200b酉", "塑稚酉"),
        ("蓝\u00ad鲸湾", "蓝鲸湾"),
        ("葛\U000e0100鸢町", "葛鸢町"),
        ("拔\u200d姓桐", "拔姓桐"),
        ("鹭\u0000丸堂", "鹭丸堂"),
        ("\ufeff天气\ufe0f", "天气"),
        ("\u30af\u3099\u30d8\u309a\u30bd\u3099\u30db\u3099", "グペゾボ"),
        ("ﾇﾍﾞｻﾞｺ", "ヌベザコ"),
        ("ハﾞ", "バ"),
        ("\u1107\u1170\u11b0\u1108\u1170\u11b0", "뷁쀍"),
        ("ﾡￂ", "가"),
        ("cafe\u0301 n\u0303", "café ñ"),
        ("豈", "豈"),
        ("Ａ① ㎡：", "Ａ① ㎡："),
        ("a\r\nb\tc\u3000d", "a\r\nb\tc\u3000d"),
    ],
)
def test_what_was_typed_is_composed(typed: str, meant: str) -> None:
    assert compose(typed) == meant


@LAW
@given(TRICKY)
def test_composing_twice_is_composing_once(text: str) -> None:
    assert compose(compose(text)) == compose(text)


@LAW
@given(TRICKY, st.lists(st.tuples(st.integers(0, 12), st.sampled_from(HIDDEN)), max_size=6))
def test_inserting_invisible_characters_changes_no_run(text: str, inserted: list[tuple[int, str]]) -> None:
    other = text
    for place, one in inserted:
        other = other[:place] + one + other[place:]
    assert compose(other) == compose(text)
    alphabet = Alphabet(("all",))
    assert alphabet.runs([compose(other)]).points.tolist() == alphabet.runs([compose(text)]).points.tolist()


@LAW
@given(TRICKY)
def test_a_text_without_marked_characters_stays_as_it_is(text: str) -> None:
    if not any(marks()[ord(one)] for one in text):
        assert compose(text) == text


def test_every_character_that_composing_changes_is_marked() -> None:
    table = marks()
    for point in (*range(0x3400), *range(0xA000, 0xABFF), *range(0xF900, 0xFFFF), *range(0x1F000, 0x1F100), 0x2F800):
        if compose(chr(point)) != chr(point):
            assert table[point] & (IS_IGNORABLE | IS_PART), hex(point)
        elif unicodedata.combining(chr(point)):
            assert table[point] & IS_PART, hex(point)
