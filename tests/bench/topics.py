"""Topics that are filled before a measurement begins, by librdkafka, which is many times as fast as our client."""

from collections.abc import Iterable

from confluent_kafka import Producer
from kafka.admin import KafkaAdminClient, NewTopic

from stream.log.kafka_sink import BATCH_BYTES


def create(bootstrap: str, topic: str, partitions: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, partitions, 1)])
    admin.close()


def fill(bootstrap: str, topic: str, values: Iterable[tuple[int, bytes]], compression: str = "none") -> None:
    """Texts as (partition, value), in full batches, however many partitions there are."""
    producer = Producer({
        "bootstrap.servers": bootstrap, "acks": "all", "compression.codec": compression, "batch.size": BATCH_BYTES,
        "linger.ms": 60_000, "queue.buffering.max.messages": 1_000_000,
    })  # fmt: skip
    for partition, value in values:
        while True:
            try:
                producer.produce(topic, value, partition=partition)
                break
            except BufferError:  # the queue is full
                producer.poll(0.1)
    left = producer.flush(60)
    assert not left, f"{left} texts did not get into {topic}"
