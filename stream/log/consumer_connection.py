"""Keeps one consumer of kafka-python: connects it, makes a new one after a failure, and bounds how long a question
takes.

After an exception from its poll the client's state is undefined, so the owner drops it and the next call of `connected`
makes a new one, after a growing pause. An object belongs to one thread.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaError, KafkaTimeoutError

from stream.errors import BrokerError
from stream.log.client_internals import renew_metadata
from stream.log.kafka_client import CLOSE_TIMEOUT_S, broker_error, connect
from stream.log.settings import KafkaSettings

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 2.0  # an attempt takes up to 5 s more, so this bounds the time to reconnect
ASK_TIMEOUTS_MS = (1000, 1000, 3000)


class ConsumerConnection:
    """A consumer that may be missing: `consumer` is None until `connected` has made one.

    `prepare` is called with each.
    """

    def __init__(
        self, settings: KafkaSettings, topic: str, client_id: str, options: dict[str, Any],
        prepare: Callable[[Any], None],
    ) -> None:  # fmt: skip
        self._settings, self._topic, self._client_id = settings, topic, client_id
        self._options, self._prepare = options, prepare
        self.consumer: Any = None
        self._backoff_s, self._retry_at_s = FIRST_BACKOFF_S, 0.0
        self._closed = False

    def connected(self, timeout_s: float) -> bool:
        """Make the consumer if there is none; return False if the pause after a failure is not over within `timeout_s`.

        Raises BrokerError if no broker answers or the connection was closed.
        """
        if self._closed:
            raise BrokerError(f"the source of {self._topic} is closed")
        if self.consumer is not None:
            return True
        wait_s = self._retry_at_s - time.monotonic()
        if wait_s > 0:
            time.sleep(min(wait_s, timeout_s))
            if wait_s > timeout_s:
                return False
        try:
            self.consumer = connect(KafkaConsumer, self._settings, self._client_id, **self._options)
        except BrokerError:
            self._retry_at_s = time.monotonic() + self._backoff_s
            self._backoff_s = min(2 * self._backoff_s, LAST_BACKOFF_S)
            raise
        self._backoff_s = FIRST_BACKOFF_S
        self._prepare(self.consumer)
        return True

    def ask(self, what: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the consumer that asks the broker, and return its answer.

        Raises BrokerError if the broker does not answer in time.
        """
        if self.consumer is None:
            raise BrokerError(f"asking for {what} of {self._topic} failed: not connected")
        try:
            return self.patiently(method, *args, **kwargs)
        except KafkaError as error:
            raise broker_error(f"asking for {what} of {self._topic} failed", error) from error

    def patiently(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method up to three times with short timeouts, renewing the metadata in between. Raises KafkaError.

        After an election kafka-python 3.0.12 keeps asking the old leader: in our tests a standby got no answer for a
        minute, until its metadata expired.
        """
        for timeout_ms in ASK_TIMEOUTS_MS[:-1]:
            with suppress(KafkaTimeoutError):
                return getattr(self.consumer, method)(*args, timeout_ms=timeout_ms, **kwargs)
            renew_metadata(self.consumer)
        return getattr(self.consumer, method)(*args, timeout_ms=ASK_TIMEOUTS_MS[-1], **kwargs)

    def drop(self) -> None:
        """Close the consumer; the next one is made after a pause."""
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            self._retry_at_s = time.monotonic() + FIRST_BACKOFF_S
            with suppress(Exception):
                consumer.close(autocommit=False, timeout_ms=int(CLOSE_TIMEOUT_S * 1000))

    def close(self) -> None:
        """Close the consumer for good; later calls of `connected` raise BrokerError."""
        self._closed = True
        self.drop()
