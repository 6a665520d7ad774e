"""One run: a service of several processes on a three-node cluster, fed while faults come in bursts, then judged.

A burst is one to three faults close together; then the service must write states of all texts that were fed up to just
after the last of them. The time that takes, from the last fault on, is its recovery. The first part of it is Kafka's
own, elections included: until those texts are acknowledged to the feeder there is nothing that anybody could read. The
rest is ours, and is *stuck* if it is longer than the session timeout and a flush interval, times by how much others on
the machine slowed us down meanwhile (`machine_load`). Of every role at least one process is left alone by each burst,
so that there is somebody to take over. A fault of the network is a burst of its own: where it strikes all processes,
recovery is counted from its end; where it cuts off one lane, the other must take over at once, and both must be well
again after its end. A hostile producer writes beside the feeder all the while (`hostile`), and a reviewer judges words.

Most texts are there at once, as a backlog. The others come slowly, five seconds to a window or more, so that while
somebody takes over no text has to wait for a model: as in a stream, where a window lasts for longer than that.
"""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka.admin import AdminClient

from stream.config.config import Config
from stream.log.topics import ensure_topics
from tests.broker.cluster import Cluster
from tests.chaos.feeder import Feeder
from tests.chaos.hostile import HostileProducer
from tests.chaos.judge import Judge
from tests.chaos.machine_load import MachineLoad
from tests.chaos.network_faults import NetworkFault, in_turn
from tests.chaos.plan import Outcome, Plan, Recovery
from tests.chaos.processes import ALL_ROLES, Processes
from tests.chaos.progress import Progress
from tests.chaos.reviewer import Reviewer
from tests.chaos.texts import Feed, feed
from tests.integration.service import Service

PARTITIONS = 12
PROCESS_FAULTS = ("kill", "freeze", "terminate", "join")
BROKER_FAULTS = ("kill a broker", "kill the leader of a state topic", "freeze a broker")

STATE_TOPICS = ("tallies", "pair_sketches", "word_counts", "strong_pairs", "trend_state")
START_S, SETTLE_S = 60.0, 60.0


