"""The mock broker inside librdkafka, for machines with neither Java nor KAFKA_BOOTSTRAP_SERVERS: up in milliseconds.

It speaks Kafka's protocol on the loopback interface: produce, consume, groups, commits. It does not create topics for
an admin client (they appear when first named, with four partitions), compact, know transactions, or keep more than
5 MiB a partition, so a test that passes here has shown that our client code runs, not that our guarantees hold.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

API_VERSION = (2, 3)
"""Give this to kafka-python as `api_version`: the mock does not announce enough to have it found out."""


@contextmanager
def mock_broker() -> Iterator[str]:
    """Bootstrap servers of a mock that lives until the block ends."""
    owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    brokers = owner.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
