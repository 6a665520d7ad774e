"""Everything that touches the inside of kafka-python: its private attributes, and faults of it that are mended here.

Nothing else in this package reads or writes a private attribute of a client. `TESTED` are the versions the code was
tested with. With any other version the client is left as it is: it decodes records itself (at twice the cost), and
positions are asked by its public methods.
"""

from collections.abc import Callable, Iterable
from typing import Any

import kafka
from kafka import TopicPartition
from kafka.protocol.consumer import HeartbeatRequest

TESTED = ("3.0.12",)


def is_known() -> bool:
    """Whether the installed client is one whose inside we know."""
    return kafka.__version__ in TESTED


class _Ended:
    """A task of the client that has ended, and does not say so before somebody waits for it."""

    is_done = False

    def __init__(self, task: Any) -> None:
        self.add_callback, self.add_errback = task.add_callback, task.add_errback


def use_decoder(consumer: Any, partition_records: Callable[..., Any]) -> bool:
    """Let a consumer unpack what it fetches by this class; False if the version is not known, and nothing changes."""
    if not is_known():
        return False
    consumer._fetcher.PartitionRecords = partition_records
    return True


def mend(consumer: Any) -> None:
    """Work around three faults of kafka-python 3.0.12, all seen in our tests; call it before each poll.

    1. What was fetched of a paused partition comes back only while the fetcher's slot is None, but a batch read to its
       end stays in it: the partition is silent for ever.
    2. A join that begins because a topic's partitions changed is forgotten if `poll` times out before it ends, and the
       leader has noted the change as dealt with: new partitions are silent for ever.
    3. The outcome of a join that ends between two polls is thrown away and the group joined again, which for a leader
       means a rebalance of all, for as long as somebody polls slowly.
    """
    if not is_known():
        return
    fetcher, coordinator = consumer._fetcher, consumer._coordinator
    if not fetcher._next_partition_records:
        fetcher._next_partition_records = None
    if coordinator.rejoining and not coordinator.need_rejoin():
        coordinator.request_rejoin()
    if coordinator._join_task is not None and coordinator._join_task.is_done:
        coordinator._join_task = _Ended(coordinator._join_task)


def position_and_highwater(consumer: Any, at: TopicPartition) -> tuple[int | None, int | None]:
    """Where a partition is read and where its log ended at the last fetch; None for what is not known.

    The public `position` looks at all other partitions first, and may ask the broker.
    """
    if not is_known():
        return consumer.position(at), consumer.highwater(at)
    known = consumer._subscription.assignment.get(at)
    if known is None or known.position is None:
        return None, None
    return int(known.position.offset), known.highwater


def set_fetch_wait(consumer: Any, wait_ms: int) -> None:
    """Let a broker hold the next fetch for so long while it has nothing to give; a record that comes ends the wait.

    The public setting is for the whole life of a consumer.
    """
    if is_known():
        consumer._fetcher.config["fetch_max_wait_ms"] = wait_ms


def note_answers(consumer: Any, note: Callable[[Iterable[TopicPartition]], None]) -> None:
    """Have `note` called with the partitions of every fetch that a broker answers, records or none.

    Nothing public tells an empty answer from no answer. Called on the client's network thread.
    """
    if not is_known():
        return
    fetcher = consumer._fetcher
    handle = fetcher._handle_fetch_response

    def noted(node: int, offsets: Any, sent_s: float, response: Any) -> Any:
        note(list(offsets))
        return handle(node, offsets, sent_s, response)

    fetcher._handle_fetch_response = noted


def heard_from_group_s(consumer: Any) -> float:
    """When the coordinator of the group answered last, as of the monotonic clock; -inf where that is not known."""
    if not is_known() or consumer.config["group_id"] is None:
        return float("-inf")
    return float(consumer._coordinator.heartbeat.last_receive)


def renew_metadata(consumer: Any) -> None:
    """Have the client ask who leads which partition: after an election it may ask the old leader again and again."""
    if is_known():
        consumer._cluster.request_update()


def end_sender(producer: Any, timeout_s: float) -> None:
    """Stop a producer that nothing of it is written any more.

    Its `close` waits for unsent batches, and gives up on them before it stops the sender: they would go out later,
    after what we write next.
    """
    if not is_known():
        producer.close(timeout=timeout_s)
        return
    producer._sender.force_close()
    producer._sender.join(timeout_s)


def packed(batch: Any) -> tuple[memoryview, int]:
    """The bytes of a fetched batch as they came, and where its records, or what they are packed in, begin."""
    return memoryview(batch._buffer).toreadonly(), int(batch._pos)


def packed_old(batch: Any) -> tuple[memoryview, int]:
    """The same of a batch of an old broker: there stands a record, in whose value the others are packed."""
    return memoryview(batch._buffer), batch.KEY_OFFSET_V1 if batch.magic else batch.KEY_OFFSET_V0


def put_unpacked(batch: Any, content: bytes) -> None:
    """Have a batch of an old broker be one that was unpacked already."""
    batch._buffer, batch._decompressed = memoryview(content), True


def time_of(batch: Any) -> float:
    """Seconds since 1970 of a batch; 0 where an old broker names no time."""
    at_ms = batch._timestamp or 0 if batch.magic < 2 else batch.max_timestamp
    return float(at_ms) / 1000


def heartbeat_of_nobody(admin: Any, group: str) -> int | None:
    """The broker's error code for a heartbeat of a member that a group does not have; None where we cannot ask.

    It changes nothing, needs the right to read the group, and there is no public method that asks for just that.
    Raises KafkaError if the coordinator cannot be found, which needs the right to describe the group.
    """
    if not is_known():
        return None
    request = HeartbeatRequest(group_id=group, generation_id=0, member_id="nobody")

    async def asked() -> Any:
        return await admin._manager.send(request, node_id=await admin._find_coordinator_id(group))

    return int(admin._manager.run(asked).error_code)
