"""Query parameters are read as the document describes them, and all others are refused."""

import re
import sys
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from stream.api.parameters import FAR_S, NOT_BLANK, Parameter, UnfitError, choice, choices, moment, read, text, whole

EVERY = (
    text("q", "a text", 5, pattern="^[a-z]*$"), choice("order", "an order", ("a", "b"), "a"),
    choices("status", "several", ("x", "y")), whole("limit", "a number", 1, 200, 50), moment("since", "a time"),
    Parameter("flag", {"type": "boolean", "default": False}, "yes or no"),
)  # fmt: skip


def given(query: str) -> dict[str, Any]:
    return read(EVERY, QueryParams(query))


def test_without_anything_the_defaults_hold() -> None:
    assert given("") == {"q": None, "order": "a", "status": (), "limit": 50, "since": None, "flag": False}


def test_values_are_read_as_what_they_are() -> None:
    assert given("q=ab&order=b&status=x&status=y&limit=7&flag=true&since=1970-01-01T00:00:10Z") == {
        "q": "ab", "order": "b", "status": ("x", "y"), "limit": 7, "since": 10.0, "flag": True}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("wort=a", "unknown parameter 'wort'; there are flag, limit, order, q, since, status"),
        ("q=abcdef", "q must have 0 to 5 characters"),
        ("q=A", "q must match"),
        ("order=c", "order must be one of a, b"),
        ("order=a&order=b", "order is given twice"),
        ("status=z", "status must be one of x, y"),
        ("&".join(["status=x"] * 11), "status may be given 10 times"),
        ("limit=0", "limit must be a whole number from 1 to 200"),
        ("limit=201", "limit must be"),
        ("limit=1e2", "limit must be"),
        ("limit=٣", "limit must be"),
        ("limit=", "limit must be"),
        ("limit=" + "9" * 5000, "limit must be"),
        ("flag=1", "flag must be true or false"),
        ("since=soon", "since must be a time"),
        ("since=2024-13-01T00:00:00Z", "since must be a time"),
        ("since=1", "since must be a time"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(query: str, fault: str) -> None:
    with pytest.raises(UnfitError, match=fault):
        given(query)


@pytest.mark.parametrize(
    ("time", "at_s"),
    [
        ("2023-11-14T22:13:20Z", 1_700_000_000.0), ("2023-11-14t22:13:20.5z", 1_700_000_000.5),
        ("2023-11-15T06:13:20%2B08:00", 1_700_000_000.0), ("2023-11-14T22:13:20", 1_700_000_000.0),
        ("2023-11-14", 1_699_920_000.0), ("0001-01-01T00:00:00%2B23:59", 0.0), ("9999-12-31T23:59:59-23:59", FAR_S),
        ("1950-01-01T00:00:00Z", 0.0),
    ],
)  # fmt: skip
def test_times(time: str, at_s: float) -> None:
    assert given(f"since={time}")["since"] == at_s


def test_a_parameter_says_of_itself_what_the_document_needs() -> None:
    assert EVERY[3].document() == {
        "name": "limit", "in": "query", "required": False, "description": "a number",
        "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}}  # fmt: skip


def test_a_blank_has_the_same_meaning_for_the_service_and_for_readers_of_the_document() -> None:
    """`\\s` of JSON Schema is that of ECMA-262, and Python has one of its own: the pattern is the same with either."""
    ecma = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
    every = [chr(point) for point in range(sys.maxunicode + 1)]
    blank = [one for one in every if one.isspace() or one in ecma]
    for pattern in (NOT_BLANK, NOT_BLANK.replace(r"\s", ecma)):
        assert [one for one in every if not re.search(pattern, one)] == blank
