"""A mapping finds its values at any place in a record, and reads a record that it wrote."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.text.fields import Fields, at_path, first_at, likely

NAMES = st.from_regex(r"[a-z@_]{1,6}", fullmatch=True)
PATHS = st.lists(NAMES, min_size=1, max_size=3, unique=True).map(".".join)


@pytest.mark.parametrize(
    ("record", "path", "value"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a.b": 2, "a": {"b": 1}}, "a.b", 2),
        ({"a": {"b.c": 3}}, "a.b.c", 3),
        ({"a": [{"b": 4}]}, "a.0.b", 4),
        ({"a": [4]}, "a.0", 4),
        ({"a": '{"b": 5}'}, "a.b", 5),
        ({"a": "text"}, "a.b", None),
        ({"a": None}, "a.b", None),
        ({"a": [1]}, "a.7", None),
        ({}, "a", None),
        (None, "a", None),
    ],
)
def test_a_path_leads_to_the_value(record: Any, path: str, value: Any) -> None:
    assert at_path(record, path) == value


@given(st.tuples(PATHS, PATHS, PATHS).filter(lambda three: len({path.split(".")[0] for path in three}) == 3))
def test_a_mapping_reads_what_it_writes(paths: tuple[str, str, str]) -> None:
    text, ts, source = paths
    fields = Fields((text, "other"), (ts,), (source,))
    record = fields.record("天气", 1.5, "甲")
    assert [first_at(record, one) for one in (fields.text, fields.ts, fields.source)] == ["天气", 1.5, "甲"]
    assert fields.record("天气", None, None) == Fields((text,)).record("天气", None, None)


def test_without_a_source_none_is_written() -> None:
    assert Fields(source=()).record("天气", 1, "甲") == {"text": "天气", "ts": 1}


def test_the_field_that_may_be_meant_is_found_and_only_named() -> None:
    created = "Mon Jan 01 12:00:00 +0800 2024"
    record = {
        "id": 17,
        "user": {"id": "u1", "name": "somebody"},
        "created_at": created,
        "body": {"content": "天气好热"},
    }
    found = likely(record)
    assert (found.text, found.ts) == (("body.content",), ("created_at",))
    assert likely({"a": {"$date": 1704081600000}}).ts == ("a",)
    assert likely([1]).text == likely(None).ts == ()
