"""A TCP proxy between clients and brokers, and what a network does to them: holes, delay, connections that are reset.

    with Network(dict(cluster.lanes["left"])) as network:
        network.hole()           # nothing goes through either way; connections stay open, and new ones are taken
        network.heal()           # what was held back arrives, as after TCP has sent it again

One thread carries all connections, so a hole begins for all of them at once. Guarantee: bytes arrive in order, once and
unchanged, or the connection ends. Cost: a connection is copied at some hundred megabytes a second.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

CHUNK_BYTES = 1 << 16
MOST_CHUNKS = 64  # of a connection under way in one direction
RESET = struct.pack("ii", 1, 0)  # linger for no time: the other side gets a reset


class Network:
    """Forwards each local port to another; `front` ports are those that clients know. Thread-safe."""

    def __init__(self, ports: Mapping[int, int], seed: int = 0) -> None:
        self._ports, self._rng = dict(ports), random.Random(seed)
        self._delay_s = self._reset_share = 0.0
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._servers: list[asyncio.Server] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def hole(self) -> None:
        """From now on nothing goes through."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def slow(self, delay_s: float) -> None:
        """Each chunk comes so much later, in both directions: a round trip takes twice that."""
        self._delay_s = delay_s

    def reset(self, share: float) -> None:
        """So many of all chunks are answered by a reset of their connection."""
        self._reset_share = share

    def heal(self) -> None:
        """All is as at the beginning; connections that were reset stay so."""
        self._delay_s = self._reset_share = 0.0
        self._loop.call_soon_threadsafe(self._open.set)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, act: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(30)

    async def _listen(self) -> None:
        for front in self._ports:
            self._servers.append(await asyncio.start_server(self._accept, "127.0.0.1", front))

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect through once the way is open; then carry both directions until one of them ends."""
        back = self._ports[writer.get_extra_info("sockname")[1]]
        task = asyncio.current_task()
        assert task is not None
        self._pumps.add(task)
        writers = [writer]
        try:
            await self._open.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", back)
            writers.append(far_writer)
            ways = [asyncio.ensure_future(self._carry(*way, writers))
                    for way in ((reader, far_writer), (far_reader, writer))]  # fmt: skip
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:  # nobody listens there: the client finds its connection ended
            pass
        finally:
            for one in writers:
                with suppress(Exception):
                    one.close()
            self._pumps.discard(task)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ends: list[asyncio.StreamWriter]
    ) -> None:
        """One direction, until it ends or both ends are reset."""
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_CHUNKS)
        sending = asyncio.ensure_future(self._send(chunks, writer))
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                if self._rng.random() < self._reset_share:
                    for end in ends:
                        _reset(end)
                    return
                await chunks.put((self._loop.time() + self._delay_s, chunk))
            await chunks.put((0.0, b""))
            await sending
        except OSError:
            pass
        finally:
            sending.cancel()

    async def _send(self, chunks: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        while True:
            due_s, chunk = await chunks.get()
            await asyncio.sleep(max(0.0, due_s - self._loop.time()))
            await self._open.wait()
            if not chunk:
                return
            writer.write(chunk)
            await writer.drain()


def _reset(end: asyncio.StreamWriter) -> None:
    """End a connection at once, as a firewall does that has forgotten it."""
    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.transport.abort()
