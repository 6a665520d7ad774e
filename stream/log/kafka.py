"""Kafka as `Source` and `Sink` (see `log` for the contract), with kafka-python.

The fence is (member, generation, assignment) of a stable group, compared after each poll. No rebalance listener, for
those run on the client's network thread, where nearly everything blocks; no transactions, for the law of state needs
none; no cooperative rebalancing, for what it saves are positions kept through a rebalance, and those are the ones that
nobody may trust: a process that was stopped keeps them too, while others have gone on. An exception out of the client's
poll leaves it in a state nobody knows, so the client is closed and made anew; so it is if it has gone silent.

Invariant: `poll` returns records of a partition only if the caller has sought it since the fence last changed.
Cost: some 2 us a record of 300 bytes.
"""

import time
from collections import deque
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    LogTruncationError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from kafka.structs import MemberState, OffsetAndMetadata

from stream.errors import BrokerError, StalledError
from stream.log.fast_fetch import record_of, speed_up
from stream.log.kafka_client import CLOSE_TIMEOUT_S, broker_error, connect
from stream.log.protocol import Headers, Polled, Records
from stream.log.settings import KafkaSettings

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 8.0
BATCH_BYTES = 1 << 18  # of what we write: in six copies at times, while the client compresses and sends it
OUTSTANDING_BYTES = 4 * BATCH_BYTES  # while the first is on its way the next ones are made
FETCH_BYTES = 1 << 19  # of one partition at a time: with more a record costs the same, with half of it a fifth more
STATE_FETCH_BYTES = 1 << 18  # the same where the reader waits for its time with what was fetched ahead
MOST_FETCH_BYTES = 4 << 20  # of all partitions together: with half of it twelve cost a twentieth more than one
FIRST_DELIVERY_S, LAST_DELIVERY_S = 4.0, 32.0  # until a write has failed: short for an election, long for a slow line
ASK_TIMEOUTS_MS = (1000, 1000, 3000)
MAX_POLL_S = 300.0  # who does not poll for so long has left the group: see `Loop` for what a step may take
STALL_S, STALL_POLLS = 30.0, 20  # between two looks for a partition that has more and gives nothing
FEW = 200  # records: several batches of less are looked at as one
Fence = tuple[str, int, frozenset[Any]]  # member, generation, assignment


class _Ended:
    """A task of the client that has ended, and does not say so before somebody waits for it."""

    is_done = False

    def __init__(self, task: Any) -> None:
        self.add_callback, self.add_errback = task.add_callback, task.add_errback


