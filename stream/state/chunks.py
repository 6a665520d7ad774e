"""State records <-> messages of a compacted topic, such that a half-written record never replaces a whole one.

A record is packed, compressed and split into chunks, one message each, with the keys `name/slot/index`. Writers
alternate between the slots A and B (`snapshots`), so compaction, which keeps the last message of each key, always
leaves one whole record. Every chunk carries a checksum over its key and content, and the digest of the whole record, so
chunks of different writes are never mixed, in whatever order they are read.

Guarantee: `Assembler` returns exactly what was given to `split`. Anything else is counted in `unreadable` by reason and
dropped, and the state is rebuilt from the log. A checksum does not protect against an attacker who may write to the
topic: so every size is bounded (`Seal`), and with a key the digest can only be made by holders of the key.
Cost: zstd level 1, about 0.1 s for 30 MB of sketches; bounded memory for the chunks of incomplete records.
"""

import json
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from hmac import compare_digest

import zstandard
from crc32c import crc32c

from stream.bounded import TooLargeError, parsed_json, unpacked_whole

SLOTS = ("A", "B")
MAGIC = b"NWS1"
HEADER = struct.Struct("<4sIIq16s")  # magic, index of the chunk, how many, next offset, digest of all of them together
CHECKSUM = struct.Struct("<I")
LENGTH = struct.Struct("<I")
PAYLOAD_BYTES = 240_000  # a message then fits in a batch of the sink, and by far in the 1 MB that a broker takes
MOST_BYTES = 256 << 20
MOST_HEAD_BYTES = 4 << 20
MOST_OFFSET = 1 << 62
OVERHEAD_BYTES = 200  # of a chunk held in memory, so that a million tiny ones are bounded too


@dataclass(frozen=True, slots=True)
class Seal:
    """What is accepted of records: their greatest size, the key of their digests and the seed of their hashes.

    The key has at most 64 bytes. A record whose hashes follow from another seed than `seed_mark` is refused; None
    accepts any.
    """

    most_bytes: int = MOST_BYTES
    key: bytes = field(default=b"", repr=False)
    seed_mark: int | None = None

    def digest(self, body: bytes) -> bytes:
        """Return the digest of a packed record."""
        return blake2b(body, digest_size=16, key=self.key).digest()


