"""A word that no piece can hold: announced by the piece it grew out of, followed, explained and let go by it."""

from dataclasses import replace

from stream.events.events import EMERGED, FADED
from stream.state.trend_codec import record_of_trends, restore_trends
from stream.text.hash64 import word_key
from stream.trends.leaderboard import Leaderboard
from stream.trends.trend_table import Trends
from tests.stream.trends.trend_tables import SETTINGS, WINDOW_S, model_of, trends_of

MODEL = model_of(["漫长", "季节", "好看", "天气"])
QUIET = ["天气好", "好看", "看天气"]
SEASON = ["漫长的季节定档", "看漫长的季节", "漫长的季节，好看", "漫长的季节"]
GROWS = replace(SETTINGS, min_unity=0.0, max_neighbour_share=0.8)


def announced() -> tuple[Trends, list[tuple[str, str]]]:
    trends, events = trends_of([QUIET, QUIET, QUIET, QUIET, SEASON, QUIET, QUIET, QUIET], MODEL, GROWS)
    return trends, [(event.word, event.status) for event in events if "漫" in event.word]


def test_it_emerges_once_and_fades() -> None:
    assert announced()[1] == [("漫长的季节", EMERGED), ("漫长的季节", FADED)]


def test_its_event_counts_the_texts_that_have_it_and_says_which_links_are_weak() -> None:
    _, events = trends_of(
        [QUIET, QUIET, QUIET, QUIET, [*SEASON, "漫长"]], MODEL, replace(GROWS, max_neighbour_share=0.7)
    )
    (event,) = [event for event in events if event.word == "漫长的季节"]
    assert event.count == 4
    assert event.cohesion == (4.0, None, None, 4.0)
    assert all("漫长的季节" in example.text for example in event.examples)


def test_while_it_stands_it_is_shown_and_explained_by_the_piece_it_grew_out_of() -> None:
    trends, events = trends_of([QUIET, QUIET, QUIET, QUIET, SEASON], MODEL, GROWS)
    pieces = [word_key(piece) for piece in ("漫长", "季节", "的季节")]
    assert trends.counted_as(word_key("漫长的季节")) in pieces
    assert [(one.word, one.count) for one in trends.standing()] == [("漫长的季节", 4)]
    assert trends.explain("漫长的季节", MODEL).stopped_by == "announced"
    assert trends.explain("漫长的季节", MODEL).count == 4
    board = Leaderboard(10, WINDOW_S)
    board.add(events)
    board.follow(trends)
    (shown,) = board.snapshot(300.0, live=True).words
    assert (shown.event.word, shown.count, shown.curve[-1]) == ("漫长的季节", 4, 4)


def test_a_restart_knows_what_it_is_counted_by() -> None:
    trends, _ = trends_of([QUIET, QUIET, QUIET, QUIET, SEASON], MODEL, GROWS)
    again, _ = trends_of([], MODEL, GROWS)
    restore_trends(again, record_of_trends(trends, 1, []), 1)
    assert again.announced == trends.announced


def test_the_piece_itself_is_no_news_beside_it() -> None:
    trends, _ = trends_of([QUIET, QUIET, QUIET, QUIET, SEASON], MODEL, GROWS)
    assert {trends.explain(piece, MODEL).stopped_by for piece in ("漫长", "季节")} == {"truncated"}
