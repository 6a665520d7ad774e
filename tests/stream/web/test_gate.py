"""What all requests share: turns, deadlines and refusals; probes do not wait."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stream.web import gate as module
from tests.stream.web.served import ECHO, ask, connected, serving

TOKEN = "0123456789abcdef"


def test_requests_take_turns_so_that_they_cost_the_flow_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computing 20 ms for each request, many clients get a share of the time, and a probe goes before them."""
    monkeypatch.setattr(module, "SAVED_S", 0.0)
    monkeypatch.setattr("stream.web.server.SAVED_S", 0.0)
    monkeypatch.setattr(module, "TURN_S", 0.4)
    computed = threading.Semaphore(0)

    async def dear(_: Request) -> Response:
        sum(range(1_000_000))
        computed.release()
        return Response(b"done")

    with serving(Route("/dear", dear)) as server, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, server, "/dear") for _ in range(24)]
        assert computed.acquire(timeout=30)
        assert ask(server, "/healthz").status == 200
        answers = [one.result() for one in asked]
    refused = [one for one in answers if one.status == 503]
    assert {one.status for one in answers} == {200, 503}
    assert refused[0].json == {"error": "too many requests at once, ask again"}
    assert refused[0].headers["retry-after"] == "1"


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.05)

    async def endless(_: Request) -> Response:
        await asyncio.sleep(60)
        return Response(b"")

    with serving(Route("/endless", endless)) as server:
        answer = ask(server, "/endless")
    assert (answer.status, answer.json) == (503, {"error": "this took too long, ask again"})


def test_refusals_carry_the_headers_and_what_is_missing() -> None:
    with serving(ECHO, private=True, token=TOKEN, hosts=("words.example",)) as server:
        refused = ask(server, "/echo")
        assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Bearer realm="new-words"')
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert ask(server, "/metrics").status == 401
        assert ask(server, "/healthz").status == 200
        assert ask(server, "/echo", Authorization=f"Bearer {TOKEN}").json["writes"] is True
        foreign = ask(server, "/echo", Host="evil.example", Authorization=f"Bearer {TOKEN}")
        assert (foreign.status, foreign.headers["x-content-type-options"]) == (421, "nosniff")
        assert ask(server, "/healthz", Host="evil.example").status == 200


def test_a_client_that_goes_while_it_waits_leaves_no_trace() -> None:
    with serving(ECHO) as server:
        for _ in range(20):
            gone = connected(server)
            gone.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            gone.close()
        assert ask(server, "/echo").status == 200


def test_requests_waiting_when_the_server_closes_get_503(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where the debt is so deep that it would wait longer than the server takes to close."""
    monkeypatch.setattr("stream.web.server.SAVED_S", 0.0)
    asked = threading.Semaphore(0)
    with serving(ECHO) as server, ThreadPoolExecutor(4) as pool:
        server._site.share.spend(2.0)

        def wait() -> int:
            asked.release()
            return ask(server, "/echo").status

        answers = [pool.submit(wait) for _ in range(4)]
        for _ in answers:
            asked.acquire()
        assert ask(server, "/healthz").status == 200  # by now they are queued, or come as it closes
        server._site.share.close()
        statuses = {one.result() for one in answers}
    assert statuses == {503}
    assert caplog.records == []
