"""A request ends when its time is over, however slow the other end is; otherwise it is an ordinary request."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from stream.outputs.deadline import answer_in_time
from tests.stream.outputs.webhook_receiver import Receiver

LIMIT_S = 0.5


@contextmanager
def talking(speak: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """An address that takes one connection and says on it what `speak` says."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    speak(connection, done)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        done.set()
    thread.join(10)
    assert not thread.is_alive()


def dripping(head: bytes, drop: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Bytes that keep every single read from timing out, for ever."""

    def speak(connection: socket.socket, done: threading.Event) -> None:
        connection.sendall(head)
        while not done.wait(0.02):
            connection.sendall(drop)

    return speak


@pytest.mark.parametrize(
    ("head", "drop"),
    [(b"", b"H"), (b"HTTP/1.1 200 OK\r\nX: ", b"x"), (b"", b"HTTP/1.1 100 Continue\r\n\r\n")],
    ids=["no line ever ends", "no header ever ends", "continue for ever"],
)
def test_a_receiver_that_sends_byte_by_byte_is_dropped_at_the_deadline(head: bytes, drop: bytes) -> None:
    began_s = time.monotonic()
    with talking(dripping(head, drop)) as url, pytest.raises(OSError), answer_in_time(Request(url), LIMIT_S):
        pass
    assert time.monotonic() - began_s < 60  # not for ever; the machine may be busy


def test_a_slow_tls_handshake_is_dropped_too() -> None:
    with (
        talking(dripping(b"\x16\x03\x03\x40\x00", b"\0")) as url,
        pytest.raises(OSError),
        answer_in_time(Request(url.replace("http:", "https:")), LIMIT_S),
    ):
        pass


def test_an_answer_in_time_is_returned_and_no_redirect_followed() -> None:
    with Receiver([204, 302], headers={"Location": "/elsewhere"}) as receiver:
        with answer_in_time(Request(receiver.url, b"{}", method="POST"), 60.0) as answer:
            assert answer.status == 204
        with pytest.raises(HTTPError) as refused, answer_in_time(Request(receiver.url, b"{}", method="POST"), 60.0):
            pass
        refused.value.close()
        assert len(receiver.got) == 2
