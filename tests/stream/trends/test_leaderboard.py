"""The board holds the latest words with the announcer's figures, in bounded memory."""

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from stream.segmentation.pmi_model import StrongPairs
from stream.trends.leaderboard import CURVE, Leaderboard, encode_snapshot
from stream.trends.new_words import NewWords
from tests.stream.trends.made_finder import HORIZON_S, event, finding, new_words

MODEL = StrongPairs.empty()
EVENTS = st.builds(
    event,
    word=st.text("天地玄黄Ａa", min_size=2, max_size=3),
    at_s=st.integers(0, 1000).map(float),
    status=st.sampled_from(["emerged", "rising", "faded"]),
    score=st.integers(-5, 50).map(float),
)


def board(*events: object, capacity: int = 10) -> Leaderboard:
    one = Leaderboard(capacity)
    one.add(events)  # type: ignore[arg-type]
    return one


def test_a_word_has_its_latest_event_and_its_first_mention() -> None:
    shown = board(event("天气", 100, count=5), event("好热", 110), event("天气", 500, "rising", count=20)).snapshot(
        0, False
    )
    assert [one.event.word for one in shown.words] == ["天气", "好热"]
    weather = shown.words[0]
    assert (weather.event.status, weather.count, weather.first_seen_s, weather.curve) == ("rising", 20, 70, ())


def test_the_best_score_is_first_and_faded_words_are_last() -> None:
    shown = board(event("一一", score=1), event("二二", score=9, status="faded"), event("三三", score=5)).snapshot(
        0, False
    )
    assert [one.event.word for one in shown.words] == ["三三", "一一", "二二"]


def followed(at_s: float) -> NewWords:
    """天气 in 3 texts at 10 s, 50 s and 90 s, 好热 in none."""
    trends, finder = new_words()
    finder.show(again=[finding("天气", 3, first_s=10.0, last_s=90.0)])
    trends.evaluate(at_s, MODEL)
    return trends


def test_figures_and_curves_are_those_of_the_texts_of_the_horizon() -> None:
    """The horizon of 600 s in 60 parts of 10 s; it ends at 100 s."""
    one = board(event("天气", count=99), event("好热"))
    one.follow(followed(100.0))
    shown = {word.event.word: word for word in one.snapshot(100.0, True).words}
    assert shown["天气"].curve == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert (shown["天气"].count, shown["天气"].score) == (3, round((3 - 1) / (0.5**0.5 + 1), 3))
    assert (shown["好热"].curve, shown["好热"].count) == ((), 0)
    assert one.snapshot(100.0, True).window_s == HORIZON_S / CURVE
    assert one.snapshot(100.0, True).curve_to_s == 100.0
    assert one.snapshot(100.0, False).words[0].curve == ()


def test_a_curve_has_no_more_than_so_many_counts_and_texts_before_the_horizon_are_in_none() -> None:
    one = board(event("天气"))
    one.follow(followed(650.0))  # from 50 s on
    (shown,) = one.snapshot(650.0, True).words
    assert (len(shown.curve), sum(shown.curve)) == (CURVE, 2)


@given(st.lists(EVENTS, max_size=30), st.integers(1, 5))
def test_it_holds_the_words_of_the_latest_events_and_no_more_than_its_capacity(events: list, capacity: int) -> None:  # type: ignore[type-arg]
    shown = board(*events, capacity=capacity).snapshot(0, False).words
    latest = list(dict.fromkeys(one.word.replace("Ａ", "a") for one in reversed(events)))[:capacity]
    assert {one.event.word.replace("Ａ", "a") for one in shown} == set(latest)


@given(st.lists(EVENTS, max_size=10), st.booleans())
def test_a_snapshot_is_json_with_every_event_as_on_the_topic(events: list, live: bool) -> None:  # type: ignore[type-arg]
    snapshot = board(*events).snapshot(60.5, live)
    fields = orjson.loads(encode_snapshot(snapshot))
    assert (fields["as_of"], fields["live"], fields["window_s"]) == ("1970-01-01T00:01:00.500Z", live, 0.0)
    assert [one["event"]["word"] for one in fields["words"]] == [one.event.word for one in snapshot.words]
    assert all(one["event"]["schema"] == 2 for one in fields["words"])


def test_a_snapshot_says_which_words_are_one_story() -> None:
    told = [replace(event(word, at_s, score=score), story=story) for word, at_s, score, story in (
        ("涿州", 1.0, 9.0, "涿州@t"), ("桂花", 2.0, 8.0, "桂花@t"), ("洪水", 3.0, 7.0, "涿州@t"),
        ("旧词", 4.0, 6.0, None),
    )]  # fmt: skip
    snapshot = board(*told).snapshot(60.5, True)
    assert orjson.loads(encode_snapshot(snapshot))["stories"] == [
        {"story": "涿州@t", "words": ["涿州", "洪水"]}, {"story": "桂花@t", "words": ["桂花"]},
        {"story": None, "words": ["旧词"]},
    ]  # fmt: skip
