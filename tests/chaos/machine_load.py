"""How much of the machine others took: so that a storm that only lacked processors is told from one that hangs.

Busy time of all cores (with what a hypervisor stole) less that of our own processes is what others used. Where they
used less than NOISE of the machine the bounds of a storm hold as they are; beyond it they grow as our share shrinks.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.beside import Beside

NOISE = 0.15  # of the machine: kernel threads, and what is sampled a moment late
LEAST_SHARE = 0.2  # bounds grow to five times at most: with less than that nothing is told by a storm
PERIOD_S = 0.5
TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds: monotonic time, busy cores since boot, processors used by us so far."""

    at_s: float
    busy_s: float
    own_s: float


class MachineLoad(Beside):
    """Samples in a thread until `close`."""

    def __init__(self, cores: int = os.cpu_count() or 1, sample: "Callable[[], Sample] | None" = None) -> None:
        super().__init__()
        self._cores, self._own = cores, OwnTime()
        self._sample = sample or self._now
        self.samples = [self._sample()]
        if sample is None:
            self.start()

    def slowdown(self, since_s: float) -> float:
        """By what a bound that began then is to be multiplied: 1 on a machine that others leave alone."""
        self.samples.append(self._sample())
        last = self.samples[-1]
        first = next((one for one in reversed(self.samples[:-1]) if one.at_s <= since_s), self.samples[0])
        elapsed_s = last.at_s - first.at_s
        if elapsed_s <= 0:
            return 1.0
        others = max(0.0, (last.busy_s - first.busy_s) - (last.own_s - first.own_s)) / (self._cores * elapsed_s)
        return 1.0 if others < NOISE else 1 / max(LEAST_SHARE, 1 - others)

    def _work(self) -> None:
        while not self._closing.wait(PERIOD_S):
            self.samples.append(self._sample())

    def _now(self) -> Sample:
        return Sample(time.monotonic(), busy_s(), self._own.total_s())


class OwnTime:
    """Processor time of this process and all it started, those that have ended too, as of when they were last seen."""

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}
        self._lock = threading.Lock()

    def total_s(self) -> float:
        """So far; grows only."""
        with self._lock:
            for pid, used_s in family(os.getpid()):
                self._seen[pid] = max(used_s, self._seen.get(pid, 0.0))
            return sum(self._seen.values())


def busy_s(stat: Path = Path("/proc/stat")) -> float:
    """Of all cores since boot: everything but idle and waiting for disks."""
    user, nice, system, _, _, irq, softirq, steal = map(int, stat.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS_S


def family(root: int) -> list[tuple[int, float]]:
    """(process id, processor seconds) of a process and all below it."""
    parents: dict[int, int] = {}
    used_s: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        pid = int(path.parent.name)
        parents[pid], used_s[pid] = int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS_S
    ours = {root}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return [(pid, used_s[pid]) for pid in ours if pid in used_s]
