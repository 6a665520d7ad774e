"""The announcer's state survives a restart as a state record."""

import pytest

from stream.config.config import load
from stream.finder.finder import Finder
from stream.rules.word_lists import WordLists
from stream.state.announcer_codec import (
    INCREMENT,
    SNAPSHOT,
    events_of,
    increment_of,
    remember,
    restore,
    snapshot_of,
)
from stream.state.chunks import StateRecord
from stream.trends.new_words import NewWords
from tests.stream.events.event_samples import event

CONFIG = load(None, {}, ["trends.events_a_day=1", "trends.announced=2", "finder.memory_width=64"])


def empty() -> NewWords:
    finder = Finder(CONFIG.finder, CONFIG.sketches.fixed_seed, CONFIG.novelty.memory)
    return NewWords(CONFIG.trends, finder, WordLists.none(), CONFIG.windows.length_s)


def test_what_was_learnt_of_the_rate_of_events_survives_a_restart() -> None:
    """Without it a wish for one event a day let everything through for three days after each restart."""
    trends, again = empty(), empty()
    for key in range(100):
        trends.gate.rate.hear(key, float(key), 3600.0 * key)
    restore(again, snapshot_of(trends, 1))
    now_s = 100 * 3600.0
    assert again.gate.rate.threshold(now_s) == trends.gate.rate.threshold(now_s) > 90


def test_a_snapshot_of_before_there_was_a_rate_is_taken() -> None:
    record = snapshot_of(empty(), 1)
    older = StateRecord(SNAPSHOT, 1, {name: part for name, part in record.parts.items() if "rate" not in name}, {})
    again = empty()
    restore(again, older)
    assert again.gate.rate.started_s is None


def test_chains_and_announced_words_come_back() -> None:
    trends, again = empty(), empty()
    remember(trends, [event(word="一", at_s=1.0), event(word="二", at_s=2.0)])
    assert restore(again, snapshot_of(trends, 7, {3: (5, 9)})) == {3: (5, 9)}
    assert again.announced == trends.announced


def test_if_too_many_words_are_announced_those_with_the_oldest_event_are_dropped() -> None:
    trends = empty()
    remember(trends, [event(word=word, at_s=at_s) for word, at_s in (("一", 3.0), ("二", 1.0), ("三", 2.0))])
    assert len(trends.announced) == 2


def test_a_word_that_emerged_and_faded_as_of_the_same_moment_has_faded() -> None:
    """Else it fades once more after each restart."""
    trends = empty()
    remember(trends, [event(word="一", at_s=1.0), event(word="一", at_s=1.0, status="faded")])
    assert trends.announced["一"].status == "faded"


def test_a_held_word_is_not_found_once_more() -> None:
    trends = empty()
    remember(trends, [event(word="一", at_s=1.0, status="held")])
    assert trends.announced["一"].status == "emerged"
    snapshot_of(trends, 1)


def test_an_increment_holds_the_events_of_one_announcement() -> None:
    several = [event(word="一"), event(word="二")]
    record = increment_of(4, 9, several)
    assert (record.name, record.next_offset) == (f"{INCREMENT}4", 9)
    assert events_of(record) == several


def test_an_array_of_a_type_that_none_of_ours_has_is_refused() -> None:
    record = snapshot_of(empty(), 1)
    head = bytes(record.parts["head"]).replace(b'"<u8"', b'"<O"')
    assert head != record.parts["head"]
    with pytest.raises(ValueError, match="type"):
        restore(empty(), StateRecord(SNAPSHOT, 1, dict(record.parts) | {"head": head}, {}))
