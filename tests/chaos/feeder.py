"""Feeds records at a steady rate from a thread of its own, by another client than ours; each arrives once, in order.

The first of them, `backlog`, are fed at once; the others from `go` on.
"""

import threading
import time

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from tests.chaos.beside import Beside

TICK_S = 0.25


PATIENT = {"enable.idempotence": True, "delivery.timeout.ms": 120_000, "reconnect.backoff.max.ms": 1000,
           "socket.timeout.ms": 5000, "log_level": 0}  # fmt: skip
"""A producer that loses and repeats nothing while brokers are away."""


class Feeder(Beside):
    """`ends` is {partition: offset after the last acknowledged record}."""

    def __init__(
        self, servers: str, topic: str, partitions: int, values: list[bytes], seconds: float, backlog: int = 0
    ) -> None:  # fmt: skip
        super().__init__()
        self._topic, self._values, self._backlog = topic, values, backlog
        self._portion = max(1, round((len(values) - backlog) * TICK_S / seconds))
        self._producer = Producer({**PATIENT, "bootstrap.servers": servers, "linger.ms": 5})
        self.ends: dict[int, int] = {}
        self.faults: list[str] = []
        self._partitions = partitions
        self._going = threading.Event()

    def go(self) -> None:
        """Feed the rest."""
        self._going.set()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def widen(self, partitions: int) -> None:
        """Go on over so many, once the broker lists them."""
        while len(self._producer.list_topics(self._topic, timeout=10).topics[self._topic].partitions) < partitions:
            time.sleep(TICK_S)
        self._partitions = partitions

    def close(self) -> None:
        """Stop where it is, and wait for what is under way."""
        self._closing.set()  # before it may go on
        self._going.set()
        super().close()

    def _work(self) -> None:
        try:
            self._feed_all()
        except KafkaException as error:
            self.faults.append(str(error))

    def _feed_all(self) -> None:
        self._produce(0, self._backlog)
        self._going.wait()
        due_s = time.monotonic()
        for first in range(self._backlog, len(self._values), self._portion):
            if self._closing.wait(max(0.0, due_s - time.monotonic())):
                return
            self._produce(first, min(first + self._portion, len(self._values)))
            due_s += TICK_S

    def _produce(self, first: int, end: int) -> None:
        for index in range(first, end):
            self._producer.produce(self._topic, self._values[index], partition=index % self._partitions,
                                   on_delivery=self._noted)  # fmt: skip
        self._producer.flush()

    def _noted(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.faults.append(str(error))
        else:
            number, end = message.partition(), message.offset() + 1
            self.ends[number] = max(end, self.ends.get(number, 0))
