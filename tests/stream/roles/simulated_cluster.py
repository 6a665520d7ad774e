"""Processes of the service on one log in memory, by a clock of the test's own, and faults that they suffer.

What is fed is the truth; `verdict` holds what stands on the topics against it, as `make chaos` does on a real broker.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import orjson
from prometheus_client import CollectorRegistry

from stream.config.config import Config, load
from stream.errors import BrokerError
from stream.events.events import Event, decode_event
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Record, Sink
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter
from stream.rules.word_lists import WordLists
from stream.simulation.simulate import SimulatedText, SimulateSettings, simulate
from stream.state.chunks import Assembler, StateRecord
from stream.state.snapshots import read_states
from stream.tallies.shard import Shard
from tests.chaos.oracle import check_kept, check_pairs, folded_shards, folded_words, texts_of
from tests.chaos.verdict import Verdict
from tests.chaos.word_lives import check_events

PARTITIONS = 3
STATE_TOPICS = ("tallies", "pair_sketches", "strong_pairs", "word_counts", "trend_state")
STEP_S = 5.0
SIMULATION = SimulateSettings(
    texts=2400, rate=5.0, seed=1, plant=("pulse", "shift"), share=0.06, copies=0.05, vocabulary=1500
)
SETTINGS = (
    "windows.length_s=30", "trends.min_texts=4", "trends.min_surprise=2", "trends.min_probability=0.1",
    "trends.evaluate_s=5", "finder.memory_width=4096", "finder.pairs=4096", "finder.units=4096",
    "sketches.pair_width=8192", "sketches.char_width=2048",
    "kafka.flush_s=15", "cohesion.refresh_s=15", f"topics.raw_text_partitions={PARTITIONS}",
    "kafka.snapshot_s=60",
)  # fmt: skip


class Pinned(MemorySource):
    """Once pinned it never learns that others took over."""

    pinned = False

    def _assignment(self) -> tuple[int, frozenset[int]]:
        return self._fence if self.pinned and self._fence is not None else super()._assignment()


@dataclass(slots=True)
class Process:
    """Some workers, and what they hold of the outside."""

    workers: list[Worker]
    metrics: Metrics
    sink: Sink
    sources: list[Pinned] = field(default_factory=list)
    frozen: bool = False


class Crew:
    """`feed` and `run` move the clock; the other methods are what may happen meanwhile."""

    def __init__(self, *settings: str, simulation: SimulateSettings = SIMULATION) -> None:
        self.now_s = simulation.start_s
        self.config: Config = load(None, {}, [*SETTINGS, *settings])
        self.log = MemoryLog(lambda: self.now_s)
        self.partitions = PARTITIONS
        for key in (*STATE_TOPICS, "held_words", "word_verdicts", "new_words", "raw_text_dlq"):
            self.log.create(self.topic(key), self.config.topics.tallies_partitions if key == "tallies" else 1)
        self.log.create(self.topic("raw_text"), PARTITIONS)
        self.processes: dict[str, Process] = {}
        self.dress: Callable[[str], str] = str
        """What is made of every text before it is fed."""
        self._texts = texts_fed(simulation)
        self._fed = 0

    def orphaned(self) -> "Crew":
        """The same topics at the same moment, and nobody who ever ran."""
        heir = Crew()
        heir.now_s, heir.config, heir.partitions = self.now_s, self.config, self.partitions
        heir._texts, heir._fed = self._texts, self._fed
        for topic, partitions in self.log._topics.items():
            heir.log.create(topic, len(partitions))
            for mine, theirs in zip(heir.log.partitions(topic), partitions, strict=True):
                mine.first, mine.records = theirs.first, list(theirs.records)
        return heir

    def topic(self, key: str) -> str:
        return str(getattr(self.config.topics, key))

    def start(self, name: str, sink: Callable[[MemoryLog], Sink] = MemorySink) -> Process:
        """A process with all roles; it joins when it runs."""
        sources: list[Pinned] = []

        def opened(topic: str, group: str | None) -> Pinned:
            sources.append(Pinned(self.log, topic, group, 1000))
            return sources[-1]

        metrics = Metrics(CollectorRegistry(), 0)
        edge = Context(self.config, opened, sink(self.log), metrics, lambda: self.now_s,
                       delete_records=self.delete_records)  # fmt: skip
        workers: list[Worker] = [Counter(edge), Refresher(edge), Segmenter(edge)]
        workers.append(Announcer(edge, WordLists.none(), lambda now_s: None))
        self.processes[name] = Process(workers, metrics, edge.sink, sources)
        return self.processes[name]

    def delete_records(self, topic: str, before: Mapping[int, int]) -> None:
        """As a broker gives back the beginning of a log."""
        for partition, offset in before.items():
            self.log.trim(topic, partition, offset)

    def freeze(self, name: str) -> None:
        """SIGSTOP for longer than the session timeout."""
        self.processes[name].frozen = True
        for source in self.processes[name].sources:
            source.expire()

    def thaw(self, name: str) -> None:
        """SIGCONT. The first it does is what it was about to do."""
        self.processes[name].frozen = False
        for worker in self.processes[name].workers:
            self._tried(worker.flush)  # type: ignore[attr-defined]  # every one of the four has it

    def kill(self, name: str) -> None:
        """kill -9, and the session timeout."""
        self.freeze(name)
        del self.processes[name]

    def stop(self, name: str) -> None:
        """SIGTERM."""
        for worker in self.processes.pop(name).workers:
            worker.close()

    def pin(self, name: str) -> None:
        """Others take over, and it does not notice and goes on."""
        for source in self.processes[name].sources:
            source.pinned = True
            source.expire()

    def unpin(self, name: str) -> None:
        for source in self.processes[name].sources:
            source.pinned = False

    def feed(self, seconds: float) -> None:
        """So much of the stream, as it comes, everybody running."""
        end_s = self.now_s + seconds
        while self.now_s < end_s and self._fed < len(self._texts):
            while self._fed < len(self._texts) and self._texts[self._fed].at_s < self.now_s + STEP_S:
                text = self._texts[self._fed]
                value = orjson.dumps({"ts": text.at_s, "text": self.dress(text.text), "source": text.source})
                self.log.append(self.topic("raw_text"), None, value, partition=self._fed % self.partitions)
                self._fed += 1
            self.now_s += STEP_S
            self._step()

    def idle(self, seconds: float, step_s: float = STEP_S) -> None:
        """Nothing is fed, everybody running."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += step_s
            self._step()

    def add_partitions(self, more: int) -> None:
        self.partitions += more
        self.log.extend(self.topic("raw_text"), self.partitions)

    def configure(self, *settings: str) -> None:
        """For those who start from now on."""
        self.config = load(None, {}, [*SETTINGS, *settings])

    def settle(self) -> None:
        """The rest of the stream; then until nobody has had anything to do for a minute."""
        self.feed(float("inf"))
        quiet_s = self.now_s
        while self.now_s - quiet_s < 60:
            self.now_s += STEP_S
            if self._step():
                quiet_s = self.now_s

    def verdict(self, planted: frozenset[str] = frozenset()) -> Verdict:
        """Pairs, texts of windows, events: against what was fed."""
        verdict = Verdict()
        texts = texts_of(self.records("raw_text"), self.topic("raw_text"), self.config)
        check_pairs(verdict, texts, self.shards(), self.config)
        check_kept(verdict, texts, *folded_words(self.states("trend_state"), self.records("word_counts"), self.config),
                   self.config)  # fmt: skip
        check_events(verdict, [(record.key, record.value) for record in self.records("new_words")], planted)
        return verdict

    def shards(self) -> list[Shard]:
        """What the snapshots and the tallies behind them add up to."""
        return folded_shards(self.states("pair_sketches"), self.records("tallies"), self.config)

    def records(self, key: str) -> list[Record]:
        return [record for partition in self.log.partitions(self.topic(key)) for record in partition.records]

    def states(self, key: str) -> dict[str, StateRecord]:
        return read_states(MemorySource(self.log, self.topic(key)), Assembler())

    def events(self) -> list[Event]:
        return [decode_event(record.value) for record in self.records("new_words") if record.value]

    def sampled(self, metric: str, **labels: str) -> float:
        """Summed over the processes."""
        return sum(self.sampled_of(name, metric, **labels) for name in self.processes)

    def sampled_of(self, name: str, metric: str, **labels: str) -> float:
        return self.processes[name].metrics.registry.get_sample_value(metric, labels) or 0.0

    def _step(self) -> bool:
        live: Iterable[Process] = [process for process in self.processes.values() if not process.frozen]
        done = [self._tried(lambda worker=worker: worker.run_once(0.0)) for one in live for worker in one.workers]
        return any(done)

    @staticmethod
    def _tried(act: Callable[[], object]) -> bool:
        """As the loop of a process does: a failure of the broker is tried again."""
        try:
            return bool(act())
        except BrokerError:
            return True


@lru_cache(maxsize=2)
def texts_fed(simulation: SimulateSettings) -> list[SimulatedText]:
    """Of several crews the same: nobody changes it."""
    return list(simulate(simulation))
