"""Every record of a topic, read with our own client."""

from stream.config.config import Config
from stream.errors import BrokerError
from stream.log.kafka import KafkaSource
from stream.log.protocol import Record


def read_all(config: Config, topic: str) -> list[Record]:
    """Every record of a topic, as of now."""
    source = KafkaSource(config.kafka, topic, None, "storm")
    try:
        records: list[Record] = []
        ends: dict[int, int] | None = None
        while ends is None or any((source.position(number) or 0) < end for number, end in ends.items()):
            try:
                polled = source.poll(0.5)
            except BrokerError:
                continue
            if polled.assigned is not None:
                records, ends = [], source.ends()
                for number in ends:
                    source.seek(number, None)
            records += polled.records
        return records
    finally:
        source.close()
