"""The context of `run --dry-run`: texts are read from Kafka; all other topics are in the memory of this process.

Nothing is written to Kafka. Every partition is read from its oldest text, without a group, so only the right to read
`raw-text` is needed. Events are printed to stdout as JSON lines, dead letters are dropped. State topics keep the last
value of each key, as compaction would.
"""

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import BinaryIO

from stream.config.config import Config
from stream.log.kafka import KafkaSource
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Headers, Source
from stream.log.settings import topic_keys
from stream.log.topics import STATE
from stream.metrics import Metrics
from stream.roles.context import Context
from stream.service.assembly import open_source
from stream.state.seal_file import seal_of


class CompactedLog(MemoryLog):
    """A log in memory that keeps only the last value of each key in the compacted topics."""

    def __init__(self, compacted: frozenset[str]) -> None:
        super().__init__()
        self._compacted = compacted
        self._last: dict[tuple[str, bytes | None], int] = {}

    def append(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> tuple[int, int]:
        at = super().append(topic, key, value, headers, partition)
        if topic in self._compacted:
            if (before := self._last.get((topic, key))) is not None:
                self.replace(topic, before, None)
            self._last[topic, key] = at[1]
        return at


class ShownSink(MemorySink):
    """Prints what is sent to the topic of events, and drops dead letters, which nothing would ever read."""

    def __init__(self, log: MemoryLog, shown: str, dropped: str, out: BinaryIO) -> None:
        super().__init__(log)
        self._shown, self._dropped, self._out = shown, dropped, out

    def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> None:
        if topic == self._dropped:
            return
        if topic == self._shown and value is not None:
            self._out.write(value + b"\n")
            self._out.flush()
        super().send(topic, key, value, headers, partition)


def dry_context(config: Config, metrics: Metrics, give_back: Callable[[], None] = lambda: None) -> Context:
    """Return a context for a dry run.

    Raises BrokerError if no broker answers, UsageError for settings that do not work.
    """
    topics = config.topics
    log = CompactedLog(frozenset(getattr(topics, key) for key in STATE))
    for key in topic_keys():
        log.create(getattr(topics, key), getattr(topics, f"{key}_partitions", 1))
    sink = ShownSink(log, topics.new_words, topics.raw_text_dlq, sys.stdout.buffer)
    return Context(config, partial(_opened, config, log), sink, metrics, time.time, give_back, seal_of(config.kafka),
                   partial(_delete_records, log))  # fmt: skip


def _delete_records(log: MemoryLog, topic: str, before: Mapping[int, int]) -> None:
    for partition, offset in before.items():
        log.trim(topic, partition, offset)


def _opened(config: Config, log: MemoryLog, topic: str, group: str | None) -> Source:
    if topic == config.topics.raw_text:
        source: KafkaSource = open_source(config, topic, None)
        return source
    return MemorySource(log, topic, group)