class Storm(Processes):
    def __init__(self, cluster: Cluster, folder: Path, seed: int, plan: Plan) -> None:
        self._plan = plan
        self._feed: Feed = feed(seed, plan.texts)
        settings = (f"kafka.session_timeout_s={plan.session_s}", f"kafka.flush_s={plan.flush_s}",
                    "kafka.replication_factor=-1", "cohesion.refresh_s=1", "sketches.char_width=4096",
                    "sketches.seed=9001",  # the oracle's: a seed that the service drew would name words otherwise
                    "sketches.pair_width=32768", "finder.memory_width=16384", f"kafka.snapshot_s={plan.snapshot_s}",
                    f"trends.hold={str(plan.hold).lower()}", f"topics.tallies_partitions={plan.shards}",
                    f"topics.raw_text_partitions={PARTITIONS}")  # fmt: skip
        service = Service(cluster.bootstrap_servers, f"storm-{seed}-{time.time_ns() % 10**8}-", folder,
                          (*settings, *self._feed.settings))  # fmt: skip
        super().__init__(cluster, service, random.Random(seed), Outcome(case=self._case()))
        self._config: Config = self._service.config
        self._broker: threading.Thread | None = None
        self._seed, self._load = seed, MachineLoad()

    def _case(self) -> str:
        kinds = {"network": self._plan.network, "2 shards": self._plan.shards > 1, "held": self._plan.hold}
        return ", ".join([self._feed.kind, *(kind for kind, so in kinds.items() if so)])

    def run(self) -> Outcome:
        """Feed, fault, settle, judge."""
        topics, plan = self._config.topics, self._plan
        self._prepare()
        servers = self._cluster.bootstrap_servers
        progress = Progress(servers, {"count": topics.tallies, "segment": topics.word_counts},
                            {topics.tallies: plan.shards})  # fmt: skip
        hostile = HostileProducer(servers, topics.raw_text, PARTITIONS, self._seed)
        feeder = Feeder(servers, topics.raw_text, PARTITIONS, self._feed.values, plan.seconds,
                        int(plan.backlog * plan.texts))  # fmt: skip
        reviewer = Reviewer(servers, ((topics.new_words, topics.new_words_partitions), (topics.held_words, 1)),
                            topics.word_verdicts, self._seed)  # fmt: skip
        self._judge = Judge(self._service, reviewer.given, plan.hold)
        with self._networks, self._service:
            try:
                self._open_lanes(self._seed)
                for role in ALL_ROLES.split(","):
                    for _ in range(plan.each):
                        self._start(role)
                feeder.start()
                if plan.reviewed:
                    reviewer.start()
                self._first_states(progress)
                feeder.go()
                if plan.hostile:
                    hostile.start()
                self._trouble(progress, feeder)
                self._heal()
                feeder.close()
                hostile.close()
                reviewer.close()
                self.outcome.hostile = hostile.sent.total()
                self.outcome.verdicts = sum(map(len, reviewer.given.values()))
                self._settle(progress, feeder)
                self._sum_up()
            finally:
                self._heal()
                feeder.close()
                hostile.close()
                reviewer.close()
                self._load.close()
                progress.close()
        return self.outcome

    def _prepare(self) -> None:
        ensure_topics(self._config.kafka, self._config.topics)

    # --- faults

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        faults = in_turn(self._seed // 3)
        while feeder.running and not self.outcome.verdict.stuck:
            if self._plan.network:
                self._network_burst(next(faults), progress, feeder)
            self._burst(progress, feeder)

    def _burst(self, progress: Progress, feeder: Feeder) -> None:
        spared = self._spared()
        done = [self._fault(spared) for _ in range(self._rng.choice((1, 1, 2, 3)))]
        self._recover(", ".join(done), progress, feeder)

    def _network_burst(self, fault: NetworkFault, progress: Progress, feeder: Feeder) -> None:
        """A fault of all lanes, or of one, once the processes on the others have all roles."""
        lane = self._rng.choice(list(self._lanes))
        while fault.one_lane and not self._has_all_roles(self._live(self._lanes.keys() - {lane})):
            self._wait(0.2)
        lanes = [self._lanes[lane]] if fault.one_lane else [*self._lanes.values()]
        fault.begin(lanes)
        until_s = time.monotonic() + fault.seconds
        if fault.one_lane:
            self._recover(f"{fault}", progress, feeder)
        self._wait(until_s - time.monotonic())
        NetworkFault.end(lanes)
        self._recover(f"end of {fault}", progress, feeder)

    def _recover(self, faults: str, progress: Progress, feeder: Feeder) -> None:
        """Wait until all is written that was fed until just after now; stuck if that takes longer than it may."""
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
            self._stuck(f"after {faults}: {progress.missing(target())}; others slowed us {slowdown:.1f} times")
        else:
            times = reached_s - struck_s, taken_s - struck_s, slowdown
            self.outcome.recoveries.append(Recovery(faults, *times))

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
        victims = sorted(set(self._live()) - spared)
        if not victims:
            return "nothing"
        victim = self._rng.choice(victims)
        self._strike(kind, victim, self._plan.session_s)
        return f"{kind} {victim}"

    def _strike_broker(self, kind: str) -> str:
        node = self._rng.choice(list(self._cluster.nodes))
        if kind == "kill the leader of a state topic":
            node = self._leader(getattr(self._config.topics, self._rng.choice(STATE_TOPICS)))
        away_s = self._rng.uniform(1.0, 5.0)
        if kind == "freeze a broker":
            self._cluster.pause(node)
        else:
            self._cluster.kill(node)

        def return_it() -> None:
            time.sleep(away_s)
            if kind == "freeze a broker":
                self._cluster.resume(node)
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

    def _act(self) -> None:
        if self._broker is not None and not self._broker.is_alive():
            self._broker = None
        super()._act()

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
        for lane in self._lanes.values():
            lane.heal()
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
        self._judge.read_log()
        self._stop("count")
        self._stop("refresh")
        self._by_settled(lambda: self._judge.texts().clean and self._judge.events().clean, lambda: "")
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

    def _sum_up(self) -> None:
        verdict, judge = self.outcome.verdict, self._judge
        for one in (judge.pairs(), judge.texts(), judge.events()):
            verdict.add(one)
        self.outcome.words = len(judge.words())
        lack = self.outcome.hostile - judge.dead_letters(self._cluster.bootstrap_servers)
        if lack > 0:  # one may come twice, none may be missing
            verdict.lost += lack
            verdict.notes.append(f"{lack} of {self.outcome.hostile} records that nobody can read are no dead letters")
