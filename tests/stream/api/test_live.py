"""The pipeline's snapshot: looked up by word, with a new number only if something changed."""

from stream.api.live import LiveWords
from tests.stream.api.desks import START_S, shown


def test_before_the_first_snapshot_there_is_the_wall_clock() -> None:
    live = LiveWords(60.0, now_s=lambda: 77.0)
    assert (live.as_of_s, live.now.number, live.now.words, live.now.snapshot.window_s) == (77.0, 0, {}, 60.0)


def test_words_are_found_as_they_are_counted_and_the_number_grows_with_changes_only() -> None:
    live = LiveWords(60.0)
    live.show(shown())
    assert live.now.words["甲"].count == 3
    assert live.as_of_s == START_S + 960
    number = live.now.number
    live.show(shown())
    assert live.now.number == number


def test_a_standby_has_no_current_figures() -> None:
    from dataclasses import replace

    live = LiveWords(60.0)
    live.show(replace(shown(), live=False))
    assert live.now.words == {}
