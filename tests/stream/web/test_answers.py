"""Answers: JSON, errors, and 304 for a body the client already has."""

import orjson
import pytest
from starlette.requests import Request

from stream.web.answers import etag_of, fault, json_answer, unless_known


def asking(known: str) -> Request:
    return Request({"type": "http", "method": "GET", "headers": [(b"if-none-match", known.encode())]})


def test_a_value_becomes_json_and_bytes_are_json_already() -> None:
    assert json_answer({"a": "词"}).body == '{"a":"词"}'.encode()
    assert json_answer(b"[1]").body == b"[1]"


def test_a_fault_says_why_and_when_to_come_again() -> None:
    assert orjson.loads(fault(503, "busy").body) == {"error": "busy"}
    assert fault(503, "busy").headers["retry-after"] == "1"
    assert "retry-after" not in fault(400, "no").headers


@pytest.mark.parametrize(
    ("known", "status"),
    [("", 200), ('"other"', 200), (etag_of(b"a"), 304), (f'"x", W/{etag_of(b"a")}', 304)],
)
def test_a_client_with_the_current_version_gets_no_body(known: str, status: int) -> None:
    answer = unless_known(asking(known), b"a", etag_of(b"a"))
    assert (answer.status_code, answer.body) == (status, b"a" if status == 200 else b"")
    assert answer.headers["etag"] == etag_of(b"a")
