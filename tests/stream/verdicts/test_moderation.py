"""Verdicts decide where an event goes, and what follows from a later verdict."""

import pytest

from stream.verdicts.moderation import Effect, Moderation
from stream.verdicts.verdict import ACCEPTED, PART_OF, REFUSED, Verdict
from stream.verdicts.verdict_book import VerdictBook
from tests.stream.events.event_samples import bare_event as event


def moderation(hold: bool, *verdicts: Verdict, most: int = 100) -> Moderation:
    return Moderation(hold, VerdictBook(verdicts), most)


@pytest.mark.parametrize("hold", [False, True])
def test_refused_words_and_parts_go_nowhere_and_accepted_ones_are_announced(hold: bool) -> None:
    one = moderation(hold, Verdict("甲", REFUSED, 0.0), Verdict("乙", PART_OF, 0.0, "丙"), Verdict("丁", ACCEPTED, 0.0))
    found = one.sort([event("甲"), event("乙"), event("丁")])
    assert ([two.word for two in found.announced], found.held, one.held) == (["丁"], [], {})


def test_words_without_a_verdict_are_announced_or_held() -> None:
    assert moderation(False).sort([event("甲")]).announced == [event("甲")]
    one = moderation(True)
    found = one.sort([event("甲"), event("甲", 200.0, "rising", 30), event("甲", 300.0, "faded", 1)])
    assert found.announced == []
    assert [(two.status, two.count) for two in found.held] == [("held", 9), ("held", 30)]
    assert one.held["甲"].count == 30, "it waits with the figures of when it was most"
    assert [two.count for two in one.newly_held()] == [9, 30]
    assert one.newly_held() == []


def test_an_accepted_word_is_due_as_of_now_and_a_refused_one_is_taken_back() -> None:
    one = moderation(True)
    one.sort([event("甲", 100.0), event("乙", 100.0)])
    one.book.put(Verdict("甲", ACCEPTED, 0.0))
    effect = one.decided("甲", 500.0)
    assert effect.announce is not None
    assert (effect.announce.status, effect.announce.detected_at_s, effect.was_held) == ("emerged", 500.0, True)
    one.book.put(Verdict("乙", REFUSED, 0.0))
    assert one.decided("乙", 500.0) == Effect(retract=True, was_held=True)
    assert one.decided("丙", 500.0) == Effect()
    one.held.clear()
    assert one.decided("甲", 500.0) == Effect(), "nothing waits any more"


def test_if_too_many_words_are_held_the_oldest_is_dropped() -> None:
    one = moderation(True, most=2)
    one.sort([event(word) for word in "甲乙丙"])
    assert list(one.held) == ["乙", "丙"]
    one.restore([event("丁")])
    assert list(one.held) == ["丁"]
