"""Which words are announced, and their later events: emerged once, rising, faded; the best first, with stories."""

from dataclasses import replace

import pytest

from stream.events.events import EMERGED, FADED, RISING, Event
from stream.finder.finding import Finding
from stream.rules.settings import TrendSettings
from stream.segmentation.pmi_model import StrongPairs
from stream.trends.gate import RULES
from stream.trends.new_words import EXAMPLES, NewWords, nothing_of, score
from tests.stream.trends.made_finder import HORIZON_S, WINDOW_S, MadeFinder, finding, listed, new_words, numbered

MODEL = StrongPairs.empty()
WORD = "元宇宙"
THREE = ("元宇宙", "蛙式走", "鹿眠书")


def told(events: list[Event]) -> list[tuple[str, str, int]]:
    return [(event.word, event.status, event.count) for event in events]


def announced(*found: Finding, settings: TrendSettings | None = None) -> tuple[NewWords, MadeFinder]:
    """The words announced at 100 seconds, and those that were not."""
    trends, finder = new_words(settings)
    finder.show(*found)
    trends.evaluate(100.0, MODEL)
    return trends, finder


def test_a_word_emerges_with_what_the_finder_says_of_it() -> None:
    trends, finder = new_words()
    one = finding("Ｖ元宇宙", 12, expected=4.0, earlier=2)
    finder.show(one)
    (event,) = trends.evaluate(100.0, MODEL)
    assert (event.word, event.status, event.novelty, event.count) == ("Ｖ元宇宙", EMERGED, "unseen", 12)
    assert (event.detected_at_s, event.first_seen_s, event.window_s) == (100.0, one.first_s, HORIZON_S)
    assert (event.baseline, event.earlier, event.sources) == (4.0, 2, 4)
    assert (event.left, event.right, event.cohesion, event.examples) == (one.left, one.right, one.links, one.examples)
    assert event.score == round(8 / 3, 3), "(12 - 4) / (√4 + 1)"
    assert event.story == "v元宇宙@1970-01-01T00:01:40Z"


@pytest.mark.parametrize(
    ("count", "expected", "right"), [(9, 0.0, 8.0), (9, 1.0, 4.0), (20, 4.0, 16 / 3), (4, 16.0, -2.4), (0, 0.0, -1.0)]
)
def test_score_by_hand(count: int, expected: float, right: float) -> None:
    assert score(count, expected) == pytest.approx(right)


def test_a_word_emerges_once() -> None:
    trends, finder = announced(finding(WORD))
    finder.show(finding(WORD, 12))
    assert trends.evaluate(200.0, MODEL) == []
    assert trends.stopped["announced"] == 1


def test_the_best_come_first_and_equals_in_the_order_of_their_names() -> None:
    trends, finder = new_words()
    finder.show(finding("乙乙", probability=0.6), finding("丙丙", probability=0.9), finding("甲甲", probability=0.6))
    assert [event.word for event in trends.evaluate(100.0, MODEL)] == ["丙丙", *sorted(("乙乙", "甲甲"))]


def test_the_order_in_which_candidates_come_does_not_matter() -> None:
    found = [finding(word, probability=0.5 + place / 10) for place, word in enumerate((*THREE, "元宇"))]
    events = []
    for several in (found, found[::-1]):
        trends, finder = new_words()
        finder.show(*several)
        events.append(trends.evaluate(100.0, MODEL))
    assert events[0] == events[1] and len(events[0]) == 4


def test_a_word_rises_when_its_count_has_trebled_and_fades_at_a_tenth() -> None:
    trends, finder = announced(finding(WORD, 10))
    counts = [29, 30, 89, 90, 10, 9, 50, 0]
    events = []
    for step, count in enumerate(counts):
        finder.show(again=[finding(WORD, count)])
        events.append(told(trends.evaluate(200.0 + step, MODEL)))
    assert events == [[], [(WORD, RISING, 30)], [], [(WORD, RISING, 90)], [], [(WORD, FADED, 9)], [], []]


def test_a_word_that_no_text_holds_any_more_fades_as_it_was_written() -> None:
    trends, finder = announced(finding("Ｖ元宇宙", 10))
    finder.shown.clear()
    (event,) = trends.evaluate(200.0, MODEL)
    assert told([event]) == [("Ｖ元宇宙", FADED, 0)]
    assert event.first_seen_s == 100.0, "no text tells any more: it is the time of the last event"