OPEN = Seal()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies: its slot, and how many chunks each slot may hold, leftovers of older writes included."""

    slot: str
    chunks: dict[str, int]


@dataclass(frozen=True, slots=True)
class StateRecord:
    """A fold over the log before `next_offset` (the law of state), as named parts with metadata."""

    name: str
    next_offset: int
    parts: Mapping[str, bytes | memoryview]
    meta: dict[str, str | int | float]
    place: Place | None = field(default=None, compare=False)
    """None until it was read."""


def split(record: StateRecord, slot: str, seal: Seal = OPEN) -> Iterator[tuple[bytes, bytes]]:
    """Yield the messages (key, value) of a record in the order in which they must be written."""
    body = _compressed(record, seal.seed_mark or 0)
    digest = seal.digest(body)
    payloads = [memoryview(body)[first : first + PAYLOAD_BYTES] for first in range(0, len(body), PAYLOAD_BYTES)]
    for index, payload in enumerate(payloads):
        key = chunk_key(record.name, slot, index)
        header = HEADER.pack(MAGIC, index, len(payloads), record.next_offset, digest)
        checksum = CHECKSUM.pack(crc32c(payload, crc32c(header, crc32c(key))))
        yield key, b"".join((checksum, header, payload))


def chunk_key(name: str, slot: str, index: int) -> bytes:
    return f"{name}/{slot}/{index}".encode()


class UnreadableError(Exception):
    """The message, or the record it completes, is not valid state. Never leaves this module."""


@dataclass(slots=True)
class _Partial:
    """The chunks of one write seen so far."""

    count: int
    next_offset: int
    chunks: dict[int, bytes] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        return sum(len(chunk) + OVERHEAD_BYTES for chunk in self.chunks.values())


class Assembler:
    """Collects messages into records. Pass it every message of a topic from the oldest on; invalid ones are counted.

    `wanted` selects names. Chunks of incomplete records take at most as many bytes as one record may have; beyond that
    the oldest are dropped.
    """

    def __init__(self, wanted: Callable[[str], bool] = lambda name: True, seal: Seal = OPEN) -> None:
        self.unreadable: Counter[str] = Counter()
        self._wanted, self._seal, self._max_bytes = wanted, seal, seal.most_bytes
        self._partials: dict[tuple[str, str, bytes], _Partial] = {}
        self._bytes = 0
        self._last: dict[str, tuple[int, str, int]] = {}  # next offset, slot and chunks of the record last returned
        self._chunks: dict[str, dict[str, int]] = {}

    def add(self, key: bytes | None, value: bytes | None) -> StateRecord | None:
        """Return the record that this message completes, unless a record with a greater `next_offset` was returned
        before.

        A message without a value is a deletion: see `place`.
        """
        try:
            name, slot, index = _read_key(key)
            if not self._wanted(name):
                return None
            if value is None:
                self._delete(name, slot, index)
                return None
            return self._add(name, slot, index, key or b"", value)
        except UnreadableError as reason:
            self.unreadable[str(reason)] += 1
            return None

    def place(self, name: str) -> Place | None:
        """Return where the last returned record lies; None if there is none, or it was deleted since."""
        last = self._last.get(name)
        return Place(last[1], dict(self._chunks.get(name, {}))) if last else None

    @property
    def incomplete(self) -> int:
        """The number of writes that lack chunks and have not been superseded."""
        return len(self._partials)

    def _add(self, name: str, slot: str, index: int, key: bytes, value: bytes) -> StateRecord | None:
        count, next_offset, digest, payload = _read_chunk(key, index, value)
        extents = self._chunks.setdefault(name, {})
        extents[slot] = max(extents.get(slot, 0), index + 1)
        last = self._last.get(name)
        if last and next_offset < last[0]:
            return None
        at = (name, slot, digest)
        partial = self._partials.setdefault(at, _Partial(count, next_offset))
        if (partial.count, partial.next_offset) != (count, next_offset):
            raise UnreadableError("contradicts itself")
        if index not in partial.chunks:
            partial.chunks[index] = payload
            self._bytes += len(payload) + OVERHEAD_BYTES
        if len(partial.chunks) < count:
            self._bound()
            return None
        self._drop(at)
        record = _assembled(name, digest, partial, self._seal)
        self._last[name] = (next_offset, slot, count)
        for other in [at for at, held in self._partials.items() if at[0] == name and held.next_offset < next_offset]:
            self._drop(other)
        return StateRecord(name, record.next_offset, record.parts, record.meta, self.place(name))

    def _delete(self, name: str, slot: str, index: int) -> None:
        """Apply a deletion. Deletions run from the last chunk to the first, so lower chunks may still exist."""
        extents = self._chunks.get(name, {})
        if index < extents.get(slot, 0):
            extents[slot] = index
        for at in [at for at, held in self._partials.items() if at[:2] == (name, slot) and index < held.count]:
            self._drop(at)
        last = self._last.get(name)
        if last and last[1] == slot and index < last[2]:
            del self._last[name]
        if not any(extents.values()):
            self._chunks.pop(name, None)

    def _bound(self) -> None:
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._partials)))
            self.unreadable["too large to hold"] += 1

    def _drop(self, at: tuple[str, str, bytes]) -> None:
        self._bytes -= self._partials.pop(at).size_bytes


def _read_key(key: bytes | None) -> tuple[str, str, int]:
    try:
        name, slot, index = (key or b"").decode().rsplit("/", 2)
        if slot in SLOTS and chunk_key(name, slot, int(index)) == key and int(index) >= 0:
            return name, slot, int(index)
    except ValueError:
        pass
    raise UnreadableError("strange key")


def _read_chunk(key: bytes, index: int, value: bytes) -> tuple[int, int, bytes, bytes]:
    """Return (number of chunks, next offset, digest, payload)."""
    if len(value) < CHECKSUM.size + HEADER.size:
        raise UnreadableError("too short")
    content = value[CHECKSUM.size :]
    if content[: len(MAGIC)] != MAGIC:
        raise UnreadableError("other version")
    if CHECKSUM.unpack_from(value)[0] != crc32c(content, crc32c(key)):
        raise UnreadableError("bad checksum")
    _, index_within, count, next_offset, digest = HEADER.unpack_from(content)
    if index_within != index or index >= count or not 0 <= next_offset <= MOST_OFFSET:
        raise UnreadableError("contradicts itself")
    return count, next_offset, digest, content[HEADER.size :]


def _assembled(name: str, digest: bytes, partial: _Partial, seal: Seal) -> StateRecord:
    body = b"".join(partial.chunks[index] for index in range(partial.count))
    partial.chunks.clear()  # a record may be large: never a copy more than it takes
    if not compare_digest(seal.digest(body), digest):
        raise UnreadableError("bad checksum")
    try:
        record = _unpacked(unpacked_whole(body, seal.most_bytes), seal)
    except TooLargeError as error:
        raise UnreadableError("too large to hold") from error
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableError("not a record") from error
    if (record.name, record.next_offset) != (name, partial.next_offset):
        raise UnreadableError("contradicts itself")
    return record


def _compressed(record: StateRecord, seed_mark: int) -> bytes:
    """Compress the length of the head, the head as JSON, and the parts, piece by piece, without a copy of the whole."""
    head = {
        "name": record.name,
        "next_offset": record.next_offset,
        "meta": record.meta,
        "parts": {part: len(content) for part, content in record.parts.items()},
    } | ({"seed": seed_mark} if seed_mark else {})
    encoded = json.dumps(head).encode()
    pieces = (LENGTH.pack(len(encoded)), encoded, *record.parts.values())
    compressor = zstandard.ZstdCompressor(level=1).compressobj(size=sum(map(len, pieces)))
    return b"".join((*map(compressor.compress, pieces), compressor.flush()))


def _unpacked(packed: bytes, seal: Seal) -> StateRecord:
    at = LENGTH.size + LENGTH.unpack_from(packed)[0]
    head = parsed_json(packed[LENGTH.size : min(at, LENGTH.size + MOST_HEAD_BYTES + 1)], MOST_HEAD_BYTES)
    if seal.seed_mark not in (None, head.get("seed", 0)):
        raise UnreadableError("of another seed")
    parts, view = {}, memoryview(packed)
    for part, length in head["parts"].items():
        if type(length) is not int or not 0 <= length <= len(packed) - at:
            raise UnreadableError("contradicts itself")
        parts[part] = view[at : at + length]
        at += length
    if at != len(packed) or type(head["next_offset"]) is not int or not isinstance(head["meta"], dict):
        raise UnreadableError("contradicts itself")
    return StateRecord(head["name"], head["next_offset"], parts, head["meta"])
