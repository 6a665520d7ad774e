"""A log in memory with the same protocols as Kafka, for tests and for running without a broker.

It implements topics, offsets, consumer groups with their assignments, and lost offsets, as `protocol` describes them.
It does not implement compaction or retention (`trim` deletes by hand), and it maps keys to partitions differently from
Kafka. Appending and reading cost O(1) a record; records are kept until trimmed.
"""

import itertools
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from threading import Condition

from stream.errors import BrokerError
from stream.log.protocol import Headers, Polled, Record, Records


class _Partition:
    def __init__(self) -> None:
        self.first = 0
        self.records: list[Record] = []

    @property
    def end(self) -> int:
        return self.first + len(self.records)


class _Group:
    def __init__(self) -> None:
        self.members: list[MemorySource] = []
        self.generation = 0
        self.committed: dict[int, tuple[int, str]] = {}


class MemoryLog:
    """The broker's part: topics and groups. Sources and sinks of one log may be used by different threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.changed = Condition()
        self.headers: dict[tuple[str, int, int], Headers] = {}
        """By topic, partition, offset; a Record does not carry them."""
        self._topics: dict[str, list[_Partition]] = {}
        self._groups: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
        self._turn = itertools.count()

    def create(self, topic: str, partitions: int = 1) -> None:
        """Make a topic with that many partitions; an existing one is replaced by an empty one."""
        with self.changed:
            self._topics[topic] = [_Partition() for _ in range(partitions)]
            self.changed.notify_all()

    def extend(self, topic: str, partitions: int) -> None:
        """Increase the number of partitions of a topic to `partitions`."""
        with self.changed:
            held = self.partitions(topic)
            held += [_Partition() for _ in range(partitions - len(held))]
            self.changed.notify_all()

    def append(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> tuple[int, int]:
        """Append a record and return its (partition, offset)."""
        with self.changed:
            partitions = self.partitions(topic)
            if partition is None:
                partition = (next(self._turn) if key is None else zlib.crc32(key)) % len(partitions)
            offset = partitions[partition].end
            partitions[partition].records.append(Record(partition, offset, self.clock(), key, value))
            if headers:
                self.headers[topic, partition, offset] = headers
            self.changed.notify_all()
            return partition, offset

    def trim(self, topic: str, partition: int, before: int) -> None:
        """Delete the records of a partition with an offset lower than `before`, as retention would."""
        with self.changed:
            log = self.partitions(topic)[partition]
            del log.records[: max(0, before - log.first)]
            log.first = max(log.first, before)

    def replace(self, topic: str, offset: int, value: bytes | None) -> None:
        """Replace the value of a record of partition 0, to simulate damage."""
        with self.changed:
            log = self.partitions(topic)[0]
            log.records[offset - log.first] = log.records[offset - log.first]._replace(value=value)

    def partitions(self, topic: str) -> list[_Partition]:
        """Return the partitions of a topic. Raises BrokerError if it was not created."""
        if topic not in self._topics:
            raise BrokerError(f"topic {topic} does not exist")
        return self._topics[topic]

    def group(self, topic: str, name: str) -> _Group:
        return self._groups[topic, name]


class MemorySource:
    """A consumer of one topic. Without a group it owns every partition, and reports so at its first poll."""

    def __init__(self, log: MemoryLog, topic: str, group: str | None = None, max_records: int = 5000) -> None:
        self._log, self._topic, self._max_records = log, topic, max_records
        self._group = log.group(topic, group) if group is not None else None
        self._fence: tuple[int, frozenset[int]] | None = None
        self._joined = self._closed = False
        self._held: frozenset[int] = frozenset()
        self._owned: frozenset[int] = frozenset()
        self._next: dict[int, int] = {}

    def poll(self, timeout_s: float) -> Polled:
        with self._log.changed:
            if (fence := self._assignment()) != self._fence:
                self._fence, self._owned, self._next = fence, fence[1], {}
                return Polled([], self._owned)
            self._log.changed.wait_for(self._is_due, timeout_s)
            if self._assignment() != self._fence:
                return self.poll(0)
            if lost := self._lost():
                self._next |= {partition: got for partition, (_, got) in lost.items()}
                return Polled([], lost=lost)
            return Polled(self._take())

    def seek(self, partition: int, offset: int | None) -> None:
        if partition in self._owned:
            self._next[partition] = self._partitions()[partition].first if offset is None else offset

    def hold(self, partitions: Collection[int]) -> None:
        self._held = frozenset(partitions)

    def position(self, partition: int) -> int | None:
        return self._next.get(partition)

    def committed(self, partition: int) -> tuple[int, str] | None:
        return self._group.committed.get(partition) if self._group else None

    def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        with self._log.changed:
            if self._group and self.owned():
                self._group.committed |= {p: at for p, at in offsets.items() if p in self._owned}

    def owned(self) -> bool:
        with self._log.changed:
            member = self._group is None or self in self._group.members
            return member and not self._closed and self._assignment() == self._fence

    def expire(self) -> None:
        """End its session, as a broker does with a silent member: others take its partitions.

        Its next poll joins again.
        """
        with self._log.changed:
            if self._group and self in self._group.members:
                self._group.members.remove(self)
                self._group.generation += 1
            self._joined = False
            self._log.changed.notify_all()

    @property
    def term(self) -> int:
        return self._group.generation if self._group else 0

    def ends(self) -> dict[int, int]:
        return {partition: self._partitions()[partition].end for partition in sorted(self._owned)}

    def lag(self) -> dict[int, int]:
        return {partition: max(0, self.ends()[partition] - at) for partition, at in self._next.items()}

    def contact_age_s(self) -> float:
        return 0.0

    def close(self) -> None:
        with self._log.changed:
            self.expire()
            self._closed, self._owned = True, frozenset()
            self._log.changed.notify_all()

    def _partitions(self) -> list[_Partition]:
        return self._log.partitions(self._topic)

    def _assignment(self) -> tuple[int, frozenset[int]]:
        """Return (generation, partitions).

        Partitions are dealt out round robin, in the order in which members joined.
        """
        if self._closed:
            raise BrokerError("the source is closed")
        every = range(len(self._partitions()))
        if self._group is None:
            return 0, frozenset(every)
        if not self._joined:
            self._joined = True
            self._group.members.append(self)
            self._group.generation += 1
            self._log.changed.notify_all()
        members = self._group.members
        return self._group.generation, frozenset(every[members.index(self) :: len(members)])

    def _is_due(self) -> bool:
        return (
            self._closed
            or self._assignment() != self._fence
            or any(self._partitions()[at].end != self._next[at] for at in self._next.keys() - self._held)
        )

    def _lost(self) -> dict[int, tuple[int, int]]:
        asked = {partition: (at, self._partitions()[partition]) for partition, at in self._next.items()}
        return {
            partition: (at, min(max(at, log.first), log.end))
            for partition, (at, log) in asked.items()
            if not log.first <= at <= log.end
        }

    def _take(self) -> list[Records]:
        taken: list[Records] = []
        for partition in sorted(self._next.keys() - self._held):
            at = self._next[partition]
            log = self._partitions()[partition]
            records = log.records[at - log.first :][: self._max_records - sum(map(len, taken))]
            self._next[partition] = at + len(records)
            if records:
                taken.append(Records.of(records, partition))
        return taken


class MemorySink:
    """A producer whose records are written, and so acknowledged, at once."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._first: dict[tuple[str, int], int] = {}

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        partition, offset = self._log.append(topic, key, value, headers, partition)
        self._first.setdefault((topic, partition), offset)

    def flush(self) -> dict[tuple[str, int], int]:
        first, self._first = self._first, {}
        return first

    def close(self) -> None:
        self._first = {}
