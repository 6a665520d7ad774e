"""What two runs announced, word by word."""

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from stream.events.events import FADED, RISING, Event, decode_event
from stream.events.run_diff import compare, encode_compared
from tests.stream.events.event_samples import event

EVENTS = st.lists(
    st.builds(
        lambda word, at_s, status: replace(event(word, at_s), status=status),
        st.sampled_from(["甲乙", "丙丁", "Ab", "aB"]),
        st.integers(0, 9).map(float),
        st.sampled_from(["emerged", RISING, FADED]),
    )
).map(lambda events: sorted(events, key=lambda one: one.detected_at_s))


def test_each_word_is_listed_once_with_both_events_in_order_of_the_earlier_one() -> None:
    here = [event("甲乙", 5.0), event("iPhone17", 7.0), replace(event("甲乙", 9.0), status=RISING)]
    there = [event("iphone17", 2.0), event("丙丁", 3.0)]
    found = compare(here, there)
    assert [(one.word, one.this, one.other) for one in found] == [
        ("iPhone17", here[1], there[0]),
        ("丙丁", None, there[1]),
        ("甲乙", here[0], None),
    ]
    assert [one.first_s for one in found] == [2.0, 3.0, 5.0]


def test_a_line_holds_both_events_as_they_would_stand_on_the_topic() -> None:
    (one,) = compare([], [event("甲乙", 5.0)])
    line = orjson.loads(encode_compared(one))
    assert (line["word"], line["this"]) == ("甲乙", None)
    assert decode_event(orjson.dumps(line["other"])) == event("甲乙", 5.0)


@given(EVENTS, EVENTS)
def test_changing_sides_changes_the_sides_and_nothing_else(here: list[Event], there: list[Event]) -> None:
    found, turned = compare(here, there), compare(there, here)
    assert [one.word.casefold() for one in found] == [one.word.casefold() for one in turned]
    assert [(one.this, one.other) for one in found] == [(one.other, one.this) for one in turned]


@given(EVENTS)
def test_a_run_differs_in_nothing_from_itself(events: list[Event]) -> None:
    assert all(one.this == one.other for one in compare(events, events))
