"""All access to private attributes of kafka-python, and the workarounds for its faults.

No other module of this package reads or writes a private attribute of a client. `TESTED` lists the versions this code
was tested with. With any other version the client is left unchanged: it decodes records itself, at twice the cost, and
positions are read through its public methods.
"""

from collections.abc import Callable, Iterable
from typing import Any

import kafka
from kafka import TopicPartition
from kafka.protocol.consumer import HeartbeatRequest

TESTED = ("3.0.12",)


def is_known() -> bool:
    """Whether the installed version of kafka-python is one this module was tested with."""
    return kafka.__version__ in TESTED


class _Ended:
    """A finished task of the client that reports itself as not done until the client waits for it."""

    is_done = False

    def __init__(self, task: Any) -> None:
        self.add_callback, self.add_errback = task.add_callback, task.add_errback


def use_decoder(consumer: Any, partition_records: Callable[..., Any]) -> bool:
    """Make a consumer decode with this class; False, and no change, if the client version is not known."""
    if not is_known():
        return False
    consumer._fetcher.PartitionRecords = partition_records
    return True


def mend(consumer: Any) -> None:
    """Work around three faults of kafka-python 3.0.12, all seen in our tests. Call it before each poll.

    1. Data fetched for a paused partition is returned only while the fetcher's slot is None, but a batch that was read
       to its end stays in the slot. Without the workaround the partition stays silent.
    2. A join that begins because the partitions of a topic changed is forgotten if `poll` times out before it ends, and
       the leader has already recorded the change. Without the workaround new partitions stay silent.
    3. The result of a join that ends between two polls is thrown away and the consumer joins again. If the leader of
       the group polls slowly, that means one rebalance after another.
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
    """Return the next offset to be read and the log's end as of the last fetch; None for each that is not known.

    The public `position` looks at all other partitions first, and may ask the broker.
    """
    if not is_known():
        return consumer.position(at), consumer.highwater(at)
    known = consumer._subscription.assignment.get(at)
    if known is None or known.position is None:
        return None, None
    return int(known.position.offset), known.highwater


def set_fetch_wait(consumer: Any, wait_ms: int) -> None:
    """Set how long (ms) a broker may hold the next fetch while it has no records; a new record ends the wait.

    The public setting is fixed for the life of a consumer.
    """
    if is_known():
        consumer._fetcher.config["fetch_max_wait_ms"] = wait_ms


def note_answers(consumer: Any, note: Callable[[Iterable[TopicPartition]], None]) -> None:
    """Call `note` with the partitions of each fetch that a broker answers, whether or not it returned records.

    The public methods do not distinguish an empty answer from no answer. `note` runs on the client's network thread.
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
    """Return the monotonic time of the last answer of the group's coordinator; -inf if it is not known."""
    if not is_known() or consumer.config["group_id"] is None:
        return float("-inf")
    return float(consumer._coordinator.heartbeat.last_receive)


def renew_metadata(consumer: Any) -> None:
    """Make the client renew its metadata: after an election it may otherwise keep asking the old leader."""
    if is_known():
        consumer._cluster.request_update()


def end_sender(producer: Any, timeout_s: float) -> None:
    """Stop a producer so that none of its unsent batches is written afterwards.

    The public `close` gives up on unsent batches before it stops the sender, so they could be written later, after what
    a new producer writes.
    """
    if not is_known():
        producer.close(timeout=timeout_s)
        return
    producer._sender.force_close()
    producer._sender.join(timeout_s)


def packed(batch: Any) -> tuple[memoryview, int]:
    """Return the bytes of a fetched batch as they came, and the position where its (packed) records begin."""
    return memoryview(batch._buffer).toreadonly(), int(batch._pos)


def packed_old(batch: Any) -> tuple[memoryview, int]:
    """Return the bytes of a batch of message format 0 or 1, and the position of the key of its first record.

    If the batch is compressed, that record's value holds all the others.
    """
    return memoryview(batch._buffer), batch.KEY_OFFSET_V1 if batch.magic else batch.KEY_OFFSET_V0


def put_unpacked(batch: Any, content: bytes) -> None:
    """Set the unpacked content of a batch of message format 0 or 1, as if the client had unpacked it."""
    batch._buffer, batch._decompressed = memoryview(content), True


def time_of(batch: Any) -> float:
    """Return the timestamp of a batch in seconds since 1970; 0 if an old broker gives none."""
    at_ms = batch._timestamp or 0 if batch.magic < 2 else batch.max_timestamp
    return float(at_ms) / 1000


def heartbeat_of_nobody(admin: Any, group: str) -> int | None:
    """Send a heartbeat for a member that the group does not have, and return the broker's error code.

    Used to check rights: the request changes nothing and needs the right to read the group; no public method asks for
    exactly that. Returns None if the installed version of the client is not known. Raises KafkaError if the coordinator
    cannot be found, which needs the right to describe the group.
    """
    if not is_known():
        return None
    request = HeartbeatRequest(group_id=group, generation_id=0, member_id="nobody")

    async def asked() -> Any:
        return await admin._manager.send(request, node_id=await admin._find_coordinator_id(group))

    return int(admin._manager.run(asked).error_code)
