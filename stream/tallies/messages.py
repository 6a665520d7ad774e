"""Messages of the topic of tallies <-> bytes: parts of a tally, markers of a takeover, checkpoints of a snapshot.

The key is the input partition, empty for a checkpoint. A value is a digest over the key and the rest (one that only
holders of `kafka.state_key_file` can make, where it is set), a header of fixed length, and a body. A tally is
compressed and cut into parts that a broker takes by default, one behind the other. No size in it is believed before it
is bounded. What is no message of ours raises UnreadableError with the reason.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from hmac import compare_digest

import orjson
import zstandard

from stream.bounded import TooLargeError, parsed_json, unpacked_whole
from stream.state.chunks import OPEN, Seal
from stream.tallies.columns import COLUMNS, packed, read_column, unpacked
from stream.tallies.tally import RangeTally

MAGIC = b"NWT1"
LENGTH = struct.Struct("<I")
DIGEST_BYTES = 16
HEADER = struct.Struct("<4sBxHIqqqIId")
"""Magic, kind, shards, partition, epoch, begin, end, index of the part, parts, event time of the newest text."""
PART, MARKER, CHECKPOINT = 1, 2, 3
PAYLOAD_BYTES = 240_000  # a message then fits in a batch of the sink, and by far in the 1 MB that a broker takes
MOST_BYTES = 64 << 20  # of a tally unpacked
MOST_HEAD_BYTES = 1 << 20
MOST_EPOCH = 1 << 62  # generations of a group and writes in them never come near
NOBODY = -1


class UnreadableError(ValueError):
    """Why a message is none of ours."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the tally of [begin, end); `index` of `count`."""

    partition: int
    epoch: int
    begin: int
    end: int
    shards: int
    index: int
    count: int
    newest_s: float
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Marker:
    """Whoever wrote it takes the partition over; `restart` is where its log begins anew, if it was made anew."""

    partition: int
    epoch: int
    nonce: int
    restart: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a snapshot includes: {partition: (epoch, next offset)}."""

    chains: dict[int, tuple[int, int]]


def tally_messages(tally: RangeTally, seal: Seal = OPEN) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of each part, in the order to be written."""
    columns = [column for _, counts in tally.windows for column in packed(counts)]
    head = orjson.dumps({
        "totals": tally.totals,
        "windows": [[at_s, counts.total] for at_s, counts in tally.windows],
        "columns": [[width, numbers] for width, numbers, _ in columns],
    })  # fmt: skip
    body = zstandard.ZstdCompressor(level=3).compress(
        b"".join([LENGTH.pack(len(head)), head, *(content for _, _, content in columns)]))  # fmt: skip
    count = max(1, -(-len(body) // PAYLOAD_BYTES))
    for index in range(count):
        payload = body[index * PAYLOAD_BYTES : (index + 1) * PAYLOAD_BYTES]
        header = tally.shards, tally.partition, tally.epoch, tally.begin, tally.end, index, count, tally.newest_s
        yield _message(PART, header, payload, seal)


def marker_message(marker: Marker, seal: Seal = OPEN) -> tuple[bytes, bytes]:
    """(key, value)"""
    restart = NOBODY if marker.restart is None else marker.restart
    return _message(MARKER, (0, marker.partition, marker.epoch, marker.nonce, restart, 0, 1, 0.0), b"", seal)


def checkpoint_message(checkpoint: Checkpoint, seal: Seal = OPEN) -> tuple[bytes, bytes]:
    """(key, value)"""
    body = orjson.dumps([[partition, *chain] for partition, chain in sorted(checkpoint.chains.items())])
    return _message(CHECKPOINT, (0, 0, 0, 0, 0, 0, 1, 0.0), body, seal)


def read_message(key: bytes | None, value: bytes | None, seal: Seal = OPEN) -> Part | Marker | Checkpoint:
    """Raises UnreadableError."""
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
    if kind != PART or not (0 <= begin < end and index < count and shards):
        raise UnreadableError("contradicts itself")
    return Part(partition, epoch, begin, end, shards, index, count, newest_s, body)


def tally_of(parts: list[Part]) -> RangeTally:
    """The tally of all its parts, in order. Raises UnreadableError."""
    body, first = b"".join(part.payload for part in parts), parts[0]
    try:
        content = memoryview(unpacked_whole(body, MOST_BYTES))
        at = LENGTH.size + LENGTH.unpack_from(content)[0]
        head = parsed_json(content[LENGTH.size : at], MOST_HEAD_BYTES)
        columns = []
        for width, numbers in head["columns"]:
            columns.append(read_column(width, numbers, content[at : at + width * numbers]))
            at += width * numbers
        if len(columns) != COLUMNS * len(head["windows"]) or at != len(content):
            raise UnreadableError("contradicts itself")
        windows = tuple(
            (float(at_s), unpacked(columns[COLUMNS * number : COLUMNS * (number + 1)], float(all_pairs)))
            for number, (at_s, all_pairs) in enumerate(head["windows"]))  # fmt: skip
        totals = {str(name): int(total) for name, total in head["totals"].items()}
        return RangeTally(first.partition, first.epoch, first.begin, first.end, first.newest_s, totals, windows,
                          first.shards)  # fmt: skip
    except TooLargeError as error:
        raise UnreadableError("too large to hold") from error
    except (struct.error, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise error if isinstance(error, UnreadableError) else UnreadableError("not a tally") from error


def _chains_of(body: bytes) -> dict[int, tuple[int, int]]:
    try:
        return {
            int(partition): (int(epoch), int(following))
            for partition, epoch, following in parsed_json(body, MOST_HEAD_BYTES)
        }
    except (ValueError, TypeError) as error:
        raise UnreadableError("not a checkpoint") from error


Header = tuple[int, int, int, int, int, int, int, float]  # what follows the kind


def _message(kind: int, header: Header, body: bytes, seal: Seal) -> tuple[bytes, bytes]:
    key = b"" if kind == CHECKPOINT else b"%d" % header[1]
    content = HEADER.pack(MAGIC, kind, *header) + body
    return key, _digest(key, content, seal) + content


def _digest(key: bytes, content: bytes, seal: Seal) -> bytes:
    return seal.digest(b"".join((LENGTH.pack(len(key)), key, content)))