def test_an_event_that_was_published_is_not_repeated_after_a_restart() -> None:
    """The texts behind the last snapshot come again, and with them moments before the last event."""
    trends, finder = announced(finding(WORD, 10))
    finder.show(again=[finding(WORD, 30)])
    assert trends.evaluate(90.0, MODEL) == []
    assert told(trends.evaluate(101.0, MODEL)) == [(WORD, RISING, 30)]


def test_nothing_is_announced_before_the_warm_up_is_over() -> None:
    trends, finder = new_words(TrendSettings(warmup_windows=2))
    for at_s, right in ((2 * WINDOW_S - 1, []), (2 * WINDOW_S, [WORD])):
        finder.show(finding(WORD))
        assert [event.word for event in trends.evaluate(at_s, MODEL)] == right
    assert trends.stopped["warmup"] == 1


def test_a_part_of_a_word_is_announced_only_if_it_occurs_without_the_word() -> None:
    whole = finding(WORD, 10, texts=numbered(*range(10)))
    part = finding("元宇", 10, texts=numbered(*range(2, 12)), probability=0.5)
    assert announced(whole, part)[0].stopped["fragment"] == 1, "8 of its 10 texts, found by the same look"
    trends, finder = announced(whole)
    finder.show(part)
    assert trends.evaluate(200.0, MODEL) == [], "or by a later one"
    assert trends.stopped_by(part) == "fragment" and trends.whole_of(part) == WORD
    finder.show(replace(part, texts=numbered(*range(3, 13))))
    assert [event.word for event in trends.evaluate(300.0, MODEL)] == ["元宇"], "7 of its 10 texts are too few"


def test_a_part_of_a_word_that_faded_is_no_fragment() -> None:
    whole, part = finding(WORD, 10, texts=numbered(*range(10))), finding("元宇", 10, texts=numbered(*range(10)))
    trends, finder = announced(whole)
    trends.end_history()
    finder.show(part)
    assert [event.word for event in trends.evaluate(200.0, MODEL)] == ["元宇"]


def test_words_of_the_same_texts_are_one_story() -> None:
    texts = numbered(*range(9))
    trends, finder = new_words()
    finder.show(finding("涿州", texts=texts), finding("洪水", texts=texts), finding("桂花"))
    stories = {event.word: event.story for event in trends.evaluate(100.0, MODEL)}
    assert stories["涿州"] == stories["洪水"] != stories["桂花"]
    finder.show(finding("暴雨", texts=numbered(*range(4, 13))))
    (event,) = trends.evaluate(200.0, MODEL)
    assert event.story == stories["涿州"], "with words announced before, by the texts that hold them now"
    assert {one.word for one in event.related} == {"涿州", "洪水"}


def test_a_dropped_word_can_be_announced_again() -> None:
    trends, finder = announced(finding("Ｖ元宇宙"), finding("蛙式走"))
    assert [trends.drop("v元宇宙"), trends.drop("别的")] == ["Ｖ元宇宙", None]
    assert trends.stories.place("v元宇宙") is None
    finder.show(finding("Ｖ元宇宙"), again=[finding("蛙式走", 40)])
    assert told(trends.evaluate(200.0, MODEL)) == [("蛙式走", RISING, 40), ("Ｖ元宇宙", EMERGED, 9)]


def test_an_announced_word_with_one_more_character_is_no_other_word_unless_most_texts_have_it() -> None:
    word = finding("蛙式走", 30, texts=numbered(*range(30)))
    for phrase, texts, right in (
        ("了蛙式走", range(10), []), ("了蛙式走", range(11), ["了蛙式走"]), ("在学蛙式走", range(10), ["在学蛙式走"]),
        ("蛙式走了", (*range(7), 90, 91, 92), ["蛙式走了"]),
    ):  # fmt: skip
        trends, finder = announced(word)
        one = finding(phrase, len(texts), texts=numbered(*texts))
        assert trends.stopped_by(one) == (None if right else "fragment"), phrase
        finder.show(one)
        assert [event.word for event in trends.evaluate(200.0, MODEL)] == right


