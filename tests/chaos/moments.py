"""Scenarios in which a fault happens at one decisive moment; `scenarios` runs them."""

import signal
import time
from contextlib import suppress
from pathlib import Path

from stream.errors import BrokerError
from stream.log.topics import delete_records
from stream.state.announcer_codec import SNAPSHOT
from stream.state.chunks import StateRecord
from stream.tallies.shard import PREFIX
from tests.chaos.feeder import Feeder
from tests.chaos.progress import Progress
from tests.chaos.storm import Storm

HALTING = ("-m", "tests.chaos.halting")
HALTED_WITHIN_S = 30.0
LATE_S = 2.0  # after the session timeout: others have taken over


class WakingZombie(Storm):
    """A process freezes between its marker and its first range, others take over, and it wakes and writes on."""

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        self.woken = 0
        while feeder.running:
            for role in ("count", "segment"):
                self._freeze_and_wake(role)
        if not self.woken:
            self._stuck("no process froze after its marker")

    def _freeze_and_wake(self, role: str) -> None:
        self.program = (*HALTING, "marker")
        name = self._start(role)
        self.program = ("-m", "stream")
        until_s = time.monotonic() + HALTED_WITHIN_S
        while not is_stopped(self._service.processes[name].pid):
            if time.monotonic() > until_s:
                return
            self._wait(0.1)
        self._frozen.add(name)
        self._wait(self._plan.session_s + LATE_S)
        self._thaw(name)
        self.woken += 1
        self._wait(LATE_S)
        self._service.kill(name)


class BetweenShards(Storm):
    """Processes die when a range stands on the first shard, and not yet on the second; again and again."""

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        self.died = 0
        while feeder.running:
            self.program = (*HALTING, "shards")
            self._start("count")
            self._wait(6.0)
        self.program = ("-m", "stream")
        if not self.died:
            self._stuck("no process died between two shards")

    def _ended(self, name: str, code: int) -> None:
        if code == -signal.SIGKILL:
            self.died += 1
        else:
            super()._ended(name, code)


class GivenBack(Storm):
    """While who folds a log restarts, all of it is given back that the last snapshot does not need."""

    given_back = 0

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        while feeder.running:
            for role in ("refresh", "segment"):
                for name in [name for name in self._live() if self._roles[name] == role]:
                    self._strike("terminate", name, self._plan.session_s)  # leaves its group, so heirs begin at once
            self._wait(self._rng.uniform(0.0, 4.0))
            with suppress(BrokerError):  # nothing to be given back, or a leader that moves
                self._give_back()
            self._wait(8.0)
        if not self.given_back:
            self._stuck("nothing was given back")

    def _give_back(self) -> None:
        topics, kafka = self._config.topics, self._config.kafka
        shards, words = self._service.states(topics.pair_sketches), self._service.states(topics.trend_state)
        before = {shard: needed for shard in range(topics.tallies_partitions)
                  if (needed := _needed(shards.get(f"{PREFIX}{shard}")))}  # fmt: skip
        delete_records(kafka, topics.tallies, before)
        self.given_back += len(before)
        if needed := _needed(words.get(SNAPSHOT)):
            delete_records(kafka, topics.word_counts, {0: needed})
            self.given_back += 1


class Verdicts(Storm):
    """Words are held, reviewers decide, and who announces is killed or frozen every few seconds."""

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        while feeder.running:
            victims = [name for name in self._live() if self._roles[name] == "segment"]
            if len(victims) > 1:
                self._strike(self._rng.choice(("kill", "freeze", "terminate")), self._rng.choice(victims),
                             self._plan.session_s)  # fmt: skip
            self._wait(self._rng.uniform(2.0, 6.0))

    def _sum_up(self) -> None:
        super()._sum_up()
        if not self.outcome.verdicts:
            self._stuck("no word was judged")


def is_stopped(pid: int) -> bool:
    """Whether a process was sent SIGSTOP."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def _needed(record: StateRecord | None) -> int:
    return int(record.meta.get("needed", 0)) if record else 0