class KafkaSource:
    """Without a group it owns every partition; new ones are noticed within seconds and reported by the fence.

    While the topic does not exist nothing is assigned, or in a group the empty set, as to one who stands by.
    """

    def __init__(
        self, settings: KafkaSettings, topic: str, group: str | None, client_id: str, max_records: int = 5000,
        fetch_bytes: int = FETCH_BYTES,
    ) -> None:  # fmt: skip
        self._settings, self._topic, self._group, self._client_id = settings, topic, group, client_id
        self._max_records, self._fetch_bytes = max_records, fetch_bytes
        self._consumer: Any = None
        self._fence: Fence | None = None
        self._assigned: frozenset[int] = frozenset()
        self._next: dict[int, int] = {}  # by sought partition
        self._from_first: set[int] = set()  # sought "the oldest there is", and nothing read since
        self._backoff_s, self._retry_at_s = FIRST_BACKOFF_S, 0.0
        self._held: frozenset[int] = frozenset()
        self._settled_s = self._looked_s = time.monotonic()
        self._polls = 0
        self._behind: dict[int, int] = {}  # as of the last look: where partitions stood that had more to give
        self._is_fast = self._closed = False

    def poll(self, timeout_s: float) -> Polled:
        if not self._is_connected(timeout_s):
            return Polled([])
        try:
            batches, lost = self._fetched(timeout_s)
            fence = self._fence_now()
            if fence is None or fence != self._fence:
                return self._fenced(fence)
            self._watch()
        except StalledError:
            self._drop()
            raise
        except Exception as error:
            self._drop()
            raise broker_error(f"reading {self._topic} failed", error) from error
        return Polled(self._records(batches), lost=lost)

    def seek(self, partition: int, offset: int | None) -> None:
        at = TopicPartition(self._topic, partition)
        if partition not in self._assigned or at not in self._consumer.assignment():
            return  # the next poll reports a new fence
        self._from_first.discard(partition)
        if offset is None:
            self._from_first.add(partition)
        self._next[partition] = offset or 0
        self._behind.pop(partition, None)
        self._consumer.seek(at, offset or 0)
        if partition not in self._held:
            self._consumer.resume(at)

    def hold(self, partitions: Collection[int]) -> None:
        changed = self._held ^ frozenset(partitions)
        self._held = frozenset(partitions)
        if changed and self._consumer is not None:
            sought = self._next.keys() & {at.partition for at in self._consumer.assignment()}
            for at in self._topic_partitions(sought & changed):
                (self._consumer.pause if at.partition in self._held else self._consumer.resume)(at)

    def position(self, partition: int) -> int | None:
        known = self._known_of(partition)
        return None if known is None or known.position is None else int(known.position.offset)

    def committed(self, partition: int) -> tuple[int, str] | None:
        if self._group is None:
            return None
        at = TopicPartition(self._topic, partition)
        found = self._ask("the committed offset", "committed", at, metadata=True)
        return None if found is None or found.offset < 0 else (found.offset, found.metadata or "")

    def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        owned = {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, metadata, -1)
            for partition, (offset, metadata) in offsets.items()
            if partition in self._assigned
        }
        if self._group is not None and self._consumer is not None and owned:
            with suppress(KafkaError):
                self._consumer.commit(owned, timeout_ms=3000)

    def owned(self) -> bool:
        if self._consumer is None or self._fence is None:
            return False
        if self._group is None:
            return True
        # The coordinator takes a commit from a member of the present generation only, and as a sign of life.
        at = {TopicPartition(self._topic, number): OffsetAndMetadata(following, "", -1)
              for number, following in self._next.items()}  # fmt: skip
        try:
            self._consumer.commit(at, timeout_ms=ASK_TIMEOUTS_MS[-1])
            return bool(at) and self._fence_now() == self._fence
        except KafkaError:
            return False

    @property
    def term(self) -> int:
        return int(self._fence[1]) if self._fence is not None else 0

    def ends(self) -> dict[int, int]:
        if not self._assigned:
            return {}
        found = self._ask("the end of the log", "end_offsets", self._topic_partitions(sorted(self._assigned)))
        return {at.partition: offset for at, offset in found.items()}

    def lag(self) -> dict[int, int]:
        lag = {}
        for partition in self._next:
            known = self._known_of(partition)
            if known is not None and known.position is not None and known.highwater is not None:
                lag[partition] = max(0, known.highwater - known.position.offset)
        return lag

    def close(self) -> None:
        self._closed = True
        self._drop()

    def _is_connected(self, timeout_s: float) -> bool:
        """Make the consumer if there is none; False while it is not yet time to try again."""
        if self._closed:
            raise BrokerError(f"the source of {self._topic} is closed")
        if self._consumer is not None:
            return True
        wait_s = self._retry_at_s - time.monotonic()
        if wait_s > 0:
            time.sleep(min(wait_s, timeout_s))
            if wait_s > timeout_s:
                return False
        try:
            self._consumer = connect(KafkaConsumer, self._settings, self._client_id, **self._options())
        except BrokerError:
            self._retry_at_s = time.monotonic() + self._backoff_s
            self._backoff_s = min(2 * self._backoff_s, LAST_BACKOFF_S)
            raise
        self._backoff_s = FIRST_BACKOFF_S
        self._settled_s = self._looked_s = time.monotonic()
        self._is_fast = speed_up(self._consumer)
        self._consumer.subscribe([self._topic])  # without a group too: then every partition, as metadata names them
        if self._group is not None:
            with suppress(KafkaError):  # a leader that does not know them yet deals out none, and joins again
                self._consumer.partitions_for_topic(self._topic)
        return True

    def _options(self) -> dict[str, Any]:
        session_ms = int(self._settings.session_timeout_s * 1000)
        return {
            "group_id": self._group,
            "group_instance_id": (self._group and self._settings.instance) or None,
            "max_poll_interval_ms": int(MAX_POLL_S * 1000),
            "session_timeout_ms": session_ms,
            "heartbeat_interval_ms": max(100, session_ms // 20),  # its answer tells a member that others wait for it
            "enable_auto_commit": False,
            "auto_offset_reset": "none",  # a lost offset is ours to report, not the client's to paper over
            "allow_auto_create_topics": False,
            "max_poll_records": self._max_records,
            "max_partition_fetch_bytes": self._fetch_bytes,
            "fetch_max_bytes": MOST_FETCH_BYTES,
            "fetch_max_wait_ms": 100,
            "metrics_enabled": False,
        }

    def _fetched(self, timeout_s: float) -> tuple[dict[Any, list[Any]], dict[int, tuple[int, int]]]:
        self._mend()
        try:
            return self._consumer.poll(timeout_ms=int(timeout_s * 1000)), {}
        except NoOffsetForPartitionError:  # a partition never sought is new, whatever the fence says
            self._fence = None
        except OffsetOutOfRangeError as error:
            return {}, self._recovered({at.partition: offset for at, offset in error.args[0].items()})
        except LogTruncationError as error:
            return {}, self._recovered({at.partition: self._next.get(at.partition, 0) for at in error.args[0]})
        return {}, {}

    def _mend(self) -> None:
        """Three faults of kafka-python 3.0.12; all seen here. The first two silence a partition for ever.

        What was fetched of a held partition comes back only while the fetcher's slot is None, but a batch read to its
        end stays in it. And a join that begins because a topic's partitions changed is forgotten if `poll` times out
        before it ends: the leader has then noted the change as dealt with. And the outcome of a join that ends between
        two polls is thrown away and the group joined again, which for a leader means a rebalance of all, and so on for
        as long as somebody polls slowly.
        """
        fetcher, coordinator = self._consumer._fetcher, self._consumer._coordinator
        if not fetcher._next_partition_records:
            fetcher._next_partition_records = None
        if coordinator.rejoining and not coordinator.need_rejoin():
            coordinator.request_rejoin()
        if coordinator._join_task is not None and coordinator._join_task.is_done:
            coordinator._join_task = _Ended(coordinator._join_task)

    def _watch(self) -> None:
        """Raise StalledError if a partition had more at the last look, is not held, and has not moved since."""
        self._polls += 1
        now_s = self._settled_s = time.monotonic()
        if now_s - self._looked_s < STALL_S or self._polls < STALL_POLLS:
            return
        self._looked_s, self._polls = now_s, 0
        before, self._behind = self._behind, self._behind_now()
        if stalled := sorted(number for number, at in self._behind.items() if before.get(number) == at):
            raise StalledError(f"{self._topic}: nothing comes of partitions {stalled}, though there is more")

    def _behind_now(self) -> dict[int, int]:
        free = self._topic_partitions(self._next.keys() - self._held)
        try:
            ends = self._consumer.end_offsets(free, timeout_ms=ASK_TIMEOUTS_MS[0])
        except KafkaError:
            return {}  # whoever is away is not silent: the next look will tell
        stands = {at.partition: (self.position(at.partition), end) for at, end in ends.items()}
        return {number: at for number, (at, end) in stands.items() if at is not None and at < end}

    def _recovered(self, asked: dict[int, int]) -> dict[int, tuple[int, int]]:
        """Seek the nearest offset that exists; which are news, by partition: (asked, got)."""
        partitions = self._topic_partitions(asked)
        first = self._patiently("beginning_offsets", partitions)
        end = self._patiently("end_offsets", partitions)
        lost = {}
        for at in partitions:
            got = min(max(asked[at.partition], first[at]), end[at])
            self._consumer.seek(at, got)
            self._next[at.partition] = got
            if at.partition not in self._from_first:
                lost[at.partition] = (asked[at.partition], got)
        return lost

    def _fence_now(self) -> Fence | None:
        """None while no assignment is known that will stay."""
        assigned = frozenset(self._consumer.assignment())
        if self._group is None:
            return ("", 0, assigned) if assigned else None
        member = self._consumer.group_metadata()
        # The generation moves before the assignment that belongs to it is known.
        return (member.member_id, member.generation_id, assigned) if member.state == MemberState.STABLE else None

    def _fenced(self, fence: Fence | None) -> Polled:
        """Hold every partition until it is sought: those kept through a rebalance would go on where they were."""
        if fence is None and self._group is not None and time.monotonic() - self._settled_s > MAX_POLL_S + STALL_S:
            raise StalledError(f"{self._topic}: no place in group {self._group}, though all others must have joined")
        self._fence = fence
        self._next.clear()
        self._behind.clear()
        self._from_first.clear()
        partitions = [] if fence is None else sorted(self._consumer.assignment())
        for at in partitions:
            self._consumer.pause(at)
            self._consumer.seek(at, 0)  # with no position at all the client would go and look for one
        self._assigned = frozenset(at.partition for at in partitions)
        return Polled([], None if fence is None else self._assigned)

    def _records(self, batches: dict[Any, list[Any]]) -> list[Records]:
        several: list[Records] = []
        for at, batch in batches.items():
            if not self._is_fast:
                batch = [Records.of([record_of(one, at.partition) for one in batch], at.partition)]
            several += [Records.joined(batch)] if sum(map(len, batch)) < FEW * len(batch) else batch
            self._next[at.partition] = int(batch[-1].offsets[-1]) + 1
            self._from_first.discard(at.partition)
        return several

    def _topic_partitions(self, partitions: Any) -> list[Any]:
        return [TopicPartition(self._topic, partition) for partition in partitions]

    def _known_of(self, partition: int) -> Any:
        """What the client knows of a sought partition: to ask for it makes it look at all others, each time anew."""
        if partition not in self._next:
            return None
        return self._consumer._subscription.assignment.get(TopicPartition(self._topic, partition))

    def _ask(self, what: str, method: str, *args: Any, **kwargs: Any) -> Any:
        if self._consumer is None:
            raise BrokerError(f"asking for {what} of {self._topic} failed: not connected")
        try:
            return self._patiently(method, *args, **kwargs)
        except KafkaError as error:
            raise broker_error(f"asking for {what} of {self._topic} failed", error) from error

    def _patiently(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """kafka-python 3.0.12 asks who was the leader again and again, and never who is: so it is told to find out.

        Seen here: after an election a standby asked in vain for a minute, until its metadata were renewed by age.
        """
        for timeout_ms in ASK_TIMEOUTS_MS[:-1]:
            with suppress(KafkaTimeoutError):
                return getattr(self._consumer, method)(*args, timeout_ms=timeout_ms, **kwargs)
            self._consumer._cluster.request_update()
        return getattr(self._consumer, method)(*args, timeout_ms=ASK_TIMEOUTS_MS[-1], **kwargs)

    def _drop(self) -> None:
        consumer, self._consumer, self._fence = self._consumer, None, None
        self._assigned = frozenset()
        self._next.clear()
        self._behind.clear()
        if consumer is not None:
            self._retry_at_s = time.monotonic() + FIRST_BACKOFF_S
            with suppress(Exception):
                consumer.close(autocommit=False, timeout_ms=int(CLOSE_TIMEOUT_S * 1000))


class KafkaSink:
    """After any failure the producer is made anew, once the old one can write nothing any more.

    Seen here: after a leader died, kafka-python's producer often tried it until its time was up, and a new one went to
    the new leader at once. So its time is short, and doubles with every failure until something was written in less:
    then the next one has little again. On a line that is slow it stays.
    """

    def __init__(self, settings: KafkaSettings, client_id: str, outstanding_bytes: int = OUTSTANDING_BYTES) -> None:
        self._settings, self._client_id, self._most_bytes = settings, client_id, outstanding_bytes
        self._producer: Any = None
        self._sent: deque[tuple[Any, int]] = deque()  # what is not known to be acknowledged, each with its size
        self._sent_bytes = 0
        self._sent_s = 0.0  # when the first of what a flush waits for was sent
        self._first: dict[tuple[str, int], int] = {}
        self._delivery_s = FIRST_DELIVERY_S

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        if self._producer is None:
            self._producer = connect(KafkaProducer, self._settings, self._client_id, **self._options())
        if not self._sent:
            self._sent_s = time.monotonic()
        try:
            written = self._producer.send(topic, value, key, list(headers), partition)
        except KafkaError as error:
            self._fail()
            raise broker_error(f"writing to {topic} failed", error) from error
        size_bytes = len(key or b"") + len(value or b"") + 100
        self._sent.append((written, size_bytes))
        self._sent_bytes += size_bytes
        self._wait(self._most_bytes)

    def flush(self) -> dict[tuple[str, int], int]:
        any_sent = bool(self._sent)
        self._wait(0)
        first, self._first = self._first, {}
        if any_sent and self._delivery_s > FIRST_DELIVERY_S > time.monotonic() - self._sent_s:
            self._drop()
            self._delivery_s = FIRST_DELIVERY_S
        return first

    def close(self) -> None:
        self._drop()

    def _wait(self, most_bytes: int) -> None:
        """Until no more than that is on its way; for all of it, what waits for more of its batch is sent at once."""
        if not self._sent:
            return
        try:
            if not most_bytes:
                self._producer.flush(timeout=self._delivery_s + 1)  # each batch should give up by itself before that
            while self._sent_bytes > most_bytes:
                future, size_bytes = self._sent[0]
                written = future.get(timeout=self._delivery_s + 1)
                at = (written.topic, written.partition)
                self._first[at] = min(written.offset, self._first.get(at, written.offset))
                self._sent.popleft()
                self._sent_bytes -= size_bytes
        except KafkaError as error:
            self._fail()
            raise broker_error("writing failed", error) from error

    def _fail(self) -> None:
        self._drop(at_once=True)
        self._delivery_s = min(2 * self._delivery_s, LAST_DELIVERY_S)

    def _options(self) -> dict[str, Any]:
        compression = self._settings.compression
        return {
            "acks": "all",
            "compression_type": None if compression == "none" else compression,
            "batch_size": BATCH_BYTES,
            "linger_ms": 20,
            "max_request_size": 4 << 20,  # uncompressed; what is too large compressed is for the broker to refuse
            "max_block_ms": int(self._delivery_s * 1000),
            "delivery_timeout_ms": int(self._delivery_s * 1000),
            "request_timeout_ms": int(self._delivery_s * 1000) - 500,  # the client wants room for linger_ms
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }

    def _drop(self, at_once: bool = False) -> None:
        producer, self._producer = self._producer, None
        self._sent.clear()
        self._sent_bytes, self._first = 0, {}
        if producer is None:
            return
        if not at_once:
            with suppress(KafkaError):
                producer.close(timeout=CLOSE_TIMEOUT_S)
                return
        # Its close waits for unsent batches, and gives up on them before it stops the sender: they would go out later,
        # after what we write next.
        producer._sender.force_close()
        producer._sender.join(CLOSE_TIMEOUT_S)
