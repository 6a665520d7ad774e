"""The rules of candidates: each stops exactly what it says, in their order, and the bounds follow from the stream."""

from dataclasses import replace
from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.finder.finding import Finding
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.trends.gate import FEW, RULES, Bounds, Gate, rank
from tests.stream.trends.made_finder import finding, listed

WORD = "元宇宙"
NONE = WordLists.none()
FAULTS: dict[str, dict[str, Any]] = {
    "rare": {"count": 4, "by_chance": 6.0}, "usual": {"surprise": 1.9}, "seen": {"earlier": FEW + 1},
    "quantity": {"word": "20天"}, "speaker": {"speaker": True}, "few_sources": {"sources": 2},
    "unlikely": {"probability": 0.4},
}  # fmt: skip
"""What a candidate must be for a rule to stop it."""
SETTINGS = TrendSettings(min_sources=3)


def with_faults(*rules: str) -> Finding:
    faults = {key: value for rule in rules for key, value in FAULTS[rule].items()}
    return replace(finding(WORD), **faults)


def failed(one: Finding, settings: TrendSettings = SETTINGS, lists: WordLists = NONE, whole: str | None = None,
           judged: int = 10, is_name: bool = False) -> str | None:  # fmt: skip
    gate = Gate(settings, lists)
    gate.judged_a_day = judged
    return gate.first_failed(one, lambda _: whole, lambda _: is_name)


def test_a_word_mostly_in_names_and_links_is_a_speaker() -> None:
    assert failed(finding(WORD), is_name=True) == "speaker"
    assert failed(with_faults("unlikely"), is_name=True) == "unlikely", "it is asked only if all else is passed"


def test_what_fails_no_rule_passes() -> None:
    assert failed(finding(WORD)) is None


@pytest.mark.parametrize("rule", FAULTS)
def test_each_rule_stops_what_it_says(rule: str) -> None:
    assert failed(with_faults(rule)) == rule


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ({"count": 5}, {}), ({"count": 2}, {"min_texts": 2}), ({"surprise": 2.0}, {}),
        ({"surprise": 0.0}, {"min_surprise": 0.0}), ({"earlier": FEW}, {}), ({"earlier": 99}, {"novelty": "any"}),
        ({"sources": 3}, {}), ({"sources": None}, {}), ({"sources": 1}, {"min_sources": 0}),
        ({"probability": 0.45}, {}),
        ({"probability": 0.0}, {"min_probability": 0.0}), ({"word": "749局"}, {}),
    ],
)  # fmt: skip
def test_what_is_just_enough_passes(given: dict[str, Any], settings: dict[str, Any]) -> None:
    assert failed(replace(finding(WORD), **given), replace(SETTINGS, **settings)) is None


def test_lists_are_asked_before_the_form_and_allowed_words_skip_it() -> None:
    one = with_faults("unlikely")
    assert failed(one, lists=listed(deny=WORD)) == "denied"
    assert failed(one, lists=listed(known=WORD)) == "known"
    assert failed(one, lists=listed(known=WORD, deny=WORD)) == "denied"
    assert failed(one, lists=listed(known=WORD, deny=WORD, allow=WORD), whole="元宇宙城") is None
    assert failed(with_faults("rare"), lists=listed(allow=WORD)) == "rare"


def test_a_part_of_a_word_is_a_fragment_and_is_asked_last() -> None:
    assert failed(finding(WORD), whole="元宇宙城") == "fragment"
    assert failed(with_faults("unlikely"), whole="元宇宙城") == "unlikely"


@pytest.mark.parametrize(
    ("count", "surprise", "by_chance", "probability", "passed"),
    [(5, 2.0, 99.0, 0.45, True), (4, 2.0, 5.0, 0.65, True), (4, 9.0, 5.1, 0.99, False), (4, 9.0, 0.0, 0.6, False),
     (3, 2.0, 0.0, 0.81, True), (3, 1.9, 0.0, 0.9, False), (3, 9.0, 0.0, 0.8, False), (2, 9.0, 0.0, 1.0, False)],
)  # fmt: skip
def test_with_fewer_texts_a_word_must_be_surer_and_chance_must_not_do_as_much(
    count: int, surprise: float, by_chance: float, probability: float, passed: bool
) -> None:
    """Odds of .45 / .55 = .818; with a text less .818 * e^.8 = 1.82, .645; with two less 4.05, .802."""
    assert Bounds(5, 2.0, 0.45).passed_by(count, surprise, by_chance, probability) == passed


@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
def test_the_first_failing_rule_in_order_is_named(rules: set[str]) -> None:
    assert failed(with_faults(*sorted(rules))) == min(rules, key=RULES.index)


def test_a_request_for_many_texts_gets_them() -> None:
    many = replace(SETTINGS, min_texts=30)
    assert [failed(finding(WORD, count), many) for count in (27, 28)] == ["rare", None]


@pytest.mark.parametrize(("judged", "least"), [(0, 2.0), (300, 2.0), (3_000, 3.0), (30_000, 4.0)])
def test_the_more_candidates_are_judged_the_more_surprising_one_must_be(judged: int, least: float) -> None:
    """Chance has a tenth of a word a horizon, however many it may try."""
    assert failed(finding(WORD, surprise=least), judged=judged) is None
    assert failed(finding(WORD, surprise=least - 0.01), judged=judged) == "usual"


def test_a_wish_lowers_the_bounds_and_lets_the_best_pass() -> None:
    gate = Gate(replace(SETTINGS, events_a_day=1.0), NONE)
    assert (gate.bounds.texts, gate.bounds.surprise, gate.bounds.probability) == (3, 1.0, 0.2)
    words = [finding(chr(0x4E00 + number) + "宙", probability=0.5 + number / 100) for number in range(40)]
    for one in words:
        gate.hear(one, 0.0)
    through = [one for one in words if gate.over_rate(one, 0.0) is None]
    assert 0 < len(through) < 10
    assert through == words[-len(through) :]


def test_allowed_words_do_not_count_for_the_rate() -> None:
    gate = Gate(replace(SETTINGS, events_a_day=1.0), listed(allow=WORD))
    gate.hear(finding(WORD), 0.0)
    assert gate.rate.heard == {}
    for number in range(40):
        gate.hear(finding(chr(0x4E00 + number) + "宙"), 0.0)
    assert gate.over_rate(finding(WORD, probability=0.01), 0.0) is None
    assert gate.over_rate(finding("宙宙", probability=0.01), 0.0) == "rate"


def test_rank_by_hand() -> None:
    """Odds of .8 are 4 to 1; a surprise of more than 6 makes a word no better."""
    assert rank(finding(WORD, probability=0.8, surprise=2.5)) == pytest.approx(log(4) + 2.5)
    assert rank(finding(WORD, probability=0.8, surprise=14.0)) == pytest.approx(log(4) + 6)
    assert rank(finding(WORD, probability=1.0)) > rank(finding(WORD, probability=0.99))
    assert rank(finding(WORD, probability=0.0)) < 0
