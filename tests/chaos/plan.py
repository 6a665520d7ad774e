"""The plan of a storm, derived from its seed, and its result."""

from dataclasses import dataclass, field, replace

from stream.log.settings import KafkaSettings
from tests.chaos.verdict import Verdict

NETWORK_SECONDS = 150.0  # of feeding, where holes last for up to 90


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
    network: bool = False  # faults of the network between the processes and the brokers
    shards: int = 1  # of the tallies
    snapshot_s: float = 20.0
    reviewed: bool = True  # verdicts are written meanwhile
    hold: bool = False  # words wait for a reviewer

    @property
    def bound_s(self) -> float:
        return self.session_s + self.flush_s + self.grace_s

    def of(self, seed: int) -> "Plan":
        """The same for a storm of this seed: every third on a bad network, half with two shards, half held."""
        network = seed % 3 == 0
        return replace(self, network=network, shards=1 + seed // 2 % 2, hold=bool(seed // 4 % 2),
                       seconds=max(self.seconds, NETWORK_SECONDS) if network else self.seconds)  # fmt: skip


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
    """What came of a run; `words` is how many were announced or held."""

    verdict: Verdict = field(default_factory=Verdict)
    recoveries: list[Recovery] = field(default_factory=list)
    fed: int = 0
    case: str = ""
    words: int = 0
    verdicts: int = 0
    """Of reviewers, that took effect under way."""
    hostile: int = 0
    """Records that nobody can read, of a hostile producer."""
