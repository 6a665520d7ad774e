"""A running service for tests: roles as processes of their own, texts produced, states and events read back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, TopicPartition

from stream.config.config import Config, load
from stream.log.kafka import KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.settings import topic_keys
from stream.state.chunks import Assembler, StateRecord, split
from stream.state.snapshots import read_states
from tests.chaos.oracle import folded_shards
from tests.chaos.reading import read_all


class Service:
    """`new-words run` with topics and groups of its own on a broker."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, settings: Iterable[str] = ()) -> None:
        topics = topic_keys()
        self.overrides = [
            f"kafka.bootstrap_servers={bootstrap}",
            f"kafka.group={prefix}",
            "kafka.flush_s=0.5",
            "cohesion.refresh_s=0.5",
            "kafka.session_timeout_s=6",
            "kafka.replication_factor=1",
            "trends.evaluate_s=0.2",
            "server.port=-1",
            "sketches.pair_width=131072",
            *(f"topics.{topic}={prefix}{topic.replace('_', '-')}" for topic in topics),
            *settings,
        ]
        self.config: Config = load(None, {}, self.overrides)
        self._folder, self._stack = folder, ExitStack()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        roles: str,
        *settings: str,
        program: Sequence[str] = ("-m", "stream"),
        options: Sequence[str] = (),
    ) -> None:
        """Start a process under a name; `settings` are for this one only, and so is a `program` that is not ours."""
        options = [*options, *(part for override in (*self.overrides, *settings) for part in ("--set", override))]
        log = self._stack.enter_context((self._folder / f"{name}-{time.time_ns()}.log").open("wb"))
        command = [sys.executable, *program, "run", "--roles", roles, *options]
        environ = {key: value for key, value in os.environ.items() if not key.startswith("NEWWORDS_")}
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environ)

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> int:
        """SIGTERM; the exit code."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(timeout=40)

    def produce(self, texts: Iterable[tuple[int, bytes]]) -> None:
        """Texts as (partition, value)."""
        sink = KafkaSink(self.config.kafka, "test")
        for partition, value in texts:
            sink.send(self.config.topics.raw_text, None, value, (), partition)
        sink.flush()
        sink.close()

    def states(self, topic: str) -> dict[str, StateRecord]:
        """The last whole state records of a topic."""
        source = KafkaSource(self.config.kafka, topic, None, "test")
        try:
            return read_states(source, Assembler())
        finally:
            source.close()

    def states_bytes(self, topic: str) -> int:
        """Bytes of the last whole state records of a topic, packed."""
        return sum(len(value) for record in self.states(topic).values() for _, value in split(record, "A"))

    def totals(self) -> dict[str, int]:
        """What the counters have counted, over all partitions."""
        summed: dict[str, int] = {}
        shards = folded_shards(self.states(self.config.topics.pair_sketches),
                               read_all(self.config, self.config.topics.tallies), self.config)  # fmt: skip
        for totals in shards[0].totals.values():
            for key, value in totals.items():
                summed[f"total_{key}"] = summed.get(f"total_{key}", 0) + value
        return summed

    def values(self, topic: str) -> list[tuple[bytes | None, bytes, dict[str, bytes]]]:
        """Every record of a topic, as of now: key, value, headers."""
        consumer = KafkaConsumer(bootstrap_servers=self.config.kafka.bootstrap_servers, enable_auto_commit=False)
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            consumer.assign(partitions)
            ends = consumer.end_offsets(partitions)
            consumer.seek_to_beginning(*partitions)
            found = []
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                for records in consumer.poll(timeout_ms=500).values():
                    found += [(record.key, record.value, dict(record.headers)) for record in records]
            return found
        finally:
            consumer.close()

    def wait(self, until: Callable[[], bool], what: str, timeout_s: float = 100.0) -> None:
        """Until it is so; fails with the ends of the logs if it does not come, or a process has died."""
        deadline_s = time.monotonic() + timeout_s
        while not until():
            dead = [name for name, process in self.processes.items() if process.poll() is not None]
            if dead or time.monotonic() > deadline_s:
                raise AssertionError(f"{what}: not within {timeout_s} s, ended: {dead}\n{self.logs()}")
            time.sleep(0.2)

    def logs(self) -> str:
        """The end of every log."""
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self._folder.glob("*.log")))

    def logs_of(self, name: str) -> str:
        """The end of the logs of one process."""
        return "\n".join(path.read_text()[-3000:] for path in sorted(self._folder.glob(f"{name}-*.log")))

    def whole_log_of(self, name: str) -> str:
        """All that one process has said, on stdout and stderr."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob(f"{name}-*.log")))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        self._stack.close()
