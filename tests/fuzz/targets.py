"""The fuzz targets: {name: a function of bytes that raises only on a defect}, and seeds for each."""

import socket
import struct
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import zstandard
from crc32c import crc32c
from kafka import TopicPartition
from kafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from kafka.record.memory_records import MemoryRecords
from prometheus_client import CollectorRegistry

from stream.bounded import GZIP, LZ4, SNAPPY, ZSTD, DamagedError, TooLargeError, unpacked
from stream.config.config import load
from stream.errors import UsageError
from stream.events.events import decode_event, encode
from stream.log.fast_fetch import FastRecords
from stream.range_log import messages
from stream.range_log.messages import Range, UnreadableError, read_message
from stream.state.chunks import CHECKSUM, HEADER, LENGTH, MAGIC, OPEN, Assembler, StateRecord, chunk_key, split
from stream.tallies.codec import tally_of
from stream.text.message import TextSettings, decode
from stream.web.server import Server
from stream.web.settings import ServerSettings
from tests.stream.events.event_samples import event

JSON, PLAIN = TextSettings(), TextSettings(format="plain")
FOLDER = Path(tempfile.mkdtemp(prefix="new-words-fuzz-"))
CODECS: dict[int, Any] = {0: bytes, 1: gzip_encode, 2: snappy_encode, 3: lz4_encode, 4: zstd_encode}
NAMES = (GZIP, SNAPPY, LZ4, ZSTD)
MOST_BYTES = 4 << 20
AT = TopicPartition("raw-text", 0)
HEAD = b'{"name": "0", "next_offset": 1, "meta": {"c": 1}, "parts": {"a": 1}}'


def fuzz_decode(data: bytes) -> None:
    for settings in (JSON, PLAIN):
        decode(data, 0.0, 1e9, "t", 0, 0, settings)


def fuzz_state(data: bytes) -> None:
    assembler = Assembler()
    assembler.add(b"0/A/0", data)
    assembler.add(data[:20], data[20:])


def fuzz_record(data: bytes) -> None:
    """The inside of a state record, its checksums right: packed by us, and as it is."""
    for body in (zstandard.ZstdCompressor().compress(data), data):
        key = chunk_key("0", "A", 0)
        header = HEADER.pack(MAGIC, 0, 1, 1, OPEN.digest(body))
        assembler = Assembler()
        assembler.add(key, CHECKSUM.pack(crc32c(body, crc32c(header, crc32c(key)))) + header + body)


def fuzz_range(data: bytes) -> None:
    """A message of a range log, its digest right; and the inside of a tally and of kept texts."""
    content = messages.MAGIC + data
    with suppress(UnreadableError):
        read_message(b"0", OPEN.digest(LENGTH.pack(1) + b"0" + content) + content)
    with suppress(UnreadableError):
        tally_of(Range(0, 0, 0, 1, newest_s=0.0), zstandard.ZstdCompressor().compress(data))


def fuzz_batch(data: bytes) -> None:
    """A batch of records in a compression of its choice, its checksum right: it is read, or stands as one record."""
    if len(data) < 2:
        return
    codec, count = data[0] % 5, data[1]
    for body in (data[2:], CODECS[codec](data[2:])):
        head = struct.pack(">hiqqqhii", codec, max(0, count - 1), 0, 0, -1, -1, -1, count)
        batch = struct.pack(">qiibI", 0, len(head) + len(body) + 9, 0, 2, crc32c(head + body)) + head + body
        part = FastRecords(0, AT, MemoryRecords(batch), most_bytes=MOST_BYTES)
        for records in part.take(1000):
            for number, _ in enumerate(records):
                records.headers(number)


def fuzz_packed(data: bytes) -> None:
    for codec in NAMES:
        with suppress(DamagedError, TooLargeError):
            assert len(unpacked(codec, data, MOST_BYTES)) <= MOST_BYTES


def fuzz_config(data: bytes) -> None:
    path = FOLDER / "config.yaml"
    path.write_bytes(data)
    with suppress(UsageError):
        load(str(path), {}, [])


def fuzz_event(data: bytes) -> None:
    with suppress(ValueError):
        decode_event(data)


@cache
def server() -> Server:
    return Server(ServerSettings(host="127.0.0.1", port=0), CollectorRegistry(), lambda: True, lambda: True)


def fuzz_http(data: bytes) -> None:
    """A request, or what is none: an answer of HTTP or none, and the next probe is answered."""
    for request in (data, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"):
        answer = b""
        with socket.create_connection(("127.0.0.1", server().port), timeout=15) as connection, suppress(OSError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while len(answer) < 1 << 20 and (more := connection.recv(65_536)):
                answer += more
        assert not answer or answer.startswith(b"HTTP/1.1 ")
    assert answer.startswith(b"HTTP/1.1 200")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": fuzz_decode, "state": fuzz_state, "record": fuzz_record, "range": fuzz_range, "batch": fuzz_batch,
    "packed": fuzz_packed, "config": fuzz_config, "event": fuzz_event, "http": fuzz_http,
}  # fmt: skip
SEEDS: dict[str, list[bytes]] = {
    "decode": [b'{"text": "\xe5\xa5\xbd", "ts": "2021-01-01T00:00:00+08:00", "source": 1}'],
    "state": [value for _, value in split(StateRecord("0", 1, {"a": b"b"}, {"c": 1}), "A")],
    "record": [LENGTH.pack(len(HEAD)) + HEAD + b"b"],
    "range": [messages.HEADER.pack(messages.MAGIC, messages.PART, 1, 0, 1, 0, 1, 0, 1, 0.0)[4:] + b"body"],
    "batch": [bytes((codec, 1)) + b"\x10\0\0\0\x01\x02x\0" for codec in CODECS],
    "packed": [CODECS[codec](bytes(300)) for codec in (1, 2, 3, 4)],
    "config": [b"kafka:\n  flush_s: 5.0\ntext: {scripts: [han, latin]}\n"],
    "event": [encode(event("塑稚酉"))],
    "http": [b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"POST /api/explain?word=a HTTP/1.1\r\n\r\n"],
}
