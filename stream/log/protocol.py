"""What a worker sees of a log: a source of records in partitions, a sink to write to, and nothing of Kafka.

`kafka_log` and `memory_log` implement both protocols; the same contract tests run on both.

*The fence.* Whoever reads in a group may lose and gain partitions at any poll. When that happens `poll` returns no
records but `assigned`, the partitions owned from now on, and then no record of any of them until `seek` has said where
to go on. So a worker restores its state and seeks, or it reads nothing: it can neither count twice nor skip.
Objects here belong to one thread.
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
    """`at_s` is the record's timestamp, in seconds since 1970. A tuple, for there are very many: made in a third."""

    partition: int
    offset: int
    at_s: float
    key: bytes | None
    value: bytes | None


class Unread(NamedTuple):
    """Why a batch was not unpacked, and how many records it says to hold."""

    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one partition in order of offset, as columns of shape (n,): none has to be made to look at them.

    Keys and values are bytes of `data`; one that is not there begins behind its end.
    A batch that could not be unpacked is one record at its last offset, without a key, its value the packed bytes.
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
        """Columns of records, all of that partition."""
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
        """The same record, in place of a batch."""
        return replace(self, unread=unread)

    def __len__(self) -> int:
        return len(self.offsets)

    def __iter__(self) -> Iterator[Record]:
        keys = Values(self.data, self.key_begin, self.key_end)
        for offset, at_s, key, value in zip(self.offsets.tolist(), self.at_s.tolist(), keys, self.values, strict=True):
            yield Record(self.partition, offset, at_s, key, value)

    def record(self, number: int) -> Record:
        """One of them."""
        return next(iter(self.between(number, number + 1)))

    def headers(self, number: int) -> Headers:
        """Those of one of them; none where they were not kept."""
        if not self.is_headed:
            return ()
        begin, end = int(self.begin[number]), int(self.end[number])
        return headers_at(memoryview(self.data), max(begin, end))

    def between(self, first: int, last: int) -> "Records":
        """Those from `first` up to but not with `last`."""
        few = slice(first, last)
        return Records(self.partition, self.data, self.offsets[few], self.at_s[few], self.key_begin[few],
                       self.key_end[few], self.begin[few], self.end[few], self.unread,
                       self.is_headed)  # fmt: skip

    @classmethod
    def joined(cls, several: Sequence["Records"]) -> "Records":
        """One after the other, at least one, all of one partition and none of them unread."""
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
        """What is in them, for `decode`."""
        return Values(self.data, self.begin, self.end)


@dataclass(frozen=True, slots=True)
class Polled:
    """`assigned` is None unless the fence changed; an empty set means to stand by.

    `lost` is {partition: (asked, got)}: the log no longer (or not yet) holds the offset asked for, and reading goes on
    at the nearest that exists. asked < got: retention was faster than we; asked > got: the topic was cut or made anew.
    """

    batches: list[Records]
    assigned: frozenset[int] | None = None
    lost: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Record]:
        """One by one, each made when it is its turn."""
        return chain.from_iterable(self.batches)

    @property
    def records(self) -> list[Record]:
        """All of them, made at once."""
        return list(self)


class Source(Protocol):
    """Reads one topic. Whatever needs the broker raises BrokerError within some ten seconds if there is none."""

    def poll(self, timeout_s: float) -> Polled:
        """Records in order of offset within a partition; waits up to `timeout_s` for the first."""

    def seek(self, partition: int, offset: int | None) -> None:
        """Go on at this offset, None = the oldest there is. Ignored for a partition not assigned (any more)."""

    def hold(self, partitions: Collection[int]) -> None:
        """Of these `poll` brings no records until the next call, and keeps the membership: there is enough to do."""

    def position(self, partition: int) -> int | None:
        """Offset of the next record to be polled, gaps of compaction passed over; None while not known."""

    def committed(self, partition: int) -> tuple[int, str] | None:
        """The group's offset and its metadata; None without either a group or a commit."""

    def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        """{partition: (next offset, metadata)}. Best effort, for operators and autoscalers to see: never raises."""

    def owned(self) -> bool:
        """Ask the broker whether the assignment still stands; False where it cannot be asked.

        A process that was stopped for longer than the session timeout does not know by itself that others took over.
        True gives it the session timeout from the asking on.
        """

    @property
    def term(self) -> int:
        """Greater with every change of the group, for all its members; 0 without a group. Orders those who write."""

    def ends(self) -> dict[int, int]:
        """The offset after the last record of each assigned partition; asks the broker."""

    def lag(self) -> dict[int, int]:
        """Records still to come by partition, as of the last fetch; asks nobody, leaves out what it cannot know."""

    def contact_age_s(self) -> float:
        """Seconds since a broker last answered for what is read here, whether or not it had anything to give.

        While that is not some tenths of a second, lag is not known. May be called from any thread.
        """

    def close(self) -> None: ...


class Sink(Protocol):
    """Writes to any topic. Bounded in memory: past so much in flight, `send` waits for acknowledgements."""

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        """Without a partition the key chooses it. Raises BrokerError as `flush` does."""

    def flush(self) -> dict[tuple[str, int], int]:
        """Return when everything sent is acknowledged: the first offset since the last flush by (topic, partition).

        Raises BrokerError if anything failed. Then anything since the last good flush may or may not be there, and
        whoever sent it sends it again.
        """

    def close(self) -> None:
        """Give up what was not flushed."""
