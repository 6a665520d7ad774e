"""The processes of a service under storm: who runs, who is frozen or leaving, what is to happen later.

Processes take turns on the lanes of the network, if the cluster has any, so that one lane can be cut off and each role
still lives on another. Whoever ended unasked is a fault, and is started again.
"""

import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import cycle

from tests.broker.cluster import Cluster
from tests.broker.proxy import Network
from tests.chaos.plan import Outcome
from tests.integration.service import Service

ALL_ROLES = "count,refresh,segment"
ENDED = (0, -signal.SIGTERM)  # the latter if it was asked before it had begun to listen


class Processes:
    """`lanes` are the networks between the processes and the brokers, by name."""

    def __init__(self, cluster: Cluster, service: Service, rng: random.Random, outcome: Outcome) -> None:
        self._cluster, self._service, self._rng, self.outcome = cluster, service, rng, outcome
        self.program: tuple[str, ...] = ("-m", "stream")
        """What is run; another one may halt where a test wants it."""
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._frozen: set[str] = set()
        self._leaving: set[str] = set()  # asked to end
        self._roles: dict[str, str] = {}
        self._lane_of: dict[str, str] = {}
        self._turns = {roles: cycle(cluster.lanes) for roles in (*ALL_ROLES.split(","), ALL_ROLES)}
        self._number = 0
        self._networks = ExitStack()
        self._lanes: dict[str, Network] = {}

    def _open_lanes(self, seed: int) -> None:
        for number, (lane, ports) in enumerate(self._cluster.lanes.items()):
            self._lanes[lane] = self._networks.enter_context(Network(dict(ports), 100 * seed + number))

    def _start(self, roles: str, *settings: str, lane: str | None = None) -> str:
        """A process with these roles, on the lane whose turn it is unless one is named; its name."""
        self._number += 1
        name = f"{roles.replace(',', '+')}-{self._number}"
        self._roles[name] = roles
        if self._cluster.lanes:
            self._lane_of[name] = lane = lane or next(self._turns[roles])
            settings = (f"kafka.bootstrap_servers={self._cluster.through(lane)}", *settings)
        self._service.start(name, roles, *settings, program=self.program)
        return name

    def _replace(self, name: str) -> None:
        """Another one with its roles, on its lane."""
        self._start(self._roles[name], lane=self._lane_of.get(name))

    def _live(self, lanes: set[str] | None = None) -> list[str]:
        """Processes that are neither frozen nor leaving; on these lanes."""
        return [name for name in self._service.processes if name not in self._frozen | self._leaving
                and (lanes is None or self._lane_of.get(name) in lanes)]  # fmt: skip

    def _has_all_roles(self, names: list[str]) -> bool:
        return {role for name in names for role in self._roles[name].split(",")} == set(ALL_ROLES.split(","))

    def _spared(self) -> set[str]:
        """One live process of each role."""
        live = self._live()
        return {
            self._rng.choice([name for name in live if role in self._roles[name].split(",")])
            for role in {role for name in live for role in self._roles[name].split(",")}
        }

    def _strike(self, kind: str, victim: str, session_s: float) -> None:
        """Freeze, kill or end a process; it is thawed, or replaced, in a while."""
        if kind == "freeze":
            self._service.processes[victim].send_signal(signal.SIGSTOP)
            self._frozen.add(victim)
            self._in(session_s + self._rng.uniform(0.5, 3.0), lambda: self._thaw(victim))
        elif kind == "kill":
            self._service.kill(victim)
            self._in(self._rng.uniform(0.0, 2.0), lambda: self._replace(victim))
        else:
            self._service.processes[victim].send_signal(signal.SIGTERM)
            self._leaving.add(victim)
            self._in(0.0, lambda: self._reap(victim))

    def _thaw(self, name: str) -> None:
        if name in self._frozen:
            self._frozen.discard(name)
            self._service.processes[name].send_signal(signal.SIGCONT)

    def _reap(self, name: str) -> None:
        """A process that was asked to end must do so; then another takes its place."""
        code = self._service.processes[name].poll()
        if code is None:
            self._in(0.1, lambda: self._reap(name))
            return
        del self._service.processes[name]
        self._leaving.discard(name)
        if code not in ENDED:
            self._stuck(f"{name} ended with {code}\n{self._service.logs_of(name)}")
        self._replace(name)

    def _in(self, seconds: float, act: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, act))

    def _act(self) -> None:
        """What is due; and whoever ended unasked is a fault of ours."""
        now_s = time.monotonic()
        due = [act for at_s, act in self._later if at_s <= now_s]
        self._later = [(at_s, act) for at_s, act in self._later if at_s > now_s]
        for act in due:
            act()
        for name, process in list(self._service.processes.items()):
            if process.poll() is not None and process.returncode not in ENDED:
                del self._service.processes[name]
                self._ended(name, process.returncode)

    def _ended(self, name: str, code: int) -> None:
        """A process ended that nobody had asked to."""
        self._stuck(f"{name} ended with {code}:\n{self._service.logs_of(name)}")
        self._replace(name)

    def _wait(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self._act()
            time.sleep(0.05)

    def _stuck(self, note: str) -> None:
        self.outcome.verdict.stuck += 1
        self.outcome.verdict.notes.append(note)
