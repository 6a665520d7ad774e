"""How far the states on the topics have come: read from the headers of their chunks, by another client than ours."""

import threading
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition

from stream.range_log.messages import Part, UnreadableError, read_message
from stream.state.chunks import CHECKSUM, HEADER, MAGIC
from tests.chaos.beside import Beside


class Progress(Beside):
    """Follows state topics in a thread: {role: topic}, and how many shards a topic has, if not one.

    `done` is {role: {partition: next offset of the newest whole record on every shard}}.
    """

    def __init__(self, servers: str, topics: dict[str, str], shards: Mapping[str, int] | None = None) -> None:
        super().__init__()
        self._role_of = {topic: role for role, topic in topics.items()}
        self._shards = dict.fromkeys(self._role_of, 1) | dict(shards or {})
        self.done: dict[str, dict[int, int]] = {role: {} for role in topics}
        self._reached: dict[str, list[dict[int, int]]] = {}  # the same by topic and shard
        self._forget()
        self._changed = threading.Condition()
        self._anew = threading.Event()
        options = {"bootstrap.servers": servers, "group.id": uuid4().hex, "enable.auto.commit": False,
                   "auto.offset.reset": "earliest", "log_level": 0, "reconnect.backoff.max.ms": 1000}  # fmt: skip
        self._consumer = Consumer(options)
        self._consumer.assign(self._places())
        self.start()

    def reached(self, ends: dict[int, int]) -> bool:
        """Whether both roles have written states of all records below these offsets."""
        return all(done.get(number, 0) >= end for done in self.done.values() for number, end in ends.items())

    def wait(self, ends: Callable[[], dict[int, int]], until_s: float) -> float | None:
        """The moment (monotonic) at which `ends` is reached; None if that does not come."""
        with self._changed:
            while not self.reached(ends()):
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._changed.wait(min(left_s, 1.0))
            return time.monotonic()

    def missing(self, ends: dict[int, int]) -> dict[str, dict[int, tuple[int, int]]]:
        """{role: {partition: (done, end)}} of what is not reached."""
        return {
            role: {n: (done.get(n, 0), end) for n, end in ends.items() if done.get(n, 0) < end}
            for role, done in self.done.items()
        }

    def restart(self) -> None:
        """The topics are made anew: what was done is to be written again, and is read from the beginning."""
        self._anew.set()

    def close(self) -> None:
        super().close()
        self._consumer.close()

    def _work(self) -> None:
        while not self._closing.is_set():
            if self._anew.is_set():
                self._begin_again()
            for message in self._consumer.consume(500, 0.1):
                if not message.error() and message.value() is not None:
                    self._note(message.topic(), message.partition(), message.key() or b"", message.value())

    def _begin_again(self) -> None:
        """Once both topics are there again; until then there is nothing to read."""
        if set(self._role_of) <= self._consumer.list_topics(timeout=5).topics.keys():
            with self._changed:
                self._forget()
            self._consumer.assign(self._places())
            self._anew.clear()

    def _places(self) -> list[TopicPartition]:
        return [TopicPartition(topic, shard, 0) for topic, count in self._shards.items() for shard in range(count)]

    def _forget(self) -> None:
        self._reached = {topic: [{} for _ in range(count)] for topic, count in self._shards.items()}
        for done in self.done.values():
            done.clear()

    def _note(self, topic: str, shard: int, key: bytes, value: bytes) -> None:
        read = range_end(key, value) or state_end(key, value)
        if read is not None:
            role, (number, following) = self._role_of[topic], read
            with self._changed:
                reached = self._reached[topic]
                reached[shard][number] = max(following, reached[shard].get(number, 0))
                self.done[role][number] = min(one.get(number, 0) for one in reached)
                self._changed.notify_all()


def range_end(key: bytes, value: bytes) -> tuple[int, int] | None:
    """(input partition, next offset) of the last part of a range."""
    try:
        message = read_message(key, value)
    except UnreadableError:
        return None
    if isinstance(message, Part) and message.index == message.count - 1:
        return message.of.partition, message.of.end
    return None


def state_end(key: bytes, value: bytes) -> tuple[int, int] | None:
    """The same of the last chunk of a partition's state record."""
    name = key.decode(errors="replace").rsplit("/", 2)[0]
    if not name.isdigit() or len(value) < CHECKSUM.size + HEADER.size:
        return None
    magic, index, count, next_offset, _ = HEADER.unpack_from(value, CHECKSUM.size)
    return (int(name), next_offset) if magic == MAGIC and index == count - 1 else None
