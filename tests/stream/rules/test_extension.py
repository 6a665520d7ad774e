"""A piece grows into the word it is a part of, as far as nearly all of its texts have it and no further."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.events.events import Neighbours
from stream.rules.extension import Grown, grow

SHARE, LEAST, LONGEST = 0.7, 3, 12


def grown(piece: str, texts: list[str], *joined: str) -> Grown | None:
    return grow(piece, texts, SHARE, LEAST, LONGEST, set(joined).__contains__)


def word(piece: str, texts: list[str], *joined: str) -> str | None:
    found = grown(piece, texts, *joined)
    return found.word if found else None


@pytest.mark.parametrize(
    ("piece", "texts", "joined", "expected"),
    [
        ("漫长", ["漫长的季节定档", "看漫长的季节", "漫长的季节 秦昊"], ["漫长", "季节", "定档"], "漫长的季节"),
        ("斯克", ["马斯克回应", "看马斯克", "马斯克说"], ["斯克", "回应"], "马斯克"),
        ("su7", ["小米SU7发布", "小米SU7价格", "小米SU7"], ["小米", "发布", "价格"], "小米SU7"),
        ("漫长", ["漫长的季节", "漫长的等待", "漫长，夏天", "漫长冬天"], ["漫长"], None),  # half of them differ
        ("漫长", ["漫长的季节", "漫长的季节"], ["漫长", "季节"], None),  # two texts are too few
        ("奥运代表团", ["中国奥运代表团", "美国奥运代表团", "中国奥运代表团"], ["中国", "美国"], None),  # 国 ends 中国
        ("公里竞走", ["20公里竞走", "50公里竞走", "20公里竞走"], ["20", "50"], None),  # a number is not cut
        ("漫长", ["漫长，的季节"] * 3, ["漫长", "季节"], None),  # not across the edge of a run
    ],
)
def test_a_piece_grows_to_where_its_texts_part_and_are_cut(
    piece: str, texts: list[str], joined: list[str], expected: str | None
) -> None:
    assert word(piece, texts, *joined) == expected


def test_the_neighbours_are_those_of_the_longer_word_in_the_texts_that_have_it() -> None:
    found = grown("漫长", ["漫长的季节好", "看漫长的季节", "漫长的季节 秦昊", "漫长冬天"], "漫长", "季节")
    assert found == Grown("漫长的季节", (0, 1, 2), Neighbours(1, 0.3333), Neighbours(1, 0.3333))


@given(
    st.lists(st.text("漫长的季节，aＡ1", max_size=8), max_size=6),
    st.lists(st.text("漫长的季节", min_size=2, max_size=2)),
)
def test_what_grows_holds_the_piece_and_stands_in_each_of_its_texts(texts: list[str], joined: list[str]) -> None:
    found = grown("漫长", texts, *joined)
    if found:
        assert "漫长" in found.word
        assert len(found.word) <= LONGEST
        assert len(found.texts) >= LEAST
        assert all(found.word.casefold() in texts[number].casefold().replace("Ａ", "a") or "Ａ" in texts[number]
                   for number in found.texts)  # fmt: skip
