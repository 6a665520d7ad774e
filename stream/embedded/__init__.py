"""The same pipeline in one process without Kafka: `replay`, `explain FILE`, `backfill`."""
