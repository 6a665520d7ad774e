"""The log as workers see it: a source of records in partitions and a sink, without anything specific to Kafka.

`kafka` and `memory` implement both protocols; the same contract tests run on both.

*Assignments (the fence).* A member of a group may lose and gain partitions at any poll. When that happens `poll`
returns no records but `assigned`, the partitions it owns from now on, and it returns records of a partition only after
`seek` has set where to read on. So a worker must restore its state and seek before it reads: it can neither count a
record twice nor skip one. An object belongs to one thread.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np

from sketches.count_min import F64, I64
from stream.log.record_headers import Headers as Headers
from stream.log.record_headers import headers_at
from stream.text.message_batch import Values


class Record(NamedTuple):
    """One record. `at_s` is its timestamp in seconds since 1970.

    A tuple, because it is made three times as fast as a class.
    """

    partition: int
    offset: int
    at_s: float
    key: bytes | None
    value: bytes | None


class Unread(NamedTuple):
    """Says why a batch was not unpacked, and how many records it claims to hold."""

    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one partition in order of offset, as columns of shape (n,), so that no object is made for each.

    Keys and values are byte ranges of `data`; a missing one has a begin that is greater than its end. A batch that
    could not be unpacked is one record at its last offset, without a key, whose value is the packed bytes.
    """

    partition: int
    data: bytes | memoryview
    offsets: I64
    at_s: F64
    key_begin: I64
    key_end: I64
    begin: I64
    end: I64
    unread: Unread | None = None
    is_headed: bool = False
    """Whether behind each value its headers stand as Kafka writes them."""

    @classmethod
    def of(cls, records: Sequence[Record], partition: int) -> "Records":
        """Make columns from records that all belong to that partition."""
        parts = [part for record in records for part in (record.key, record.value)]
        ends = np.cumsum([len(part or b"") for part in parts], dtype=np.int64)
        begins = ends - np.array([len(part or b"") - (part is None) for part in parts], np.int64)
        return cls(
            partition,
            b"".join([part or b"" for part in parts]),
            np.array([record.offset for record in records], np.int64),
            np.array([record.at_s for record in records], np.float64),
            begins[::2],
            ends[::2],
            begins[1::2],
            ends[1::2],
        )

    def standing_for(self, unread: Unread) -> "Records":
        """Return the same single record, marked as standing for a batch that was not unpacked."""
        return replace(self, unread=unread)

    def __len__(self) -> int:
        return len(self.offsets)

    def __iter__(self) -> Iterator[Record]:
        keys = Values(self.data, self.key_begin, self.key_end)
        for offset, at_s, key, value in zip(self.offsets.tolist(), self.at_s.tolist(), keys, self.values, strict=True):
            yield Record(self.partition, offset, at_s, key, value)

    def record(self, number: int) -> Record:
        """Return record number `index` as a `Record`."""
        return next(iter(self.between(number, number + 1)))

    def headers(self, number: int) -> Headers:
        """Return the headers of record number `index`; empty if they were not kept."""
        if not self.is_headed:
            return ()
        begin, end = int(self.begin[number]), int(self.end[number])
        return headers_at(memoryview(self.data), max(begin, end))

    def between(self, first: int, last: int) -> "Records":
        """Return the records with index `first` up to, but not including, `last`."""
        few = slice(first, last)
        return Records(self.partition, self.data, self.offsets[few], self.at_s[few], self.key_begin[few],
                       self.key_end[few], self.begin[few], self.end[few], self.unread,
                       self.is_headed)  # fmt: skip

    @classmethod
    def joined(cls, several: Sequence["Records"]) -> "Records":
        """Concatenate one or more `Records` of one partition, none of which stands for an unread batch."""
        if len(several) == 1:
            return several[0]
        begins = np.cumsum([0, *(len(one.data) for one in several)]).tolist()
        key_begin, key_end, begin, end = (
            np.concatenate([getattr(one, name) + at for one, at in zip(several, begins, strict=False)])
            for name in ("key_begin", "key_end", "begin", "end")
        )
        offsets, at_s = (np.concatenate([getattr(one, name) for one in several]) for name in ("offsets", "at_s"))
        joined = cls(several[0].partition, b"".join([one.data for one in several]), offsets, at_s,
                     key_begin, key_end, begin, end)  # fmt: skip
        return replace(joined, is_headed=all(one.is_headed for one in several))

    @property
    def values(self) -> Values:
        """Return the columns of values, as `decode` takes them."""
        return Values(self.data, self.begin, self.end)


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll returned.

    `assigned` is None unless the assignment changed; the empty set means to stand by. `lost` is {partition: (asked,
    got)}: the log no longer (or not yet) holds the offset asked for, and reading goes on at the nearest offset that
    exists. asked < got: retention deleted records before they were read. asked > got: the topic was cut or made anew.
    """

    batches: list[Records]
    assigned: frozenset[int] | None = None
    lost: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Record]:
        """Yield the records one by one, each made when it is its turn."""
        return chain.from_iterable(self.batches)

    @property
    def records(self) -> list[Record]:
        """Return all records as a list."""
        return list(self)


class Source(Protocol):
    """Reads one topic. A method that needs the broker raises BrokerError if none answers within some ten seconds."""

    def poll(self, timeout_s: float) -> Polled:
        """Return the next records, in order of offset within a partition; wait up to `timeout_s` for the first."""

    def seek(self, partition: int, offset: int | None) -> None:
        """Read on at this offset; None is the oldest that exists. Ignored if the partition is not assigned."""

    def hold(self, partitions: Collection[int]) -> None:
        """Pause exactly these partitions: `poll` returns none of their records; membership of the group is kept."""

    def position(self, partition: int) -> int | None:
        """Return the offset of the next record, after any gap left by compaction; None while it is not known."""

    def committed(self, partition: int) -> tuple[int, str] | None:
        """Return the group's committed offset and its metadata; None without a group or a commit."""

    def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        """Commit {partition: (next offset, metadata)}. Best effort, for operators and autoscalers: it never raises."""

    def owned(self) -> bool:
        """Ask the broker whether the assignment still holds; False if it cannot be asked.

        A process that was suspended for longer than the session timeout does not notice by itself that others have
        taken over. After True, the assignment is safe for one session timeout from the moment of asking.
        """

    @property
    def term(self) -> int:
        """A number that rises with every change of the group, for all its members; 0 without a group.

        It orders writers.
        """

    def ends(self) -> dict[int, int]:
        """Return {partition: offset after its last record} of the assigned partitions. Asks the broker."""

    def lag(self) -> dict[int, int]:
        """Return {partition: records still to be read} as of the last fetch.

        Asks nobody, and leaves out what is not known.
        """

    def contact_age_s(self) -> float:
        """Return the seconds since a broker last answered a fetch of this source, with records or without.

        If that is more than some tenths of a second, `lag` is out of date. May be called from any thread.
        """

    def close(self) -> None: ...


class Sink(Protocol):
    """Writes to any topic. Memory is bounded: with too many bytes in flight, `send` waits for acknowledgements."""

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        """Send a record; without a partition the key chooses it. Raises BrokerError as `flush` does."""

    def flush(self) -> dict[tuple[str, int], int]:
        """Wait until everything sent is acknowledged; return {(topic, partition): first offset since the last flush}.

        Raises BrokerError if anything failed. Then what was sent since the last successful flush may or may not have
        been written, and the caller sends it again.
        """

    def close(self) -> None:
        """Close without flushing: what was not flushed may be lost."""
