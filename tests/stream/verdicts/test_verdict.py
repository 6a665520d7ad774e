"""A verdict is decoded as it was encoded, and other bytes are refused."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.verdicts.verdict import ACCEPTED, PART_OF, REFUSED, Verdict, decode_verdict, encode_verdict

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


def verdict(**fields: Any) -> Verdict:
    return Verdict(**{"word": "元宇宙", "verdict": ACCEPTED, "at_s": 1_700_000_000.5, **fields})


@given(st.sampled_from((ACCEPTED, REFUSED)), TEXT, TEXT, st.integers(0, 4_000_000_000_000))
def test_it_decodes_to_what_was_encoded(kind: str, note: str, by: str, at_ms: int) -> None:
    one = verdict(verdict=kind, note=note, by=by, at_s=at_ms / 1000)
    assert decode_verdict(encode_verdict(one)) == one


def test_a_word_that_is_part_of_another_names_it() -> None:
    one = verdict(verdict=PART_OF, of="元宇宙概念股")
    assert decode_verdict(encode_verdict(one)) == one
    assert orjson.loads(encode_verdict(one))["part_of"] == "元宇宙概念股"


@pytest.mark.parametrize(
    "fields",
    [
        {"word": ""}, {"word": "  "}, {"word": "a" * 101}, {"verdict": "maybe"}, {"verdict": PART_OF}, {"of": "别的词"},
        {"verdict": PART_OF, "of": ""}, {"verdict": PART_OF, "of": "元宇宙"}, {"note": "a" * 1001}, {"by": "a" * 101},
        {"note": 3}, {"by": None},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|names|not a verdict"):
        decode_verdict(encode_verdict(verdict(**fields)))


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{}", b'{"schema":2}', b'{"schema":1,"word":"a"}', b"\xff"])
def test_other_records_are_no_verdicts(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"verdict"):
        decode_verdict(line)


def test_spellings_of_a_word_have_one_key() -> None:
    assert verdict(word="Ｉphone14").key == verdict(word="iphone14").key == "iphone14"
