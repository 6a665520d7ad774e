"""Text is printed readably in a terminal, and cannot control it."""

import unicodedata

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.outputs.terminal import JOINER, visible

LAW = settings(max_examples=300)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("元宇宙 iPhone14", "元宇宙 iPhone14"),
        ("👩\u200d👩", "👩\u200d👩"),
        ("\x1b]0;title\x07", "\\u001b]0;title\\u0007"),
        ("a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"),
        ("\x9b31m", "\\u009b31m"),
        ("a\r\nb\u2028c\t", "a\\u000d\\u000ab\\u2028c\\u0009"),
        ("\U000e0041", "\\udb40\\udc41"),
    ],
)
def test_controls_are_shown_as_numbers_and_the_rest_as_it_is(text: str, shown: str) -> None:
    assert visible(text) == shown


@LAW
@given(st.text(st.characters(codec="utf-8")))
def test_no_control_character_is_left(text: str) -> None:
    shown = visible(text)
    assert all(unicodedata.category(one) not in ("Cc", "Cf", "Zl", "Zp") or one == JOINER for one in shown)


@LAW
@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))))
def test_json_stays_the_same_json(fields: dict[str, str]) -> None:
    assert orjson.loads(visible(orjson.dumps(fields).decode())) == fields
