"""Send messages to a topic, each once, although processes die and acknowledgements get lost. No transactions are used.

Each message carries a header with its sender and its number. A *mark* is the sender's state: its name, the number of
the next message, and for each partition an offset below which that message cannot be. A process that continues from a
mark while a batch was in flight reads the topic from those offsets, and does not send again what it finds there.

Two cases are not covered: a request of a dead process that reaches the broker after its successor has read the topic;
and, for a source whose order differs between runs (a topic of several partitions), two crashes in a row. Both can
duplicate a batch.
Cost: some 50 bytes per message, one request for the end of the topic at the start, and after a crash reading the topic
from the mark on.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import uuid4

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from stream.errors import BrokerError
from stream.ingest.encode import Message
from stream.log.kafka_client import CLOSE_TIMEOUT_S, broker_error, connect
from stream.log.protocol import Sink
from stream.log.settings import KafkaSettings

HEADER = "new-words-ingest"
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Mark:
    """`floors` is {partition: offset}; a partition not in it counts from 0."""

    sender: str
    topic: str
    number: int
    floors: dict[int, int]


class Tail(Protocol):
    """Reads the end of a topic. Raises BrokerError."""

    def ends(self, topic: str) -> dict[int, int]:
        """The offset after the last record of each partition."""

    def arrived(self, mark: Mark) -> Counter[bytes]:
        """The values in the topic that the mark's sender sent, from the mark's number on."""


class DeduplicatedSend:
    """`mark` and `in_doubt` come from an earlier run; None and False if there was none."""

    def __init__(self, sink: Sink, tail: Tail, topic: str, mark: Mark | None = None, in_doubt: bool = False) -> None:
        if mark is None or mark.topic != topic:
            mark, in_doubt = Mark(uuid4().hex, topic, 0, tail.ends(topic)), False
        self.mark = mark
        """All messages before its number are acknowledged."""
        self._sink, self._tail, self._unseen = sink, tail, in_doubt
        self._arrived: Counter[bytes] = Counter()

    @property
    def in_doubt(self) -> bool:
        """Whether messages from the mark's number on may be in the topic."""
        return self._unseen or self._arrived.total() > 0

    def send(self, messages: Sequence[Message]) -> None:
        """Return when all are in the topic. After a BrokerError, call it again with the same messages."""
        if self._unseen:
            self._arrived = self._tail.arrived(self.mark)
        self._unseen = True
        left = Counter(self._arrived)
        for number, message in enumerate(messages, self.mark.number):
            if left[message.value] > 0:
                left[message.value] -= 1
                continue
            header = (HEADER, f"{self.mark.sender} {number}".encode())
            self._sink.send(self.mark.topic, message.key, message.value, (header,))
        first = {partition: offset for (_, partition), offset in self._sink.flush().items()}
        self.mark = replace(self.mark, number=self.mark.number + len(messages), floors=self.mark.floors | first)
        self._arrived, self._unseen = +left, False


class KafkaTail:
    """Uses a consumer without a group, opened for each question, as questions are rare."""

    def __init__(self, settings: KafkaSettings, client_id: str) -> None:
        self._settings, self._client_id = settings, client_id

    def ends(self, topic: str) -> dict[int, int]:
        with self._consumer(topic) as (consumer, partitions):
            return {at.partition: end for at, end in consumer.end_offsets(partitions).items()}

    def arrived(self, mark: Mark) -> Counter[bytes]:
        found: Counter[bytes] = Counter()
        with self._consumer(mark.topic) as (consumer, partitions):
            ends, begins = consumer.end_offsets(partitions), consumer.beginning_offsets(partitions)
            for at in partitions:
                consumer.seek(at, min(ends[at], max(begins[at], mark.floors.get(at.partition, 0))))
            progress_s = time.monotonic()
            while any(consumer.position(at) < ends[at] for at in partitions):
                for records in consumer.poll(timeout_ms=500).values():
                    progress_s = time.monotonic()
                    found.update(record.value for record in records if _number(record, mark) >= mark.number)
                if time.monotonic() > progress_s + PATIENCE_S:
                    raise BrokerError(f"reading the end of {mark.topic}: nothing came for {PATIENCE_S:.0f} s")
        return found

    @contextmanager
    def _consumer(self, topic: str) -> Iterator[tuple[Any, list[Any]]]:
        options = {"enable_auto_commit": False, "allow_auto_create_topics": False, "metrics_enabled": False}
        consumer = connect(KafkaConsumer, self._settings, self._client_id, **options)
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            consumer.assign(partitions)
            yield consumer, partitions
        except KafkaError as error:
            raise broker_error(f"reading the end of {topic} failed", error) from error
        finally:
            consumer.close(timeout_ms=int(CLOSE_TIMEOUT_S * 1000))


def _number(record: Any, mark: Mark) -> int:
    """The number of a record of the mark's sender; -1 for any other record."""
    for key, value in record.headers:
        sender, _, number = bytes(value or b"").decode("utf-8", "replace").partition(" ")
        if key == HEADER and sender == mark.sender and number.isdecimal():
            return int(number)
    return -1
