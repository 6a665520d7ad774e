"""The cut: pieces join to their run, inner links are strong, cut links are not, Latin and digits stay whole."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.segmentation.cut import Pieces, cut, cut_where
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import pack, word_points
from stream.text.runs import LETTER, Alphabet, fold_word

LAW = settings(max_examples=100)
ALPHABET = Alphabet(("han", "latin", "digit"))
CHARACTERS = "天气好热aB1，\0"
TEXTS = st.lists(st.one_of(st.text(CHARACTERS, max_size=16), st.text(st.characters(), max_size=12)), max_size=5)
PAIRS = st.sets(st.text("天气好热ab1", min_size=2, max_size=2), max_size=20)


def model_of(pairs: set[str]) -> StrongPairs:
    """PMI 1, 2, 3, … in the order of the pairs."""
    points = word_points("".join(sorted(pairs)))
    figures = np.arange(1, len(pairs) + 1, dtype=np.float32)
    return StrongPairs(1, 0.0, pack(points[::2], points[1::2]), figures, figures)


def pieces_of(texts: list[str], pairs: set[str]) -> Pieces:
    return cut(ALPHABET.runs(texts), model_of(pairs))


def joined(pair: str, strong: set[str]) -> bool:
    return pair in strong or all(ALPHABET.runs([character]).kinds[0] >= LETTER for character in pair)


@LAW
@given(TEXTS, PAIRS)
def test_the_pieces_of_a_run_join_to_the_run(texts: list[str], strong: set[str]) -> None:
    pieces = pieces_of(texts, strong)
    spans = list(zip(pieces.begin.tolist(), pieces.end.tolist(), strict=True))
    assert all(begin < end for begin, end in spans)
    covered = [place for begin, end in spans for place in range(begin, end)]
    assert covered == [place for begin, end in pieces.runs.spans() for place in range(begin, end)]
    assert {a for a, _ in pieces.runs.spans()} <= {a for a, _ in spans}
    assert {b for _, b in pieces.runs.spans()} <= {b for _, b in spans}


@LAW
@given(TEXTS, PAIRS)
def test_every_inner_link_is_strong_and_every_cut_link_is_not(texts: list[str], strong: set[str]) -> None:
    pieces = pieces_of(texts, strong)
    words = pieces.words()
    assert all(joined(a + b, strong) for word in words for a, b in pairwise(word))
    neighbours = zip(pieces.end.tolist(), pieces.begin.tolist()[1:], pairwise(words), strict=False)
    cuts = [left[-1] + right[0] for end, begin, (left, right) in neighbours if end == begin]
    assert not any(joined(pair, strong) for pair in cuts)


@LAW
@given(st.lists(st.text("aB1Ａ１天，", max_size=16), max_size=5))
def test_letters_and_digits_are_never_cut(texts: list[str]) -> None:
    """With no model at all."""
    whole = [piece for text in texts for piece in re.findall("[a-z0-9]+|天", fold_word(text))]
    assert pieces_of(texts, set()).words() == whole


@LAW
@given(TEXTS, PAIRS, st.data())
def test_a_smaller_model_only_cuts_further(texts: list[str], strong: set[str], data: st.DataObject) -> None:
    fewer = data.draw(st.sets(st.sampled_from(sorted(strong)))) if strong else set()
    few, many = pieces_of(texts, fewer), pieces_of(texts, strong)
    assert set(many.begin.tolist()) <= set(few.begin.tolist())
    assert set(many.end.tolist()) <= set(few.end.tolist())


@pytest.mark.parametrize(
    ("text", "strong", "words"),
    [
        ("今天天气好", {"今天", "天气"}, ["今天", "天气", "好"]),
        ("今天天气好", {"今天", "天天", "天气"}, ["今天天气", "好"]),
        ("今天天气好", set(), ["今", "天", "天", "气", "好"]),
        ("买iPhone14Pro了", set(), ["买", "iphone14pro", "了"]),
        ("小米SU7发布", {"小米", "米s", "发布"}, ["小米su7", "发布"]),
        ("749局", {"9局"}, ["749局"]),
        ("749局", set(), ["749", "局"]),
        ("天，气", {"天气"}, ["天", "气"]),
        ("，", {"天气"}, []),
    ],
)
def test_a_run_cut_by_hand(text: str, strong: set[str], words: list[str]) -> None:
    assert pieces_of([text], strong).words() == words


def test_no_piece_spans_two_texts() -> None:
    assert pieces_of(["天", "气", "天气"], {"天气"}).words() == ["天", "气", "天气"]


@LAW
@given(TEXTS)
def test_cutting_nowhere_gives_the_runs_and_cutting_everywhere_the_characters(texts: list[str]) -> None:
    runs = ALPHABET.runs(texts)
    nowhere, everywhere = (cut_where(runs, np.full(len(runs.inner), cuts)) for cuts in (False, True))
    assert list(zip(nowhere.begin.tolist(), nowhere.end.tolist(), strict=True)) == runs.spans()
    assert everywhere.begin.tolist() == np.flatnonzero(runs.kinds).tolist()
    assert all(len(word) == 1 for word in everywhere.words())


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["，"]])
def test_nothing_is_cut_into_nothing(texts: list[str]) -> None:
    assert pieces_of(texts, {"天气"}).words() == []
