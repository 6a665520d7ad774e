"""The whole pipeline in one process without Kafka, for `replay`, `explain FILE` and `backfill`."""
