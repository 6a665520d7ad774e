"""One run: a service of several processes on a three-node cluster, fed while faults come in bursts, then judged.

A burst is one to three faults close together; then the service must write states of all texts that were fed up to just
after the last of them. The time that takes, from the last fault on, is its recovery. The first part of it is Kafka's
own, elections included: until those texts are acknowledged to the feeder there is nothing that anybody could read. The
rest is ours, and is *stuck* if it is longer than the session timeout and a flush interval, times by how much others on
the machine slowed us down meanwhile (`machine_load`). Of every role at least one process is left alone by each burst,
so that there is somebody to take over. A hostile producer writes beside the feeder all the while (`hostile`).

Most texts are there at once, as a backlog. The others come slowly, five seconds to a window, so that while somebody
takes over no text has to wait for a model: as in a stream, where a window lasts for longer than that.
"""

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from stream.config.config import Config
from stream.log.protocol import Record
from stream.log.settings import KafkaSettings
from stream.log.topics import ensure_topics
from stream.range_log.chain import Cursor
from stream.trends.new_words import NewWords
from tests.broker.cluster import Cluster
from tests.chaos.feeder import Feeder
from tests.chaos.hostile import HostileProducer
from tests.chaos.machine_load import MachineLoad
from tests.chaos.oracle import (
    Verdict,
    announced_by,
    check_events,
    check_kept,
    check_pairs,
    folded_shards,
    folded_words,
    texts_of,
)
from tests.chaos.progress import Progress
from tests.chaos.reading import read_all
from tests.chaos.texts import Feed, feed
from tests.integration.service import Service

PARTITIONS = 12
ALL_ROLES = "count,refresh,segment"
PROCESS_FAULTS = ("kill", "freeze", "terminate", "join")
BROKER_FAULTS = ("kill a broker", "kill the leader of a state topic", "freeze a broker")

