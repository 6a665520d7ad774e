"""Characters of unspaced scripts and whole tokens are units; separators have kinds; keys follow the folded unit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.horizon.units import EDGE, HAN, LETTERS, MIXED, PUNCTUATION, QUOTE, SPACE, units_of
from stream.text.runs import encoded


def words(text: str) -> list[str]:
    """The units of a text as they are written, `|` for separators, `_` before one that a blank joins."""
    units = units_of(*encoded([text]), 1)
    return [
        ("_" if units.spaced[row] else "") + text[units.begin[row] : units.begin[row] + units.length[row]] or "|"
        for row in range(len(units))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("天气", ["|", "天", "气", "|"]),
        ("iPhone15 Pro", ["|", "iPhone15", "_Pro", "|"]),
        ("用iPhone", ["|", "用", "iPhone", "|"]),
        ("用 iPhone", ["|", "用", "|", "iPhone", "|"]),
        ("don't", ["|", "don't", "|"]),
        ("'a'", ["|", "a", "|"]),
        ("哈哈哈哈", ["|", "哈", "哈", "|"]),
        ("สวัสดี", ["|", "ส", "ว", "ั", "ส", "ด", "ี", "|"]),
        ("བོད་ཡིག", ["|", "བ", "ོ", "ད", "་", "ཡ", "ི", "ག", "|"]),
        ("한국 뉴스", ["|", "한", "국", "|", "뉴", "스", "|"]),
        ("塑\u200b稚", ["|", "塑", "稚", "|"]),
        ("", ["|", "|"]),
    ],
)
def test_a_text_is_cut_into_units(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_the_strongest_of_several_separators_stands_for_all() -> None:
    kinds = units_of(*encoded(["甲 乙，丙》 丁", "《戊》"]), 1).kinds.tolist()
    assert [kind for kind in kinds if kind < HAN] == [EDGE, SPACE, PUNCTUATION, QUOTE, EDGE, QUOTE, QUOTE]


def test_a_token_of_letters_and_digits_is_of_its_own_kind() -> None:
    assert units_of(*encoded(["abc a1"]), 1).kinds.tolist() == [EDGE, LETTERS, MIXED, EDGE]


@given(st.lists(st.text("天气好 Ab1'，哈w《", max_size=12), min_size=1, max_size=5), st.integers(0, 1 << 63))
def test_equal_strings_have_equal_keys_wherever_they_stand(texts: list[str], seed: int) -> None:
    together = units_of(*encoded(texts), seed)
    alone = [units_of(*encoded([text]), seed) for text in texts]
    assert together.keys.tolist() == [key for one in alone for key in one.keys.tolist()]
    rows = np.flatnonzero((together.kinds[:-1] >= HAN) & (together.kinds[1:] >= HAN))
    pairs = {}
    for row, key in zip(rows.tolist(), together.grams(rows, 2).tolist(), strict=True):
        two = int(together.keys[row]), int(together.keys[row + 1])
        assert pairs.setdefault(two, key) == key
    assert len(set(pairs.values())) == len(pairs)


def test_case_width_and_length_of_laughter_do_not_matter() -> None:
    keys = [units_of(*encoded([text]), 3).keys.max() for text in ("www", "WWWWWW", "ＷＷＷＷ")]
    assert len(set(keys)) == 1


def test_another_seed_gives_other_keys() -> None:
    one, other = (units_of(*encoded(["天气"]), seed).keys for seed in (1, 2))
    assert not set(one[one > 0].tolist()) & set(other[other > 0].tolist())
