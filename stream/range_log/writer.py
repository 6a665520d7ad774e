"""Takes input partitions over on a range log and appends results to it; a shard is a partition of the log's topic.

A takeover writes a marker for each partition to every shard and reads the log up to its own marker. What counts before
the marker is how far the predecessor got, for each shard separately; all readers ignore what an older epoch writes
after it. Reading begins at the predecessor's last range, which its last commit names; without a commit, or if nothing
is found from there on, it begins at the beginning of the log. A wrong start costs time but never a count: see
docs/state.md.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from stream.errors import BrokerError
from stream.log.protocol import Record, Sink, Source
from stream.range_log.chain import Ledger, Verdict
from stream.range_log.messages import (
    Checkpoint,
    Marker,
    Part,
    Range,
    UnreadableError,
    marker_message,
    part_messages,
    read_message,
)
from stream.state.chunks import OPEN, Seal

PATIENCE_S = 10.0
POLL_S = 0.2
FORMAT = "t1"  # of the metadata of a commit


@dataclass(frozen=True, slots=True)
class Hint:
    """What a predecessor committed: its next offset, and {shard: offset of its last range}."""

    following: int
    places: dict[int, int]

    def __str__(self) -> str:
        """Encode the places as the metadata of a commit."""
        return " ".join([FORMAT, *(f"{shard}:{offset}" for shard, offset in sorted(self.places.items()))])

    @classmethod
    def read(cls, committed: tuple[int, str] | None) -> "Hint | None":
        """Decode a committed (offset, metadata); None if the metadata has another format."""
        parts = committed[1].split() if committed else []
        if committed is None or not parts or parts[0] != FORMAT:
            return None
        try:
            places = [part.split(":") for part in parts[1:]]
            return cls(committed[0], {int(shard): int(offset) for shard, offset in places})
        except ValueError:
            return None


class RangeWriter:
    """Appends for the partitions it has claimed. `owned` asks whether the group still assigns them to this process."""

    def __init__(
        self, topic: str, sink: Sink, open_reader: Callable[[], Source], owned: Callable[[], bool], seal: Seal = OPEN
    ) -> None:
        self._topic, self._sink, self._open_reader, self._owned = topic, sink, open_reader, owned
        self._seal = seal
        self.shards = 0
        self._epochs: dict[int, int] = {}
        self._first: dict[int, int] = {}  # by shard: where the first message since the last `flush` lies
        self._reached: dict[int, int] = {}

    def claim(self, epoch: int, hints: Mapping[int, Hint | None]) -> dict[int, list[int]]:
        """Take partitions over; return {partition: [next offset to read, for each shard]}.

        Raises BrokerError if the log cannot be written or read, or if another process has claimed a partition
        meanwhile.
        """
        self._epochs = dict.fromkeys(hints, epoch)
        self._first, self._reached = {}, {}
        if not hints:
            return {}
        with closing(self._open_reader()) as reader:
            ends = _assigned(reader)
            self.shards = len(ends)
            ledgers = {shard: Ledger() for shard in ends}
            for shard, end in ends.items():
                reader.seek(shard, _begin(shard, hints, end))
            self._mark(reader, ledgers, set(hints))
            if any(ledgers[shard].chains[number].known is False for shard in ends for number, hint in hints.items()
                   if hint is not None):  # fmt: skip
                ledgers = {shard: Ledger() for shard in ends}
                for shard in ends:
                    reader.seek(shard, None)
                self._mark(reader, ledgers, set(hints))
        return {number: [_following(ledgers[shard], number, hint) for shard in sorted(ends)]
                for number, hint in hints.items()}  # fmt: skip

    def restart(self, partition: int, offset: int) -> None:
        """A claimed input partition was made anew: count it from `offset` on, in a new epoch."""
        self._epochs[partition] += 1
        for shard in range(self.shards):
            marker = Marker(partition, self._epochs[partition], secrets.randbits(62), offset)
            self._send(shard, *marker_message(marker, self._seal))

    def append(self, partition: int, begin: int, end: int, newest_s: float, body: bytes, shard: int = 0) -> None:
        """Send the result for [begin, end) of a claimed partition; it is written when `flush` has returned."""
        of = Range(partition, self._epochs[partition], begin, end, self.shards, newest_s)
        for key, value in part_messages(of, body, self._seal):
            self._send(shard, key, value)

    def flush(self) -> dict[int, int]:
        """Wait until everything is acknowledged; return {shard: offset of the first message since the last flush}.

        Raises BrokerError if a message was not written, or if a shard's log is shorter than before; the caller then
        claims its partitions again.
        """
        self._note(self._sink.flush())
        first, self._first = self._first, {}
        return first

    def flushed(self, first: Mapping[tuple[str, int], int]) -> None:
        """Take note of the result of a flush of the sink that another object made."""
        self._note(first)

    def _note(self, first: Mapping[tuple[str, int], int]) -> None:
        for (topic, shard), offset in first.items():
            if topic == self._topic:
                before, self._reached[shard] = self._reached.get(shard, 0), offset
                self._first[shard] = min(offset, self._first.get(shard, offset))
                if offset < before:
                    raise BrokerError(f"{self._topic} is shorter than before: claiming the partitions again")

    def _send(self, shard: int, key: bytes, value: bytes) -> None:
        self._sink.send(self._topic, key, value, partition=shard)

    def _mark(self, reader: Source, ledgers: Mapping[int, Ledger], partitions: set[int]) -> None:
        """Write markers and read up to them.

        A marker overtaken by one with an epoch as new as ours is written again.
        """
        waiting = {number: {shard: self._marker(number, shard) for shard in ledgers} for number in partitions}
        self._sink.flush()
        progress_s = time.monotonic()
        while waiting:
            polled = reader.poll(POLL_S)
            if polled.assigned is not None:
                raise BrokerError(f"{self._topic} changed while it was read")
            for record in polled:
                self._read(record, ledgers[record.partition], waiting)
            if polled.batches or polled.lost:
                progress_s = time.monotonic()
            elif time.monotonic() - progress_s > PATIENCE_S:
                raise BrokerError(f"reading {self._topic} made no progress for {PATIENCE_S:g} s")

    def _read(self, record: Record, ledger: Ledger, waiting: dict[int, dict[int, int]]) -> None:
        try:
            message = read_message(record.key, record.value, self._seal)
        except UnreadableError:
            return  # the role that folds the log counts it
        if isinstance(message, Checkpoint):
            ledger.learn(message)
        elif isinstance(message, Part):
            of = message.of
            if message.index == message.count - 1 and ledger.judge(of.partition, of.epoch, of.begin, of.end) in (
                Verdict.COUNTS, Verdict.GAP,
            ):  # fmt: skip
                ledger.advance(of.partition, of.end)
        else:
            self._met(message, record.partition, ledger, waiting)

    def _met(self, marker: Marker, shard: int, ledger: Ledger, waiting: dict[int, dict[int, int]]) -> None:
        newest = ledger.mark(marker)
        nonces = waiting.get(marker.partition, {})
        if nonces.get(shard) != marker.nonce:
            return
        del nonces[shard]
        if newest:
            if not nonces:
                del waiting[marker.partition]
            return
        if not self._owned():
            raise BrokerError(f"partition {marker.partition} was claimed by another process")
        self._epochs[marker.partition] = ledger.chains[marker.partition].epoch + 1
        waiting[marker.partition] |= {shard: self._marker(marker.partition, shard)}
        self._sink.flush()

    def _marker(self, partition: int, shard: int) -> int:
        """Send a marker and return its nonce, by which it is recognised when it is read back."""
        nonce = secrets.randbits(62)
        self._send(shard, *marker_message(Marker(partition, self._epochs[partition], nonce), self._seal))
        return nonce


def _assigned(reader: Source) -> dict[int, int]:
    """Return {shard: offset after its last record}. Raises BrokerError if the topic is not found."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if reader.poll(POLL_S).assigned:
            return reader.ends()
    raise BrokerError("the topic of a range log was not found")


def _begin(shard: int, hints: Mapping[int, Hint | None], end: int) -> int | None:
    """Return the first offset that any of the predecessors names; None for the beginning of the log."""
    places = [-1 if hint is None else hint.places.get(shard, -1) for hint in hints.values()]
    return min(places) if min(places) >= 0 and max(places) < end else None


def _following(ledger: Ledger, partition: int, hint: Hint | None) -> int:
    chain = ledger.chains[partition]
    return chain.following if chain.known or hint is None else hint.following
