"""`KafkaSource`: the protocol `Source` (see `protocol`) implemented with kafka-python's consumer.

The assignment is identified by (member, generation, partitions) of a stable group, called the fence, and compared after
each poll. What is deliberately not used: rebalance listeners, because they run on the client's network thread, where
nearly every call blocks; transactions, because the law of state does not need them; cooperative rebalancing, because
it keeps positions through a rebalance, and a process that was suspended would keep positions that others have passed.
After an exception from the client's poll, or if a partition is silent, the client is closed and made anew.

Guarantee: `poll` returns records of a partition only if the caller has called `seek` for it since the assignment last
changed. Cost: about 2 us a record of 300 bytes.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError, LogTruncationError, NoOffsetForPartitionError, OffsetOutOfRangeError
from kafka.structs import MemberState, OffsetAndMetadata

from stream.errors import StalledError
from stream.log.client_internals import (
    heard_from_group_s,
    mend,
    note_answers,
    position_and_highwater,
    set_fetch_wait,
    use_decoder,
)
from stream.log.consumer_connection import ASK_TIMEOUTS_MS, ConsumerConnection
from stream.log.fast_fetch import FastRecords, record_of
from stream.log.kafka_client import broker_error
from stream.log.protocol import Polled, Records
from stream.log.settings import KafkaSettings
from stream.log.stall_watch import STALL_S, StallWatch

FETCH_BYTES = 1 << 19  # of one partition at a time: with more a record costs the same, with half of it a fifth more
STATE_FETCH_BYTES = 1 << 18  # the same where the reader waits for its time with what was fetched ahead
MOST_FETCH_BYTES = 4 << 20  # of all partitions together: with half of it twelve cost a twentieth more than one
MAX_POLL_S = 300.0  # who does not poll for so long has left the group: see `Loop` for what a step may take
FETCH_WAIT_MS = 100  # so long a broker holds a fetch for which it has nothing, and with it those of other partitions
QUIET_WAIT_MS = 1000  # the same where nothing has come for QUIET_S: a tenth of the requests, and a record still ends it
QUIET_S = 5.0
FEW = 200  # records: several batches of less are looked at as one
Fence = tuple[str, int, frozenset[Any]]  # member, generation, assignment


class KafkaSource:
    """Reads one topic, as a member of a group or on its own.

    Without a group it owns every partition, and reports new ones within seconds as a new assignment. While the topic
    does not exist: without a group no assignment is reported, in a group the empty one, as for a standby.
    """

    def __init__(
        self, settings: KafkaSettings, topic: str, group: str | None, client_id: str, max_records: int = 5000,
        fetch_bytes: int = FETCH_BYTES,
    ) -> None:  # fmt: skip
        self._settings, self._topic, self._group = settings, topic, group
        options = self._options(max_records, fetch_bytes)
        self._connection = ConsumerConnection(settings, topic, client_id, options, self._prepare)
        self._watch = StallWatch(self._behind)
        self._fence: Fence | None = None
        self._assigned: frozenset[int] = frozenset()
        self._next: dict[int, int] = {}  # by sought partition
        self._from_first: set[int] = set()  # sought "the oldest there is", and nothing read since
        self._held: frozenset[int] = frozenset()
        self._settled_s = self._made_s = time.monotonic()
        self._answered_s: dict[int, float] = {}  # by partition, when a broker last answered a fetch of it
        self._is_fast = self._is_quiet = False
        self._got_s = time.monotonic()  # when records came last, or the assignment changed

    @property
    def _consumer(self) -> Any:
        return self._connection.consumer

    def poll(self, timeout_s: float) -> Polled:
        if not self._connection.connected(timeout_s):
            return Polled([])
        try:
            batches, lost = self._fetched(timeout_s)
            fence = self._fence_now()
            self._adapt_wait(bool(batches) or fence != self._fence)
            if fence is None or fence != self._fence:
                return self._fenced(fence)
            self._settled_s = time.monotonic()
            if stalled := self._watch.stalled():
                raise StalledError(f"{self._topic}: partitions {stalled} return nothing, although they have records")
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
        self._answered_s[partition] = max(time.monotonic(), self._answered_s.get(partition, 0.0))
        self._watch.sought(partition)
        self._consumer.seek(at, offset or 0)
        if partition not in self._held:
            self._consumer.resume(at)

    def hold(self, partitions: Collection[int]) -> None:
        changed = self._held ^ frozenset(partitions)
        self._answered_s.update(dict.fromkeys(self._held & changed, time.monotonic()))  # not asked for meanwhile
        self._held = frozenset(partitions)
        if changed and self._consumer is not None:
            sought = self._next.keys() & {at.partition for at in self._consumer.assignment()}
            for at in self._topic_partitions(sought & changed):
                (self._consumer.pause if at.partition in self._held else self._consumer.resume)(at)

    def position(self, partition: int) -> int | None:
        return self._known_of(partition)[0]

    def committed(self, partition: int) -> tuple[int, str] | None:
        if self._group is None:
            return None
        at = TopicPartition(self._topic, partition)
        found = self._connection.ask("the committed offset", "committed", at, metadata=True)
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
            self._consumer.commit(at or self._committed_once_more(), timeout_ms=ASK_TIMEOUTS_MS[-1])
            return bool(self._assigned) and self._fence_now() == self._fence
        except KafkaError:
            return False

    @property
    def term(self) -> int:
        return int(self._fence[1]) if self._fence is not None else 0

    def ends(self) -> dict[int, int]:
        if not self._assigned:
            return {}
        found = self._connection.ask(
            "the end of the log", "end_offsets", self._topic_partitions(sorted(self._assigned))
        )
        return {at.partition: offset for at, offset in found.items()}

    def lag(self) -> dict[int, int]:
        lag = {}
        for partition in self._next:
            position, highwater = self._known_of(partition)
            if position is not None and highwater is not None:
                lag[partition] = max(0, highwater - position)
        return lag

    def contact_age_s(self) -> float:
        now_s = time.monotonic()
        read = [self._answered_s.get(number, self._made_s) for number in set(self._next) - self._held]
        if self._consumer is None:  # and so nothing is sought: as old as the last answer of all
            read = [max([self._made_s, *list(self._answered_s.values())])]
        elif not read:
            read = [max([self._made_s, *list(self._answered_s.values()), heard_from_group_s(self._consumer)])]
        return max(0.0, now_s - min(read))

    def close(self) -> None:
        self._connection.close()
        self._forget()

    def _prepare(self, consumer: Any) -> None:
        self._settled_s = self._got_s = time.monotonic()
        self._is_quiet = False
        self._watch.restart()
        self._is_fast = use_decoder(consumer, partial(FastRecords, most_bytes=self._settings.max_batch_bytes))
        note_answers(consumer, self._note_answers)
        consumer.subscribe([self._topic])  # without a group too: then every partition, as metadata names them
        if self._group is not None:
            with suppress(KafkaError):  # a leader that does not know them yet deals out none, and joins again
                consumer.partitions_for_topic(self._topic)

    def _note_answers(self, partitions: Iterable[Any]) -> None:
        now_s = time.monotonic()
        self._answered_s.update({at.partition: now_s for at in partitions})

    def _options(self, max_records: int, fetch_bytes: int) -> dict[str, Any]:
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
            "max_poll_records": max_records,
            "max_partition_fetch_bytes": fetch_bytes,
            "fetch_max_bytes": MOST_FETCH_BYTES,
            "fetch_max_wait_ms": FETCH_WAIT_MS,
            "metrics_enabled": False,
        }

    def _adapt_wait(self, is_moving: bool) -> None:
        """Let a broker hold fetches longer once no records have come for QUIET_S, and briefly again as soon as some
        come.
        """
        now_s = time.monotonic()
        self._got_s = now_s if is_moving else self._got_s
        is_quiet = now_s - self._got_s > QUIET_S
        if is_quiet != self._is_quiet:
            self._is_quiet = is_quiet
            set_fetch_wait(self._consumer, QUIET_WAIT_MS if is_quiet else FETCH_WAIT_MS)

    def _fetched(self, timeout_s: float) -> tuple[dict[Any, list[Any]], dict[int, tuple[int, int]]]:
        mend(self._consumer)
        try:
            return self._consumer.poll(timeout_ms=int(timeout_s * 1000)), {}
        except NoOffsetForPartitionError:  # a partition never sought is new, whatever the fence says
            self._fence = None
        except OffsetOutOfRangeError as error:
            return {}, self._recovered({at.partition: offset for at, offset in error.args[0].items()})
        except LogTruncationError as error:
            return {}, self._recovered({at.partition: self._next.get(at.partition, 0) for at in error.args[0]})
        return {}, {}

    def _committed_once_more(self) -> dict[TopicPartition, OffsetAndMetadata]:
        """Return the committed offset of one assigned partition, for `owned` to commit again before anything was
        sought.
        """
        found = {}
        for at in self._topic_partitions(sorted(self._assigned)[:1]):
            committed = self._consumer.committed(at, metadata=True, timeout_ms=ASK_TIMEOUTS_MS[-1])
            found[at] = committed if committed and committed.offset >= 0 else OffsetAndMetadata(0, "", -1)
        return found

    def _behind(self) -> dict[int, int]:
        """Return {partition: position} of the partitions that have unread records and are not held. Asks the broker."""
        free = self._topic_partitions(self._next.keys() - self._held)
        try:
            ends = self._consumer.end_offsets(free, timeout_ms=ASK_TIMEOUTS_MS[0])
        except KafkaError:
            return {}  # the broker did not answer, so nothing is known; the next check asks again
        stands = {at.partition: (self.position(at.partition), end) for at, end in ends.items()}
        return {number: at for number, (at, end) in stands.items() if at is not None and at < end}

    def _recovered(self, asked: dict[int, int]) -> dict[int, tuple[int, int]]:
        """Seek the nearest existing offset of each partition.

        Return {partition: (asked, got)} of those that lost records.
        """
        partitions = self._topic_partitions(asked)
        first = self._connection.patiently("beginning_offsets", partitions)
        end = self._connection.patiently("end_offsets", partitions)
        lost = {}
        for at in partitions:
            got = min(max(asked[at.partition], first[at]), end[at])
            self._consumer.seek(at, got)
            self._next[at.partition] = got
            if at.partition not in self._from_first:
                lost[at.partition] = (asked[at.partition], got)
        return lost

    def _fence_now(self) -> Fence | None:
        """Return the present fence; None while the group is rebalancing or nothing is assigned."""
        assigned = frozenset(self._consumer.assignment())
        if self._group is None:
            return ("", 0, assigned) if assigned else None
        member = self._consumer.group_metadata()
        # The generation moves before the assignment that belongs to it is known.
        return (member.member_id, member.generation_id, assigned) if member.state == MemberState.STABLE else None

    def _fenced(self, fence: Fence | None) -> Polled:
        """Take over a new assignment: pause every partition until `seek`, else it would go on from its old position."""
        if fence is None and self._group is not None and time.monotonic() - self._settled_s > MAX_POLL_S + STALL_S:
            raise StalledError(f"{self._topic}: could not join group {self._group} in time")
        self._fence = fence
        self._next.clear()
        self._watch.restart()
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
            are_small = sum(map(len, batch)) < FEW * len(batch) and not any(records.unread for records in batch)
            several += [Records.joined(batch)] if are_small else batch
            self._next[at.partition] = int(batch[-1].offsets[-1]) + 1
            self._from_first.discard(at.partition)
        return several

    def _topic_partitions(self, partitions: Any) -> list[Any]:
        return [TopicPartition(self._topic, partition) for partition in partitions]

    def _known_of(self, partition: int) -> tuple[int | None, int | None]:
        """Return position and end of a partition as of the last fetch; (None, None) if it was not sought."""
        if partition not in self._next or self._consumer is None:
            return None, None
        return position_and_highwater(self._consumer, TopicPartition(self._topic, partition))

    def _drop(self) -> None:
        self._connection.drop()
        self._forget()

    def _forget(self) -> None:
        self._fence, self._assigned = None, frozenset()
        self._next.clear()
