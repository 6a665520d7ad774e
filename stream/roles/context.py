"""What a worker needs from outside: sources, a sink, metrics, a clock.

`run` makes it for Kafka, tests make it in memory.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Protocol

from sketches.hashing import seed_mark, use_names_of
from stream.config.config import Config
from stream.log.protocol import Sink, Source
from stream.metrics import Metrics
from stream.range_log.snapshot_keeper import DeleteRecords
from stream.state.chunks import OPEN, Assembler, Seal, StateRecord
from stream.state.seed import agreed_seed
from stream.state.snapshots import Hold, StateLog, read_states, whole

log = logging.getLogger(__name__)
UNFIT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What reading a whole record may raise that another version or hand has written: it is counted and built anew."""


class Worker(Protocol):
    """The loop of one role, one step at a time."""

    role: str

    def run_once(self, timeout_s: float) -> bool:
        """Poll once and process; return whether there was anything to do.

        Raises BrokerError; may then be called again.
        """

    @property
    def ready(self) -> bool:
        """Whether its state is restored."""

    def close(self) -> None:
        """Flush and leave the group."""


STEP_WINDOWS = 7  # windows that are read in a backlog before states and models are written


@dataclass(frozen=True, slots=True)
class Context:
    """What a worker needs from outside.

    `open_source(topic, group)` reads every partition if the group is None. `now_s` is the wall clock in seconds since
    1970.
    """

    config: Config
    open_source: Callable[[str, str | None], Source]
    sink: Sink
    metrics: Metrics
    now_s: Callable[[], float]
    give_back: Callable[[], None] = lambda: None
    """Memory that is free goes to the system: to be called before what needs much for a moment."""
    seal: Seal = OPEN
    """How large state records may be, and the key they are sealed with."""
    delete_records: DeleteRecords = lambda topic, before: None
    """Give back the records of a topic before these offsets, by partition. Raises BrokerError."""
    open_sink: Callable[[], Sink] | None = None
    """One more sink; None: the one there is may be used by all threads."""

    def own(self) -> "Context":
        """Return a copy for another thread with a sink of its own, because objects of the log belong to one thread."""
        return self if self.open_sink is None else replace(self, sink=self.open_sink())

    def group(self, role: str) -> str:
        """Return the name of a role's consumer group."""
        return f"{self.config.kafka.group}-{role}"

    @property
    def step_s(self) -> float:
        """The event time (s) after which states and models are written in a backlog, however fast it is read.

        So a backlog is read in steps, and a text is judged with a model of its own time.
        """
        return STEP_WINDOWS * self.config.windows.length_s

    def assembler(self, wanted: Callable[[str], bool] = lambda name: True) -> Assembler:
        """Return a reader for the state records with these names."""
        return Assembler(wanted, self.seal)

    def state_log(self, topic: str) -> StateLog:
        """Return a writer for the state records of a topic."""
        return StateLog(self.sink, topic, self.seal)

    def states(
        self, topic: str, wanted: Callable[[str], bool] | Collection[str], role: str, from_offset: int = 0,
        hold: Hold = whole,
    ) -> dict[str, StateRecord]:  # fmt: skip
        """Read the last whole state records of a topic; `hold` says what to keep of each.

        Reads from `from_offset`, or from the beginning if a record that is wanted by name is not found from there.
        Raises BrokerError.
        """
        names = [] if callable(wanted) else list(wanted)
        source = self.open_source(topic, None)
        assembler = self.assembler(wanted if callable(wanted) else wanted.__contains__)
        try:
            return read_states(source, assembler, names, from_offset or None, hold=hold)
        finally:
            source.close()
            self.report_unreadable(assembler, role)

    def report_unreadable(self, assembler: Assembler, role: str) -> None:
        """Count and log what the assembler could not read since the last call."""
        if assembler.unreadable:
            reasons, assembler.unreadable = assembler.unreadable, Counter()
            self.metrics.state_unreadable.labels(role).inc(reasons.total())
            log.warning("%s: skipped messages that are not state of this service: %s", role, dict(reasons))


def seeded(edge: Context) -> Context:
    """Return a copy with the seed of the deployment in its configuration, and use that seed for all names of this
    process.

    Call it before anything is named. Raises BrokerError.
    """
    config = edge.config
    seed = config.sketches.seed
    if seed is None:
        seed = agreed_seed(edge.open_source, edge.sink, config.topics.strong_pairs, edge.seal)
    use_names_of(seed)
    config = replace(config, sketches=replace(config.sketches, seed=seed))
    return replace(edge, config=config, seal=replace(edge.seal, seed_mark=seed_mark(seed)))
