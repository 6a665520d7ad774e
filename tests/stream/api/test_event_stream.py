"""Server-sent events: new events come at once, and a reconnecting client misses none."""

import socket

import pytest

from stream.api import event_stream as module
from stream.events.events import encode
from tests.stream.api.desks import desk
from tests.stream.events.event_samples import bare_event as event
from tests.stream.web.served import ask, connected


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.02)


def follow(connection: socket.socket, last: str = "") -> None:
    connection.sendall(f"GET /api/events HTTP/1.1\r\nHost: a\r\n{last}\r\n".encode())


def until(connection: socket.socket, wanted: str) -> str:
    found = b""
    while wanted.encode() not in found:
        part = connection.recv(65536)
        assert part, f"ended before {wanted}: {found!r}"
        found += part
    return found.decode(errors="replace")


def test_an_event_comes_with_its_number_when_it_is_there() -> None:
    with desk() as (server, _, history), connected(server) as client:
        follow(client)
        said = until(client, "retry: 5000")
        assert "text/event-stream" in said
        history.add([encode(event("新来的", 9000.0))])
        assert '"word":"新来的"' in until(client, "新来的")


def test_a_reconnecting_client_gets_what_it_missed_and_foreign_ids_are_ignored() -> None:
    with desk() as (server, _, _):
        with connected(server) as client:
            follow(client, "Last-Event-ID: 10\r\n")
            said = until(client, "faded")
            assert "id: 11" in said
            assert "id: 10\n" not in said
        for strange in ("999", "-1", "x", "٣"):
            with connected(server) as client:
                follow(client, f"Last-Event-ID: {strange}\r\n") if strange.isascii() else follow(client)
                assert "id:" not in until(client, "retry: 5000").partition("retry")[2]


def test_a_silent_stream_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.0)
    with desk() as (server, _, _), connected(server) as client:
        follow(client)
        assert ": still here" in until(client, ": still here")


def test_no_more_may_follow_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CLIENTS", 1)
    with desk() as (server, _, _), connected(server) as client:
        follow(client)
        until(client, "retry")
        assert ask(server, "/api/events").status == 503