STATE_TOPICS = ("tallies", "pair_sketches", "word_counts", "strong_pairs", "trend_state")
START_S, SETTLE_S = 60.0, 60.0
ENDED = (0, -signal.SIGTERM)  # the latter if it was asked before it had begun to listen


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a run is. `grace_s` is allowed on top of session timeout and flush: by default nothing."""

    texts: int = 13_000
    backlog: float = 0.75  # share of them that is there at once
    seconds: float = 35.0  # in which the others come
    each: int = 2
    brokers: bool = True
    session_s: float = KafkaSettings().session_timeout_s
    flush_s: float = KafkaSettings().flush_s
    grace_s: float = 0.0
    hostile: bool = True  # a producer among the feeders that writes what nobody can read

    @property
    def bound_s(self) -> float:
        return self.session_s + self.flush_s + self.grace_s


@dataclass(frozen=True, slots=True)
class Recovery:
    """From the last of some faults until states of all texts were written; until Kafka had taken the texts."""

    faults: str
    seconds: float
    kafka_s: float
    slowdown: float = 1.0
    """By others on the machine."""

    @property
    def own_s(self) -> float:
        """What is ours of it."""
        return self.seconds - self.kafka_s


@dataclass(slots=True)
class Outcome:
    """What came of a run; `words` are the planted ones that were heard."""

    verdict: Verdict = field(default_factory=Verdict)
    recoveries: list["Recovery"] = field(default_factory=list)
    fed: int = 0
    case: str = ""
    words: int = 0
    hostile: int = 0
    """Records that nobody can read, of a hostile producer."""


class Storm:
    def __init__(self, cluster: Cluster, folder: Path, seed: int, plan: Plan) -> None:
        self._cluster, self._plan, self._rng = cluster, plan, random.Random(seed)
        self._feed: Feed = feed(seed, plan.texts)
        settings = (f"kafka.session_timeout_s={plan.session_s}", f"kafka.flush_s={plan.flush_s}",
                    "kafka.replication_factor=-1", "cohesion.refresh_s=1", "sketches.char_width=4096",
                    "sketches.seed=9001",  # the oracle's: a seed that the service drew would name words otherwise
                    "sketches.pair_width=32768", "finder.memory_width=16384", "kafka.snapshot_s=20",
                    f"topics.raw_text_partitions={PARTITIONS}")  # fmt: skip
        self._service = Service(cluster.bootstrap_servers, f"storm-{seed}-{time.time_ns() % 10**8}-", folder,
                                (*settings, *self._feed.settings))  # fmt: skip
        self._config: Config = self._service.config
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._frozen: set[str] = set()
        self._leaving: set[str] = set()  # asked to end
        self._broker: threading.Thread | None = None
        self._frozen_node: int | None = None
        self._roles: dict[str, str] = {}
        self._number = 0
        self._seed, self._load = seed, MachineLoad()
        self.outcome = Outcome(case=self._feed.kind)

    def run(self) -> Outcome:
        """Feed, fault, settle, judge."""
        topics = self._config.topics
        self._prepare()
        servers = self._cluster.bootstrap_servers
        progress = Progress(servers, {"count": topics.tallies, "segment": topics.word_counts})
        backlog = int(self._plan.backlog * self._plan.texts)
        hostile = HostileProducer(servers, topics.raw_text, PARTITIONS, self._seed)
        feeder = Feeder(servers, topics.raw_text, PARTITIONS, self._feed.values, self._plan.seconds, backlog)
        with self._service:
            try:
                for role in ("count", "refresh", "segment"):
                    for _ in range(self._plan.each):
                        self._start(role)
                feeder.start()
                self._first_states(progress)
                feeder.go()
                if self._plan.hostile:
                    hostile.start()
                self._trouble(progress, feeder)
                self._heal()
                feeder.close()
                hostile.close()
                self.outcome.hostile = hostile.sent.total()
                self._settle(progress, feeder)
                self._judge()
            finally:
                self._heal()
                feeder.close()
                hostile.close()
                self._load.close()
                progress.close()
        return self.outcome

    def _prepare(self) -> None:
        ensure_topics(self._config.kafka, self._config.topics)

    # --- faults

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        while feeder.running and not self.outcome.verdict.stuck:
            self._burst(progress, feeder)

    def _burst(self, progress: Progress, feeder: Feeder) -> None:
        spared = self._spared()
        done = [self._fault(spared) for _ in range(self._rng.choice((1, 1, 2, 3)))]
        struck_s = time.monotonic()
        before = dict(feeder.ends)
        ends: dict[int, int] = {}
        taken_s = struck_s

        def target() -> dict[int, int]:
            """The first texts of each partition that were fed after the last fault; the last ones, if none came."""
            nonlocal taken_s
            self._act()
            more = all(end > before.get(number, 0) for number, end in feeder.ends.items())
            if not ends and (more or not feeder.running):
                ends.update(feeder.ends)
                taken_s = time.monotonic()
            return ends or {-1: 1}

        reached_s, slowdown = None, 1.0
        while reached_s is None and (not ends or time.monotonic() < taken_s + self._plan.bound_s * slowdown):
            slowdown = self._load.slowdown(taken_s)
            reached_s = progress.wait(target, time.monotonic() + 0.1)
        if reached_s is None:
            self._stuck(f"after {', '.join(done)}: {progress.missing(target())}; others slowed us {slowdown:.1f} times")
        else:
            times = reached_s - struck_s, taken_s - struck_s, slowdown
            self.outcome.recoveries.append(Recovery(", ".join(done), *times))

    def _fault(self, spared: set[str]) -> str:
        kinds = [*PROCESS_FAULTS, *PROCESS_FAULTS[:2]]
        if self._plan.brokers and self._broker is None:
            kinds += BROKER_FAULTS
        kind = self._rng.choice(kinds)
        self._wait(self._rng.uniform(0.0, 1.5))
        if kind in BROKER_FAULTS:
            return self._strike_broker(kind)
        if kind == "join":
            return f"join {self._start(ALL_ROLES)}"
        victims = sorted(self._service.processes.keys() - spared - self._frozen - self._leaving)
        if not victims:
            return "nothing"
        victim = self._rng.choice(victims)
        roles = self._roles[victim]
        if kind == "freeze":
            self._service.processes[victim].send_signal(signal.SIGSTOP)
            self._frozen.add(victim)
            self._in(self._plan.session_s + self._rng.uniform(0.5, 3.0), lambda: self._thaw(victim))
        elif kind == "kill":
            self._service.kill(victim)
            self._in(self._rng.uniform(0.0, 2.0), lambda: self._start(roles))
        else:
            self._service.processes[victim].send_signal(signal.SIGTERM)
            self._leaving.add(victim)
            self._in(0.0, lambda: self._reap(victim, roles))
        return f"{kind} {victim}"

    def _strike_broker(self, kind: str) -> str:
        node = self._rng.choice(list(self._cluster.nodes))
        if kind == "kill the leader of a state topic":
            node = self._leader(getattr(self._config.topics, self._rng.choice(STATE_TOPICS)))
        away_s = self._rng.uniform(1.0, 5.0)
        if kind == "freeze a broker":
            self._cluster.pause(node)
            self._frozen_node = node
        else:
            self._cluster.kill(node)

        def return_it() -> None:
            time.sleep(away_s)
            if kind == "freeze a broker":
                self._cluster.resume(node)
                self._frozen_node = None
                self._cluster.wait_for(*self._cluster.nodes)
            else:
                self._cluster.start(node)

        self._broker = threading.Thread(target=return_it)
        self._broker.start()
        return f"{kind} ({node})"

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self._cluster.bootstrap_servers, "log_level": 0})

    def _flow(self, feeder: Feeder) -> None:
        """Until everything is fed."""
        while feeder.running:
            self._wait(0.5)

    def _leader(self, topic: str) -> int:
        return int(self._admin().list_topics(topic, timeout=10).topics[topic].partitions[0].leader)

    def _spared(self) -> set[str]:
        """One live process of each role."""
        live = [name for name in self._service.processes if name not in self._frozen | self._leaving]
        return {
            self._rng.choice([name for name in live if role in self._roles[name].split(",")])
            for role in {role for name in live for role in self._roles[name].split(",")}
        }

    def _start(self, roles: str) -> str:
        self._number += 1
        name = f"{roles.replace(',', '+')}-{self._number}"
        self._roles[name] = roles
        self._service.start(name, roles)
        return name

    def _thaw(self, name: str) -> None:
        if name in self._frozen:
            self._frozen.discard(name)
            self._service.processes[name].send_signal(signal.SIGCONT)

    def _reap(self, name: str, roles: str) -> None:
        """A process that was asked to end must do so; then another takes its place."""
        code = self._service.processes[name].poll()
        if code is None:
            self._in(0.1, lambda: self._reap(name, roles))
            return
        del self._service.processes[name]
        self._leaving.discard(name)
        if code not in ENDED:
            self._stuck(f"{name} ended with {code}\n{self._service.logs_of(name)}")
        self._start(roles)

    # --- time

    def _in(self, seconds: float, act: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, act))

    def _act(self) -> None:
        """What is due; and whoever ended unasked is a fault of ours."""
        if self._broker is not None and not self._broker.is_alive():
            self._broker = None
        now_s = time.monotonic()
        due = [act for at_s, act in self._later if at_s <= now_s]
        self._later = [(at_s, act) for at_s, act in self._later if at_s > now_s]
        for act in due:
            act()
        for name, process in list(self._service.processes.items()):
            if process.poll() not in (None, *ENDED):
                del self._service.processes[name]
                self._stuck(f"{name} ended with {process.returncode}:\n{self._service.logs_of(name)}")
                self._start(self._roles[name])

    def _wait(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self._act()
            time.sleep(0.05)

    def _stuck(self, note: str) -> None:
        self.outcome.verdict.stuck += 1
        self.outcome.verdict.notes.append(note)

    # --- the end

    def _first_states(self, progress: Progress) -> None:
        """States of the backlog: however long it takes to start, all faults fall into the flow of texts."""
        deadline_s = time.monotonic() + START_S
        backlog = dict.fromkeys(range(PARTITIONS), int(self._plan.backlog * self._plan.texts) // PARTITIONS)
        while not progress.reached(backlog):
            self._wait(0.2)
            if time.monotonic() > deadline_s:
                raise AssertionError(f"the service did not start\n{self._service.logs()}")

    def _heal(self) -> None:
        while self._later:
            self._wait(0.1)
        if self._broker is not None:
            self._broker.join()
            self._broker = None

    def _settle(self, progress: Progress, feeder: Feeder) -> None:
        """All that was fed is in the states; then no more models, then no more cutting."""
        self.outcome.fed = sum(feeder.ends.values())
        if feeder.faults:
            raise AssertionError(f"the feeder failed: {feeder.faults[:3]}")
        self._by_settled(lambda: progress.reached(feeder.ends), lambda: f"not settled: {progress.missing(feeder.ends)}")
        self._log = self._read_log()
        self._stop("count")
        self._stop("refresh")
        self._by_settled(lambda: self._judged_texts().clean and self._judged_events().clean, lambda: "")
        self._stop("segment")

    def _by_settled(self, so: Callable[[], bool], note: Callable[[], str]) -> None:
        deadline_s = time.monotonic() + SETTLE_S
        while not so():
            if time.monotonic() > deadline_s:
                if note():
                    self._stuck(f"{note()}\n{self._service.logs()}")
                return
            self._wait(0.5)

    def _stop(self, role: str) -> None:
        """In the order of the flow: whoever has this role and none that comes later."""
        later = ALL_ROLES.split(",")[ALL_ROLES.split(",").index(role) + 1 :]
        for name in [name for name in self._service.processes if role in self._roles[name].split(",")]:
            if not set(self._roles[name].split(",")) & set(later) and (code := self._service.stop(name)):
                self._stuck(f"{name} ended with {code}\n{self._service.logs_of(name)}")

    def _judge(self) -> None:
        verdict = self.outcome.verdict
        texts = texts_of(self._log, self._config.topics.raw_text, self._config)
        topics = self._config.topics
        tallies = read_all(self._config, topics.tallies)
        check_pairs(verdict, texts, folded_shards(self._service.states(topics.pair_sketches), tallies, self._config),
                    self._config)  # fmt: skip
        verdict.add(self._judged_texts())
        verdict.add(self._judged_events())
        if (missing := self.outcome.hostile - self._dead_letters()) > 0:  # one may come twice, none may be missing
            verdict.lost += missing
            verdict.notes.append(
                f"{missing} of {self.outcome.hostile} records that nobody can read are no dead letters"
            )

    def _dead_letters(self) -> int:
        """Written so far."""
        consumer = Consumer({"bootstrap.servers": self._cluster.bootstrap_servers, "group.id": "storm", "log_level": 0})
        try:
            return int(consumer.get_watermark_offsets(TopicPartition(self._config.topics.raw_text_dlq, 0), 30)[1])
        finally:
            consumer.close()

    def _judged_texts(self) -> Verdict:
        verdict, topics = Verdict(), self._config.topics
        check_kept(verdict, texts_of(self._log, topics.raw_text, self._config), *self._words(), self._config)
        return verdict

    def _words(self) -> tuple[NewWords, Cursor]:
        topics = self._config.topics
        kept = read_all(self._config, topics.word_counts)
        return folded_words(self._service.states(topics.trend_state), kept, self._config)

    def _judged_events(self) -> Verdict:
        verdict = Verdict()
        values = [value for _, value, _ in self._service.values(self._config.topics.new_words)]
        check_events(verdict, values, announced_by(self._words()[0]))
        self.outcome.words = len(self._feed.planted & {orjson.loads(value)["word"] for value in values})
        return verdict

    def _read_log(self) -> list[Record]:
        return read_all(self._config, self._config.topics.raw_text)
