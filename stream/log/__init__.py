"""An append-only log in partitions: the protocol, an implementation in memory, and one on Kafka (kafka-python)."""