def test_words_announced_in_history_are_neither_announced_again_nor_followed() -> None:
    trends, finder = announced(*map(finding, THREE))
    trends.end_history()
    finder.show(*(finding(word, 99) for word in THREE))
    assert trends.evaluate(200.0, MODEL) == []


def test_only_so_many_announced_words_are_remembered_the_longest_silent_leave() -> None:
    trends, finder = announced(finding("甲甲"), finding("乙乙", probability=0.8), settings=TrendSettings(announced=2))
    finder.show(again=[finding("甲甲", 27)])
    trends.evaluate(200.0, MODEL)
    finder.show(finding(WORD))
    trends.evaluate(300.0, MODEL)
    assert list(trends.announced) == ["甲甲", WORD]


def test_standing_words_are_shown_highest_score_first() -> None:
    trends, finder = announced(finding("甲甲", 9), finding("乙乙", 12))
    assert [(one.word, one.count) for one in trends.standing()] == [("乙乙", 12), ("甲甲", 9)]
    finder.show(again=[finding("甲甲", 15)])
    trends.evaluate(200.0, MODEL)
    assert [(one.word, one.count) for one in trends.standing()] == [("甲甲", 15), ("乙乙", 12)]
    finder.shown.clear()
    trends.evaluate(300.0, MODEL)
    assert trends.standing() == []


def test_each_rule_reports_how_many_words_it_stopped_and_the_last_ones() -> None:
    trends, finder = new_words()
    rare = [finding(chr(0x4E00 + number) * 2, 3, surprise=1.0) for number in range(5)]
    finder.show(*rare, rare[4], finding("20天"))
    trends.evaluate(100.0, MODEL)
    assert {rule: several for rule, several in trends.stopped.items() if several} == {"rare": 6, "quantity": 1}
    assert len(trends.stopped_words["rare"]) == EXAMPLES == len(set(trends.stopped_words["rare"]))
    assert trends.stopped_words["quantity"] == ["20天"]
    assert trends.stopped.keys() == trends.stopped_words.keys() == set(RULES)
    assert trends.passed == {"candidates": 14, "rung": 7}, "the steps of the finder, added up"


def test_asking_why_changes_nothing() -> None:
    trends, _ = announced(settings=TrendSettings(events_a_day=1.0))
    for number in range(40):
        assert trends.stopped_by(finding(chr(0x4E00 + number) + "宙")) is None
    assert trends.gate.rate.heard == {}
    assert sum(trends.stopped.values()) == 0


def test_a_wish_for_fewer_lets_the_best_pass() -> None:
    few, many = (new_words(TrendSettings(events_a_day=wish)) for wish in (1.0, 0.0))
    for _, finder in (few, many):
        finder.show(*(finding(chr(0x4E00 + number) + "宙", probability=0.5 + number / 100) for number in range(40)))
    best, whole = ([event.word for event in trends.evaluate(100.0, MODEL)] for trends, _ in (few, many))
    assert len(whole) == 40 and 0 < len(best) < 10
    assert best == whole[: len(best)]
    assert few[0].stopped["rate"] == 40 - len(best)


def test_the_bound_follows_from_how_many_candidates_are_judged_a_day() -> None:
    """Of a horizon of ten minutes 700 candidates are 100,800 a day."""
    trends, finder = new_words(finder=MadeFinder(judged=700))
    finder.show(finding("甲甲", surprise=4.6), finding("乙乙", surprise=4.5))
    assert [event.word for event in trends.evaluate(100.0, MODEL)] == ["甲甲"]
    assert trends.stopped["usual"] == 1


def test_a_known_word_is_no_news() -> None:
    trends, finder = new_words(lists=listed(known=WORD))
    finder.show(*map(finding, THREE))
    assert {event.word for event in trends.evaluate(100.0, MODEL)} == set(THREE[1:])
    assert trends.stopped_words["known"] == [WORD]


def test_a_word_that_no_text_holds_has_no_description() -> None:
    one = nothing_of(WORD, 7.0)
    assert (one.count, one.surprise, one.probability, one.first_s, len(one.texts)) == (0, 0.0, 0.0, 7.0, 0)
    assert new_words()[0].stopped_by(one) == "rare"
