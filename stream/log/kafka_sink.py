"""`KafkaSink`: the protocol `Sink` (see `protocol`) implemented with kafka-python's producer.

Guarantee: after a failure, nothing that was sent before it is written later. Connections are therefore closed with a
TCP reset: otherwise the kernel would still deliver buffered data after a network outage, when a successor has already
sent it again. Memory: at most `outstanding_bytes` unacknowledged.
"""

import socket
import struct
import time
from collections import deque
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from stream.log.client_internals import end_sender
from stream.log.kafka_client import CLOSE_TIMEOUT_S, broker_error, connect
from stream.log.protocol import Headers
from stream.log.settings import KafkaSettings

BATCH_BYTES = 1 << 18  # of what we write: in six copies at times, while the client compresses and sends it
OUTSTANDING_BYTES = 4 * BATCH_BYTES  # while the first is on its way the next ones are made
SOCKET_OPTIONS = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
                  (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))]  # fmt: skip
FIRST_DELIVERY_S, LAST_DELIVERY_S = 4.0, 32.0  # until a write has failed: short for an election, long for a slow line


class KafkaSink:
    """Writes through a producer that is replaced after each failure, once the old one can no longer write.

    The delivery timeout adapts. After the death of a leader, kafka-python's producer often retried the old leader until
    its timeout, while a new producer found the new leader at once; so the timeout starts short. It doubles with each
    failure, for slow lines, and returns to the short value after a flush that took less than that.
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
        """Wait until at most `most_bytes` are unacknowledged; 0 also sends incomplete batches at once.

        Raises BrokerError.
        """
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
            "socket_options": SOCKET_OPTIONS,
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
        end_sender(producer, CLOSE_TIMEOUT_S)
