"""Why a word is or is not announced: the very rule that stops it, with its figures, for whatever is asked."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.events.events import Neighbours
from stream.events.examples import Example
from stream.finder.finding import Finding
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.text.runs import Alphabet, fold_word
from stream.trends.explain import Explanation, Link, decode_explanation, encode_explanation, explain
from stream.trends.gate import RULES
from stream.trends.new_words import NewWords
from stream.trends.rule_sentences import FORM, Case
from tests.stream.trends.made_finder import finding, listed, model_of, new_words, numbered

LAW = settings(max_examples=150)
ALPHABET = Alphabet(("han", "latin", "digit"))
MODEL = model_of(["天气", "好热", "热闹", "元宇", "宇宙", "王牌", "牌对"])
WORD = "元宇宙"


def asked(
    *known: Finding, announced: bool = False, at_s: float = 600.0, lists: WordLists | None = None, **given: Any
) -> NewWords:
    """The trends at a moment, of which the finder knows these words; `announced` are those that passed by then."""
    trends, finder = new_words(TrendSettings(**given), lists)
    finder.show(*(known if announced else ()), again=known)
    trends.evaluate(at_s, MODEL)
    return trends


def why(word: str, *known: Finding, **given: Any) -> Explanation:
    return explain(word, asked(*known, **given), MODEL, ALPHABET)


@pytest.mark.parametrize(
    ("one", "given", "rule", "said"),
    [
        (finding("天，气"), {}, "unbroken", "separates"),
        (finding(""), {}, "unbroken", "separates"),
        (finding("天气" * 51), {}, "length", "has 102 characters; a word has at most 100"),
        (finding(WORD), {"announced": True}, "announced", "the last time at 1970-01-01T00:10:00.000Z as emerged"),
        (finding(WORD), {"warmup_windows": 11}, "warmup", "the first 11 windows (trends.warmup_windows)"),
        (finding(WORD, 4, by_chance=6.0), {}, "rare", "is in 4 texts of the horizon; 5 are needed"),
        (finding(WORD, surprise=1.5), {}, "usual", "9 texts where 0.5 were expected: chance has it once in 10^1.5; "
                                                   "10^2.0 is needed"),
        (finding(WORD, earlier=7), {}, "seen", "was in 7 texts at most before the horizon; a new word in 2"),
        (finding(WORD), {"lists": listed(deny=WORD)}, "denied", "never to be announced"),
        (finding(WORD), {"lists": listed(known=WORD)}, "known", "a known word"),
        (finding("20天"), {}, "quantity", "a number, a date or an amount"),
        (finding(WORD, speaker=True), {}, "speaker", "the name of a source or of somebody addressed"),
        (finding(WORD), {"min_sources": 9}, "few_sources", "4 sources have it; 9 are needed"),
        (finding(WORD, probability=0.3), {}, "unlikely", "a word with a probability of 30%; 45% is needed"),
    ],
)  # fmt: skip
def test_the_rule_that_stops_a_word_is_named_with_its_figures(
    one: Finding, given: dict[str, Any], rule: str, said: str
) -> None:
    told = why(one.shown, one, **given)
    assert told.stopped_by == rule
    assert said in told.verdict
    fates = {check.rule: check.passed for check in told.checks}
    order = list(fates)
    assert fates[rule] is False
    assert all(fates[before] for before in order[: order.index(rule)])
    assert all(fates[after] is None for after in order[order.index(rule) + 1 :])


def test_the_explanation_of_a_part_names_the_announced_word() -> None:
    trends = asked(finding(WORD, 10, texts=numbered(*range(10))), announced=True)
    part = finding("元宇", 10, texts=numbered(*range(10)))
    trends.finder.show(again=[part])  # type: ignore[attr-defined]
    told = explain("元宇", trends, MODEL, ALPHABET)
    assert (told.stopped_by, "mostly seen in 元宇宙" in told.verdict) == ("fragment", True)


def test_the_explanation_of_a_word_over_the_rate_names_events_a_day() -> None:
    trends = asked(events_a_day=1.0)
    for number in range(40):
        trends.gate.hear(finding(chr(0x4E00 + number) + "宙"), 600.0)
    weak = finding(WORD, probability=0.3)
    trends.finder.show(again=[weak])  # type: ignore[attr-defined]
    told = explain(WORD, trends, MODEL, ALPHABET)
    assert (told.stopped_by, "is not among the best 1 a day" in told.verdict) == ("rate", True)


def test_a_word_that_passes_every_rule_is_due() -> None:
    one = why(WORD, finding(WORD))
    assert (one.stopped_by, one.verdict) == (None, "passes every rule: announced with its next text")
    assert all(check.passed for check in one.checks)


def test_what_is_not_asked_says_so() -> None:
    told = why(WORD, finding(WORD, 2, sources=None, surprise=1.0))
    assert {check.sentence for check in told.checks if check.passed is None} == {"not asked"}
    sentences = {check.rule: check.sentence for check in why(WORD, finding(WORD, sources=None)).checks}
    assert sentences["few_sources"] == "its texts name no sources"
    assert sentences["rate"] == "no number of events a day is wished (trends.events_a_day)"


def test_the_figures_are_those_of_the_finder() -> None:
    left, right = Neighbours(3, 0.5), Neighbours(1, 1.0)
    one = why("Ｖ天气", finding("Ｖ天气", 12, expected=4.0, left=left, right=right, first_s=30.0))
    assert (one.word, one.count, one.baseline, one.sources, one.first_seen_s) == ("Ｖ天气", 12, 4.0, 4, 30.0)
    assert (one.score, one.surprise, one.probability, one.earlier) == (round(8 / 3, 3), 6.0, 0.9, 0)
    assert (one.left, one.right) == (left, right)
    assert one.examples == (Example("看Ｖ天气", "t", 0, 7),)


def test_a_word_in_no_text_has_no_figures() -> None:
    one = why(WORD)
    assert (one.stopped_by, one.count, one.first_seen_s) == ("rare", 0, None)


def test_a_word_that_is_cut_shows_its_pieces_and_links_strong_and_weak() -> None:
    one = why("天气好热a1")
    assert one.pieces == ("天气", "好热", "a1")
    assert one.links == (
        Link("天", "气", "strong", 4.0, 5.0),
        Link("气", "好", "weak", None, None),
        Link("好", "热", "strong", 4.0, 5.0),
        Link("热", "a", "weak", None, None),
        Link("a", "1", "token", None, None),
    )


def test_with_the_sketch_weak_links_have_figures() -> None:
    one = explain("气好", asked(), MODEL, ALPHABET, lambda pairs: (np.array([1.25]), np.array([3.0])))
    assert one.links == (Link("气", "好", "weak", 1.25, 3.0),)


def test_a_word_of_several_tokens_may_hold_spaces() -> None:
    one = why("new york", finding("new york"))
    assert one.stopped_by is None


def test_every_rule_has_its_sentence_and_none_is_left_over() -> None:
    sentences = {name for name in vars(Case) if not name.startswith("_")} - {"form", "checks"}
    assert sentences - set(Case.__slots__) == {*FORM, *RULES}


@LAW
@given(
    st.one_of(st.text(st.characters(codec="utf-8"), max_size=12), st.text("天气好热闹元宇宙王牌对Ａa1２", max_size=12))
)
def test_every_explanation_survives_json_and_agrees_with_the_trends(word: str) -> None:
    trends = asked(finding("天气热闹"), finding(WORD, earlier=9))
    one = explain(word, trends, MODEL, ALPHABET)
    assert decode_explanation(encode_explanation(one)) == one
    if one.stopped_by not in FORM and (known := trends.finder.describe(word, MODEL)):
        assert one.stopped_by == trends.stopped_by(known)
    assert list(one.pieces) == _cut_at(one.links, word)


def _cut_at(links: Sequence[Link], word: str) -> list[str]:
    """The pieces that the links speak of; single characters have none."""
    folded = fold_word(word)
    bounds = [0, *(at for at, link in enumerate(links, 1) if link.state not in ("strong", "token")), len(folded)]
    pieces = [folded[a:b] for a, b in pairwise(bounds)]
    return [piece for piece in pieces if piece and ALPHABET.runs([piece]).kinds[0]]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b'{"as_of": 1}', b'{"as_of": "soon", "first_seen": 1}'])
def test_bytes_that_are_not_an_explanation_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="explanation"):
        decode_explanation(body)
