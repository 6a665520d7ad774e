"""The proxy of the tests forwards, holds back, delays and cuts connections; tested with an echo server."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.broker.cluster import free_ports
from tests.broker.proxy import Network

PATIENCE_S = 10.0
HELD_S = 0.3  # nothing comes for so long: shown, not proven


@pytest.fixture
def echo() -> Iterator[int]:
    """A port that gives back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(client: socket.socket) -> None:
        with closing(client):
            try:
                while data := client.recv(1 << 16):
                    client.sendall(data)
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture
def network(echo: int) -> Iterator[tuple[Network, int]]:
    (front,) = free_ports(1)
    with Network({front: echo}) as network:
        yield network, front


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def received(client: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        chunk = client.recv(1 << 16)
        assert chunk, "the connection ended"
        got += chunk
    return got


def test_bytes_arrive_in_order_and_unchanged(network: tuple[Network, int]) -> None:
    data = bytes(range(256)) * 4000
    with closing(connected(network[1])) as client:
        threading.Thread(target=client.sendall, args=(data,), daemon=True).start()
        assert received(client, len(data)) == data


def test_what_is_sent_into_a_hole_arrives_when_it_is_healed(network: tuple[Network, int]) -> None:
    hole, port = network
    with closing(connected(port)) as client:
        client.sendall(b"before")
        assert received(client, 6) == b"before"
        hole.hole()
        client.sendall(b"within")
        client.settimeout(HELD_S)
        with pytest.raises(TimeoutError):
            client.recv(10)
        client.settimeout(PATIENCE_S)
        hole.heal()
        assert received(client, 6) == b"within"


def test_a_slow_network_takes_its_time_both_ways(network: tuple[Network, int]) -> None:
    slow, port = network
    slow.slow(0.2)
    with closing(connected(port)) as client:
        begun_s = time.monotonic()
        client.sendall(b"hello")
        assert received(client, 5) == b"hello"
        assert time.monotonic() - begun_s >= 0.4


def test_a_chunk_may_be_answered_by_a_reset(network: tuple[Network, int]) -> None:
    resetting, port = network
    resetting.reset(1.0)
    with closing(connected(port)) as client:
        client.sendall(b"hello")
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    resetting.heal()
    with closing(connected(port)) as client:
        client.sendall(b"hello")
        assert received(client, 5) == b"hello"


def test_without_a_listener_the_connection_ends() -> None:
    front, back = free_ports(2)
    with Network({front: back}), closing(connected(front)) as client:
        assert client.recv(10) == b""
