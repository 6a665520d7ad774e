"""What befalls a topic or a cluster rather than a process, one scenario a run, judged as the storms are.

Each takes the place of a storm's bursts: texts flow, something happens in the middle, and all that was fed must have
been counted once by the end.
"""

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from confluent_kafka.admin import NewPartitions

from stream.log.kafka_sink import KafkaSink
from tests.broker.cluster import Cluster
from tests.chaos.feeder import Feeder
from tests.chaos.moments import BetweenShards, GivenBack, Verdicts, WakingZombie
from tests.chaos.plan import Plan
from tests.chaos.progress import Progress
from tests.chaos.storm import PARTITIONS, STATE_TOPICS, Storm

MORE = 3
NOISE = 400
FULL_DISK_BYTES = 220 << 20  # of room
ZOMBIE_S = 65.0
TWO_SHARDS = ("between shards", "given back", "waking zombie")
ANY_SEED = 3  # real texts, usual settings


class NotHereError(RuntimeError):
    """This machine does not let us do it; the message says what."""


class Growing(Storm):
    """Partitions are added to the topic of texts while it is read."""

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        topic = self._config.topics.raw_text
        admin = self._admin()  # held: its answers die with it
        admin.create_partitions([NewPartitions(topic, PARTITIONS + MORE)])[topic].result(30)
        feeder.widen(PARTITIONS + MORE)
        self._flow(feeder)


class Noise(Storm):
    """The state topics are full of random bytes, before the service starts and while it runs."""

    def _prepare(self) -> None:
        super()._prepare()
        self._make_noise()

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        self._make_noise()
        for name in list(self._service.processes):
            self._service.kill(name)
            self._replace(name)
        self._flow(feeder)

    def _make_noise(self) -> None:
        rng, sink = random.Random(1), KafkaSink(self._config.kafka, "noise")
        for topic in STATE_TOPICS:
            for _ in range(NOISE):
                key = rng.choice((b"0/A/0", b"1:1/B/3", b"model/A/0", b"trend/B/0", rng.randbytes(12)))
                sink.send(getattr(self._config.topics, topic), key, rng.randbytes(rng.randrange(1, 2000)), (), 0)
        sink.flush()
        sink.close()


class Deletion(Storm):
    """Somebody deletes every state topic under the running service."""

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        names = [getattr(self._config.topics, topic) for topic in STATE_TOPICS]
        admin = self._admin()
        for future in admin.delete_topics(names).values():
            future.result(30)
        progress.restart()
        self._flow(feeder)


class Zombie(Storm):
    """For as long as texts flow somebody without a group counts and cuts all partitions too, and writes its states."""

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        options = [part for override in self._service.overrides for part in ("--set", override)]
        zombie = subprocess.Popen([sys.executable, "-m", "tests.chaos.zombie", *options])
        try:
            self._flow(feeder)
            if zombie.poll() is not None:
                self._stuck(f"the zombie ended with {zombie.returncode}")
        finally:
            zombie.kill()
            zombie.wait()


class FullDisk(Storm):
    """The disk of one broker runs full, which ends the broker; later there is room again and it returns."""

    def run_on_small_disk(self) -> None:
        node = self._cluster.nodes[-1]
        folder = self._cluster.folder / f"node-{node}"
        self._cluster.stop(node)
        kept = folder.with_name(f"{folder.name}-kept")
        folder.rename(kept)
        folder.mkdir()
        size = FULL_DISK_BYTES + sum(file.stat().st_size for file in kept.rglob("*"))  # of earlier storms
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
                                 capture_output=True, text=True)  # fmt: skip
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        if mounted.returncode:
            self._cluster.start(node)
            raise NotHereError(f"no small disk can be mounted here: {mounted.stderr.strip()}")
        try:
            self._cluster.start(node)
            self._node, self._folder = node, folder
            self.run()
        finally:
            self._cluster.kill(node)
            subprocess.run(["umount", str(folder)], check=True)

    def _trouble(self, progress: Progress, feeder: Feeder) -> None:
        ballast = self._folder / "ballast"
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
            except OSError:
                pass
        full_s = time.monotonic()
        while self._node in self._cluster.running() and time.monotonic() < full_s + self._plan.seconds / 2:
            self._wait(0.5)
        ended = self._node not in self._cluster.running()
        self._wait(3.0)
        ballast.unlink()
        if ended:
            self._cluster.forget(self._node)
            self._cluster.start(self._node)
        else:
            self.outcome.verdict.notes.append("the broker lived through a full disk")
        self._flow(feeder)


SCENARIOS: dict[str, type[Storm]] = {
    "growing": Growing, "noise": Noise, "deletion": Deletion, "zombie": Zombie, "waking zombie": WakingZombie,
    "between shards": BetweenShards, "given back": GivenBack, "verdicts": Verdicts, "full disk": FullDisk,
}  # fmt: skip
LONG = {"zombie": ZOMBIE_S, "waking zombie": ZOMBIE_S, "verdicts": ZOMBIE_S}  # seconds of feeding


def scenario(name: str, cluster: Cluster, folder: Path, plan: Plan) -> tuple[Storm, Callable[[], object]]:
    """The storm of that name, and what runs it."""
    plan = replace(plan, hostile=False, seconds=LONG.get(name, plan.seconds), hold=name == "verdicts",
                   shards=2 if name in TWO_SHARDS else 1,
                   snapshot_s=3.0 if name == "given back" else plan.snapshot_s)  # fmt: skip
    storm = SCENARIOS[name](cluster, folder, ANY_SEED, plan)
    storm.outcome.case = name
    return storm, storm.run_on_small_disk if isinstance(storm, FullDisk) else storm.run
