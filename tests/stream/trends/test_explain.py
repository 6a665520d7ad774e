"""Why a word is or is not announced: the very rule that stops it, with its figures, for whatever is asked."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream.trends.trend_table import RULES, Trends

from stream.rules.hash_set import WordSet
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import CohesionSettings, StrongPairs
from stream.text.runs import fold_word
from stream.trends.explain import Explanation, Link, decode_explanation, encode_explanation, explain
from stream.trends.rule_sentences import FORM, Case, Rulebook
from tests.stream.trends.trend_tables import ALPHABET, SETTINGS, model_of, trends_of

LAW = settings(max_examples=150, deadline=None)
MODEL = model_of(["天气", "好热", "热闹", "元宇", "宇宙", "王牌", "牌对"])
RULEBOOK = Rulebook(CohesionSettings(), 5, 4, ALPHABET)
QUIET = [["好"]] * 9  # enough of a past, and nothing in it


def why(word: str, windows: list[list[str]], model: StrongPairs = MODEL, **given: object) -> Explanation:
    chosen = {key: value for key, value in given.items() if key != "lists"}
    trends, _ = trends_of(windows, model, replace(SETTINGS, **chosen), given.get("lists"))  # type: ignore[arg-type]
    return explain(word, trends, model, RULEBOOK)


def listed(**words: str) -> WordLists:
    none = WordLists.none()
    sets = {name: WordSet([word]).contains for name, word in words.items()}
    return WordLists(**{"known": none.known, "deny": none.deny, "allow": none.allow} | sets)  # type: ignore[arg-type]


MANY = ["甲元宇宙乙", "丙元宇宙丁", "元宇宙", "戊元宇宙"]
PHRASE = [f"元宇，{place}" for place in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"]
BESIDE = ["看天气", "看天气甲", "乙看天气", "天气，丙", "天气，丁"]


@pytest.mark.parametrize(
    ("word", "windows", "given", "rule", "said"),
    [
        ("天 气", QUIET, {}, "unbroken", "separates"),
        ("", QUIET, {}, "length", "has 0 characters"),
        ("天", QUIET, {}, "length", "has 1 characters; 2 to 5"),
        ("元宇宙元宇宙", QUIET, {}, "length", "has 6 characters"),
        ("天好", QUIET, {}, "piece", "is cut between 天 and 好"),
        ("热天好", QUIET, {}, "piece", "is cut between 热 and 天"),
        ("元宇宙", [MANY], {}, "warmup", "the first 3 windows"),
        ("元宇宙", [*QUIET, MANY[:2]], {}, "rare", "is in 2 texts of the last 2 windows; 3 are needed"),
        ("元宇宙", [*QUIET, MANY], {"min_score": 50}, "usual", "4 texts where 0.0 were expected: score"),
        ("元宇宙", [*QUIET, MANY], {"lists": listed(deny="元宇宙")}, "denied", "never to be announced"),
        ("元宇宙", [*QUIET, MANY], {"lists": listed(known="元宇宙")}, "known", "a known word"),
        ("20天", [*QUIET, ["20天", "20天甲", "20天乙"]], {}, "quantity", "a number, a date or an amount"),
        ("元宇宙", [*QUIET, MANY], {"min_sources": 9}, "few_sources", "4 sources have it; 9 are needed"),
        ("王牌", [*QUIET, ["王牌，", "看王牌甲", "王牌甲", "王牌甲"]], {}, "truncated", "in 75% of its places"),
        ("元宇宙", [*QUIET, MANY], {"max_link_age": 1}, "old_links", "was counted 5 times, the word is in 4 texts"),
        ("元宇宙", [*QUIET, [*MANY, *PHRASE]], {}, "dominated", "ends with 元宇, which is in 16 texts against 4"),
        ("看天气", [*QUIET, BESIDE], {}, "unbound", "none of its parts"),
        ("元宇宙", [*QUIET, MANY], {"max_chance": 0.4}, "chance", "95% of"),
        ("元宇宙", [*QUIET, MANY], {}, "announced", "the last time at 1970-01-01T00:10:00.000Z as emerged"),
    ],
)  # fmt: skip
def test_the_rule_that_stops_a_word_is_named_with_its_figures(
    word: str, windows: list[list[str]], given: dict[str, object], rule: str, said: str
) -> None:
    model = MODEL if word != "20天" else model_of(["0天"])
    one = why(word, windows, model, **given)
    assert one.stopped_by == rule
    assert said in one.verdict
    fates = {check.rule: check.passed for check in one.checks}
    order = list(fates)
    assert fates[rule] is False
    assert all(fates[before] for before in order[: order.index(rule)])
    assert all(fates[after] is None for after in order[order.index(rule) + 1 :])


def test_a_word_that_passes_every_rule_is_due() -> None:
    trends, _ = trends_of(QUIET, MODEL)
    words, _ = trends_of([MANY], MODEL)
    trends.put(9, 0, words.tables[0][0])
    one = explain("元宇宙", trends, MODEL, RULEBOOK)
    assert (one.stopped_by, one.verdict) == (None, "passes every rule: announced at the next look")
    assert all(check.passed for check in one.checks)


def test_what_lies_around_a_word_is_shown() -> None:
    one = why("Ｖ天气", [*QUIET, ["看v天气吧", "v天气吧", "v天气吧", "1v天气好"]], model_of(["v天", "天气"]))
    assert (one.count, one.sources, one.first_seen_s) == (3, 3, 540.0)
    assert one.left.top == (("", 0.6667), ("看", 0.3333))
    assert one.right.top == (("吧", 1.0),)
    assert one.longer == (("v天气吧", 3), ("1v天气", 1), ("看v天气", 1))
    assert [example.text for example in one.examples] == ["看v天气吧", "v天气吧", "v天气吧"]


def test_a_word_that_is_cut_shows_its_pieces_and_links_strong_and_weak() -> None:
    one = why("天气好热a1", QUIET)
    assert one.pieces == ("天气", "好热", "a1")
    assert one.links == (
        Link("天", "气", "strong", 4.0, 5.0),
        Link("气", "好", "weak", None, None),
        Link("好", "热", "strong", 4.0, 5.0),
        Link("热", "a", "weak", None, None),
        Link("a", "1", "token", None, None),
    )


def test_who_has_the_sketch_tells_how_weak_a_weak_link_is() -> None:
    trends, _ = trends_of(QUIET, MODEL)
    one = explain("气好", trends, MODEL, RULEBOOK, lambda pairs: (np.array([1.25]), np.array([3.0])))
    assert one.links == (Link("气", "好", "weak", 1.25, 3.0),)
    assert "a weak pair with PMI 1.25, counted 3.0 times" in one.verdict


def test_every_rule_has_its_sentence_and_none_is_left_over() -> None:
    sentences = {name for name in vars(Case) if not name.startswith("_")} - {"form", "checks"}
    assert sentences - set(Case.__slots__) == {*FORM, *RULES}


@LAW
@given(
    st.one_of(st.text(st.characters(codec="utf-8"), max_size=12), st.text("天气好热闹元宇宙王牌对Ａa1２", max_size=12))
)
def test_whatever_is_asked_gets_an_answer_that_survives_json_and_agrees_with_the_trends(word: str) -> None:
    trends, _ = _trends()
    one = explain(word, trends, MODEL, RULEBOOK)
    assert decode_explanation(encode_explanation(one)) == one
    if one.stopped_by not in FORM:
        assert one.stopped_by == trends.explain(word, MODEL).stopped_by
    assert list(one.pieces) == _cut_at(one.links, word)


def _cut_at(links: Sequence[Link], word: str) -> list[str]:
    """The pieces that the links speak of; single characters have none."""
    folded = fold_word(word)
    bounds = [0, *(at for at, link in enumerate(links, 1) if link.state not in ("strong", "token")), len(folded)]
    pieces = [folded[a:b] for a, b in pairwise(bounds)]
    return [piece for piece in pieces if piece and ALPHABET.runs([piece]).kinds[0]]


def _trends() -> tuple[Trends, list]:  # type: ignore[type-arg]
    return trends_of([*QUIET, [*MANY, "天气热闹", "好热闹"]], MODEL)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b'{"as_of": 1}', b'{"as_of": "soon", "first_seen": 1}'])
def test_what_is_no_explanation_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="explanation"):
        decode_explanation(body)
