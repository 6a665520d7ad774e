"""Encodes and decodes the messages of a range log: parts of a range's result, takeover markers, checkpoints.

The key is the input partition; a checkpoint has an empty one. The value is a digest over key and value, a header of
fixed length and a body. With `kafka.state_key_file` the digest is a MAC that only holders of the key can make. A body
larger than PAYLOAD_BYTES is split into consecutive parts. Reading raises UnreadableError for anything that is not such
a message, and checks every size against a bound before it is used.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from hmac import compare_digest

import orjson

from stream.bounded import parsed_json
from stream.state.chunks import OPEN, Seal

MAGIC = b"NWR1"
LENGTH = struct.Struct("<I")
DIGEST_BYTES = 16
HEADER = struct.Struct("<4sBxHIqqqIId")
"""Magic, kind, shards, partition, epoch, begin, end, index of the part, parts, event time of the newest text."""
PART, MARKER, CHECKPOINT = 1, 2, 3
PAYLOAD_BYTES = 240_000  # a message then fits in a batch of the sink, and by far in the 1 MB that a broker takes
MOST_PARTS = 1000
MOST_CHAINS_BYTES = 1 << 20
MOST_EPOCH = 1 << 62  # generations of a group and writes in them never come near
NOBODY = -1
Header = tuple[int, int, int, int, int, int, int, float]  # what follows the kind


class UnreadableError(ValueError):
    """The bytes are not a message of a range log; the text says why."""


@dataclass(frozen=True, slots=True)
class Range:
    """Offsets [begin, end) of an input partition, read by its owner in that epoch.

    `shards` is the number of partitions of the range log at that time. `newest_s` is the event time of the newest text
    in seconds since 1970, 0 without one.
    """

    partition: int
    epoch: int
    begin: int
    end: int
    shards: int = 1
    newest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """Part `index` of `count` of the result for a range."""

    of: Range
    index: int
    count: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Marker:
    """Its writer takes the partition over.

    `restart` is the offset at which a remade input partition begins, else None.
    """

    partition: int
    epoch: int
    nonce: int
    restart: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a snapshot includes: {partition: (epoch, next offset)}."""

    chains: dict[int, tuple[int, int]]


def part_messages(of: Range, body: bytes, seal: Seal = OPEN) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) for each part of a range's result, in the order in which they must be written."""
    count = max(1, -(-len(body) // PAYLOAD_BYTES))
    for index in range(count):
        payload = body[index * PAYLOAD_BYTES : (index + 1) * PAYLOAD_BYTES]
        header = of.shards, of.partition, of.epoch, of.begin, of.end, index, count, of.newest_s
        yield _message(PART, header, payload, seal)


def marker_message(marker: Marker, seal: Seal = OPEN) -> tuple[bytes, bytes]:
    """Return (key, value) of a marker."""
    restart = NOBODY if marker.restart is None else marker.restart
    return _message(MARKER, (0, marker.partition, marker.epoch, marker.nonce, restart, 0, 1, 0.0), b"", seal)


def checkpoint_message(checkpoint: Checkpoint, seal: Seal = OPEN) -> tuple[bytes, bytes]:
    """Return (key, value) of a checkpoint."""
    body = orjson.dumps([[partition, *chain] for partition, chain in sorted(checkpoint.chains.items())])
    return _message(CHECKPOINT, (0, 0, 0, 0, 0, 0, 1, 0.0), body, seal)


def read_message(key: bytes | None, value: bytes | None, seal: Seal = OPEN) -> Part | Marker | Checkpoint:
    """Decode a message. Raises UnreadableError with the reason."""
    if value is None or len(value) < DIGEST_BYTES + HEADER.size:
        raise UnreadableError("too short")
    content = value[DIGEST_BYTES:]
    if content[: len(MAGIC)] != MAGIC:
        raise UnreadableError("other version")
    if not compare_digest(value[:DIGEST_BYTES], _digest(key or b"", content, seal)):
        raise UnreadableError("bad checksum")
    _, kind, shards, partition, epoch, begin, end, index, count, newest_s = HEADER.unpack_from(content)
    body = content[HEADER.size :]
    if epoch >= MOST_EPOCH:
        raise UnreadableError("contradicts itself")
    if kind == MARKER:
        return Marker(partition, epoch, begin, None if end == NOBODY else end)
    if kind == CHECKPOINT:
        return Checkpoint(_chains_of(body))
    if kind != PART or not (0 <= begin < end and index < count <= MOST_PARTS and shards):
        raise UnreadableError("contradicts itself")
    return Part(Range(partition, epoch, begin, end, shards, newest_s), index, count, body)


def _chains_of(body: bytes) -> dict[int, tuple[int, int]]:
    try:
        rows = parsed_json(body, MOST_CHAINS_BYTES)
        return {int(partition): (int(epoch), int(following)) for partition, epoch, following in rows}
    except (ValueError, TypeError) as error:
        raise UnreadableError("not a checkpoint") from error


def _message(kind: int, header: Header, body: bytes, seal: Seal) -> tuple[bytes, bytes]:
    key = b"" if kind == CHECKPOINT else b"%d" % header[1]
    content = HEADER.pack(MAGIC, kind, *header) + body
    return key, _digest(key, content, seal) + content


def _digest(key: bytes, content: bytes, seal: Seal) -> bytes:
    return seal.digest(b"".join((LENGTH.pack(len(key)), key, content)))
