"""A row becomes a line that the service reads as the row was meant, or rejects for the row's own reason."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.errors import UsageError
from stream.sources.rows import Columns, row_line
from stream.text.fields import Fields
from stream.text.message import Rejected, Text, TextSettings, decode


def read(line: bytes) -> Text | Rejected:
    return decode(line, 0.0, 2e9, "t", 0, 0, TextSettings())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, None, None), "empty"),
        ((" ", None, None), "empty"),
        ((7, None, None), "no_text"),
        ((b"\xff", None, None), "not_utf8"),
        (("\ud800", None, None), "not_utf8"),
        (("x", [object()], None), "bad_time"),
        (("x", "soon", None), "bad_time"),
        (("x", 1 << 80, None), "bad_time"),
        (("x", 20240101, None), "bad_time"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_line_that_cannot_be_read(row: tuple[Any, Any, Any], reason: str) -> None:
    assert read(row_line(*row)) == Rejected(reason, 0, 0)


@pytest.mark.parametrize(
    "ts",
    [
        1609459200,
        1609459200.0,
        Decimal(1609459200),
        "2021-01-01T00:00:00Z",
        datetime(2021, 1, 1),
        datetime(2021, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        datetime(2021, 1, 1, tzinfo=UTC),
        date(2021, 1, 1),
    ],
)
def test_any_kind_of_time_in_a_row_is_the_same_moment_to_the_service(ts: Any) -> None:
    assert read(row_line("天气".encode(), ts, 12)) == Text("天气", 1609459200.0, "12", "t", 0, 0)


@settings(max_examples=100)
@given(st.one_of(st.text(), st.binary(), st.none()), st.one_of(st.none(), st.text()))
def test_a_row_is_one_line_and_its_text_is_read_as_it_was_or_not_at_all(text: Any, source: str | None) -> None:
    line = row_line(text, None, source)
    assert b"\n" not in line
    item = read(line)
    if isinstance(item, Text):
        assert item.text == (text.decode() if isinstance(text, bytes) else text)
    else:
        assert item.reason in ("empty", "not_utf8")


@pytest.mark.parametrize(
    ("fields", "names", "besides", "places"),
    [
        (Fields(), ["source", "text"], None, ((1, ""), None, (0, ""))),
        (Fields(), ["content"], None, ((0, ""), None, None)),
        (Fields(), ["id", "content"], "id", ((1, ""), None, None)),
        (Fields(("a",), ("b",), ("c",)), ["c", "b", "a"], None, ((2, ""), (1, ""), (0, ""))),
        (Fields(("a",), (), ()), ["a", "ts", "source"], None, ((0, ""), None, None)),
        (
            Fields(
                ("x", "a.b"),
            ),
            ["c", "a"],
            None,
            ((1, "b"), None, None),
        ),
    ],
)
def test_columns_are_found_by_their_names(
    fields: Fields, names: list[str], besides: str | None, places: tuple[Any, Any, Any]
) -> None:
    columns = Columns.of(fields, names, besides)
    found = tuple(next(iter(places), None) for places in (columns.text, columns.ts, columns.source))
    assert found == places


def test_the_first_of_several_columns_with_a_value_is_used() -> None:
    columns = Columns.of(Fields(("a", "b.c")), ["a", "b"])
    assert [columns.values(row)[0] for row in (["x", None], ["", {"c": "y"}], [None, '{"c": "z"}'], ["", None])] == [
        "x",
        "y",
        "z",
        "",
    ]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (Fields(), "text.field text: there is no such column; there are a, b .--column names one"),
        (Fields(("c", "d")), "text.field c or d: "),
        (Fields(("a",), ("when",)), "text.ts_field when: "),
        (Fields(("a",), source=("who",)), "text.source_field who: "),
    ],
)
def test_a_column_asked_for_that_is_not_there_is_a_fault(fields: Fields, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        Columns.of(fields, ["a", "b"])


def test_a_line_is_written_as_the_mapping_reads_it() -> None:
    fields = Fields(("content", "text"), ("at",), ("user.id",))
    assert json.loads(row_line("x", 1, "s", fields)) == {"content": "x", "at": 1, "user": {"id": "s"}}


def test_a_number_too_large_for_json_does_not_cost_the_other_fields() -> None:
    assert json.loads(row_line("x", 1 << 80, "s")) == {"text": "x", "ts": 1 << 80, "source": "s"}
