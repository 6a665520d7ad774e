"""Verdicts over HTTP: who may write, what is accepted, and that it can be read at once."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from stream.errors import BrokerError
from stream.verdicts.verdict import Verdict
from stream.web.server import Server
from tests.stream.api.desks import desk
from tests.stream.web.served import Got, ask

TOKEN = "0123456789abcdef"


def put(server: Server, word: str, said: Any, **headers: str) -> Got:
    body = said if isinstance(said, bytes) else orjson.dumps(said)
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
    return ask(server, f"/api/verdicts/{quote(word)}", "PUT", body, **given)


def test_a_verdict_is_written_and_read_back_at_once() -> None:
    with desk(token=TOKEN) as (server, _, _):
        said = put(server, "癸", {"verdict": "refused", "note": "a phrase", "by": "mei"})
        assert (said.status, said.json["note"]) == (200, "a phrase")
        assert ask(server, "/api/words?limit=1").json["words"][0]["word"] == "壬"
        put(server, "壬", {"verdict": "part_of", "part_of": "癸"})
        assert [one["word"] for one in ask(server, "/api/verdicts").json["verdicts"]] == ["壬", "癸"]
        gone = ask(server, f"/api/verdicts/{quote('癸')}", "DELETE", Authorization=f"Bearer {TOKEN}")
        assert gone.json == {"word": "癸"}
        assert ask(server, "/api/words?limit=1").json["words"][0]["word"] == "癸"


def test_without_the_token_nothing_is_written() -> None:
    with desk(token=TOKEN) as (server, _, history):
        for headers in ({"Authorization": ""}, {"Authorization": "Bearer no"}):
            refused = put(server, "癸", {"verdict": "refused"}, **headers)
            assert (refused.status, refused.json) == (403, {"error": "verdicts need the token"})
        assert put(server, "癸", {"verdict": "refused"}, Origin="https://evil.example").status == 403
        assert ask(server, f"/api/verdicts/{quote('癸')}", "DELETE").status == 403
        with history.reading() as connection:
            assert connection.execute("SELECT COUNT(*) FROM verdict").fetchone() == (0,)
    with desk() as (server, _, _):
        assert "read-only" in put(server, "癸", {"verdict": "refused"}).json["error"]


def test_the_user_named_by_the_proxy_is_the_reviewer() -> None:
    with desk(proxies=("127.0.0.1",), user_header="X-User") as (server, _, _):
        assert put(server, "癸", {"verdict": "refused", "by": "somebody"}, X_User="mei").json["by"] == "mei"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (b"{", "unexpected end"), (b"[]", "an object"), ({}, "an object"), ({"verdict": "maybe"}, "must be one of"),
        ({"verdict": "refused", "colour": 1}, "unknown field 'colour'"), ({"verdict": 1}, "are texts"),
        ({"verdict": "part_of"}, "names the other word"), ({"verdict": "part_of", "part_of": " "}, "another one"),
        ({"verdict": "refused", "part_of": "x"}, "nothing else does"),
        ({"verdict": "refused", "note": "a" * 1001}, "most"),
    ],
)  # fmt: skip
def test_an_invalid_verdict_is_refused_with_the_reason(said: Any, fault: str) -> None:
    with desk(token=TOKEN, fill=False) as (server, _, _):
        answer = put(server, "癸", said)
        assert (answer.status, fault in answer.json["error"]) == (400, True)


def test_a_body_that_is_no_json_or_too_large_is_refused() -> None:
    with desk(token=TOKEN, fill=False) as (server, _, _):
        assert put(server, "癸", b"verdict=refused", Content_Type="application/x-www-form-urlencoded").status == 415


def test_a_verdict_that_kafka_does_not_take_is_not_said_to_be_written() -> None:
    class Away:
        def judge(self, one: Verdict) -> None:
            raise BrokerError("Kafka is away")

        withdraw = judge

    with desk(token=TOKEN, verdicts=Away()) as (server, _, _):
        answer = put(server, "癸", {"verdict": "refused"})
        assert (answer.status, "Kafka is away" in answer.json["error"]) == (503, True)
        assert ask(server, "/api/words?limit=1").json["words"][0]["word"] == "癸"


def test_a_word_cannot_be_part_of_itself() -> None:
    with desk(token=TOKEN) as (server, _, _):
        assert put(server, "iPhone14", {"verdict": "part_of", "part_of": "iphone14"}).status == 409
