"""An event is decoded as it was encoded, is one line, and fulfils the schema."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no types
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.events.events import Event, Neighbours, Related, decode_event, encode, event_schema, rounded
from stream.events.examples import Example

LAW = settings(max_examples=80)
SCHEMA = jsonschema.Draft202012Validator(event_schema())
EVENT = Event(
    word="元宇宙", status="emerged", detected_at_s=1_600_000_060.25, first_seen_s=1_600_000_000.0, window_s=60.0,
    count=12, baseline=0.5, score=9.125, novelty="unseen", cohesion=(3.5, None), left=Neighbours(4, 0.25),
    right=Neighbours(0, 0.0), sources=3, examples=(Example("谈元宇宙", "raw-text", 2, 77),), model=8,
    earlier=2, story="虚拟人@2020-09-13T12:00:00Z", related=(Related("虚拟人", 0.75),),
)  # fmt: skip
NEW_FIELDS = {"earlier", "story", "related"}
TIMES_S = st.integers(0, 32_503_680_000_000).map(lambda ms: ms / 1000)
SIDES = st.builds(Neighbours, st.integers(0, 10**6), st.floats(0, 1))
TEXT = st.text(max_size=20)
EXAMPLES = st.builds(Example, TEXT, TEXT, st.integers(0, 999), st.integers(0, 2**62))
EVENTS = st.builds(
    Event,
    word=st.text(min_size=2, max_size=12), status=st.sampled_from(["emerged", "rising", "faded"]),
    detected_at_s=TIMES_S, first_seen_s=TIMES_S, window_s=st.floats(0.001, 1e6), count=st.integers(0, 2**53),
    baseline=st.floats(0, 1e9), score=st.floats(-1e9, 1e9), novelty=st.sampled_from(["unseen", "revived"]),
    cohesion=st.lists(st.none() | st.floats(-50, 50), max_size=11).map(tuple), left=SIDES, right=SIDES,
    sources=st.none() | st.integers(0, 2**53), model=st.integers(0, 2**53),
    examples=st.lists(EXAMPLES, max_size=3).map(tuple), earlier=st.none() | st.integers(0, 2**53),
    story=st.none() | st.text(min_size=1, max_size=20),
    related=st.lists(st.builds(Related, st.text(min_size=2, max_size=12), st.floats(0, 1)), max_size=8).map(tuple),
)  # fmt: skip


@LAW
@given(EVENTS)
def test_an_event_decodes_to_what_was_encoded(event: Event) -> None:
    assert decode_event(encode(event)) == event


@LAW
@given(EVENTS)
def test_an_event_is_one_line_that_the_schema_accepts(event: Event) -> None:
    line = encode(event)
    assert b"\n" not in line
    SCHEMA.validate(orjson.loads(line))


@LAW
@given(EVENTS, st.floats(0, 1e-3))
def test_published_figures_round_trip_and_stay_as_they_are(event: Event, more_s: float) -> None:
    published = rounded(replace(event, detected_at_s=event.detected_at_s + more_s))
    assert rounded(published) == published
    assert decode_event(encode(published)) == published
    assert published.score == pytest.approx(event.score, abs=0.00051)
    assert published.detected_at_s == pytest.approx(event.detected_at_s + more_s, abs=0.00051)


def test_the_bytes_of_an_event_are_frozen() -> None:
    """Readers on other machines rely on names, order and forms."""
    assert encode(EVENT).decode() == (
        '{"schema":2,"word":"元宇宙","status":"emerged","detected_at":"2020-09-13T12:27:40.250Z",'
        '"first_seen":"2020-09-13T12:26:40.000Z","window_s":60.0,"count":12,"baseline":0.5,"score":9.125,'
        '"novelty":"unseen","cohesion":[3.5,null],"left":{"distinct":4,"top_share":0.25},'
        '"right":{"distinct":0,"top_share":0.0},"sources":3,'
        '"examples":[{"text":"谈元宇宙","topic":"raw-text","partition":2,"offset":77}],"model":8,'
        '"earlier":2,"story":"虚拟人@2020-09-13T12:00:00Z","related":[{"word":"虚拟人","overlap":0.75}]}'
    )


@pytest.mark.parametrize(
    ("at_s", "published"), [(0.0015, "00.002Z"), (0.9996, "01.000Z"), (20922789888.001, "48.001Z")]
)
def test_times_are_rounded_to_the_nearest_millisecond(at_s: float, published: str) -> None:
    assert orjson.loads(encode(replace(EVENT, first_seen_s=at_s)))["first_seen"].endswith(published)


def test_times_are_iso_8601_with_zone() -> None:
    fields = orjson.loads(encode(EVENT))
    assert datetime.fromisoformat(fields["detected_at"]) == datetime(2020, 9, 13, 12, 27, 40, 250_000, UTC)


def test_the_schema_is_a_valid_one_and_names_every_field_of_an_event() -> None:
    jsonschema.Draft202012Validator.check_schema(event_schema())
    fields, schema = set(orjson.loads(encode(EVENT))), event_schema()
    assert fields == set(schema["required"]) | set(schema["then"]["required"]) == set(schema["properties"])


def test_an_event_of_schema_1_is_read_and_valid_and_what_it_lacks_is_none() -> None:
    fields = of_schema_1(EVENT)
    SCHEMA.validate(fields)
    assert decode_event(orjson.dumps(fields)) == replace(EVENT, earlier=None, story=None, related=())


def test_what_schema_1_says_schema_2_says_in_the_same_words() -> None:
    fields = orjson.loads(encode(EVENT))
    assert {name: fields[name] for name in of_schema_1(EVENT)} == of_schema_1(EVENT) | {"schema": 2}


def of_schema_1(event: Event) -> dict[str, Any]:
    """The event as a service of the version before wrote it."""
    fields: dict[str, Any] = orjson.loads(encode(event))
    return {name: value for name, value in fields.items() if name not in NEW_FIELDS} | {"schema": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 3}, {"schema": 1}, {"word": "一"}, {"status": "new"}, {"detected_at": "2020-09-13T12:27:40+08:00"},
        {"window_s": 0}, {"count": -1}, {"baseline": None}, {"novelty": "old"}, {"cohesion": ["3"]},
        {"left": {"distinct": 1, "top_share": 1.5}}, {"sources": -1}, {"examples": [{"text": "a"}]}, {"more": 1},
        {"earlier": -1}, {"story": ""}, {"related": [{"word": "甲乙"}]}, {"related": [{"word": "甲乙", "overlap": 2}]},
    ],
    ids=str,
)  # fmt: skip
def test_the_schema_refuses_what_is_no_event(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(orjson.loads(encode(EVENT)) | change)


@pytest.mark.parametrize("name", sorted(event_schema()["required"]))
def test_an_event_that_lacks_a_field_is_refused(name: str) -> None:
    fields = orjson.loads(encode(EVENT))
    del fields[name]
    with pytest.raises(ValueError, match="event"):
        decode_event(orjson.dumps(fields))
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(fields)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 3}, {"schema": True}, {"schema": 1}, {"more": 1},
        {"detected_at": "soon"}, {"first_seen": None}, {"left": None}, {"right": [1, 2]},
        {"examples": [{"text": "a"}]}, {"examples": 1}, {"cohesion": None},
        {"earlier": "2"}, {"story": 7}, {"related": None}, {"related": [{"word": "甲乙"}]}, {"related": ["甲乙"]},
    ],
    ids=str,
)  # fmt: skip
def test_an_event_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="event"):
        decode_event(orjson.dumps(orjson.loads(encode(EVENT)) | change))


@LAW
@given(
    st.one_of(st.binary(max_size=40), st.sampled_from([b"", b"[]", b"1", b"null", b'"schema"', b"{}", b'{"schema":1}']))
)
def test_bytes_that_are_no_event_raise_value_error_only(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode_event(line)
