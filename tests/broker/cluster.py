"""A real Apache Kafka for tests: one or three nodes on this machine, to be started, stopped, killed and paused.

    with Cluster(nodes=3) as cluster:
        cluster.kill(0)          # as the out-of-memory killer would
        cluster.start(0)         # on the same data

Each node is broker and KRaft controller in one JVM. Data and logs live in a temporary folder that goes with the
cluster: nothing here keeps a broker, and nothing here knows of the service under test.

Invariant: no JVM outlives the process that made the cluster, not even when that is killed with -9. A small shell holds
the read end of a pipe and does the killing when the pipe closes. (Linux can tie a child to its parent without it, but
to the parent *thread*, and tests start brokers from threads that end.)

Cost, on 2 idle cores: one node is up after 3.5 s, three after 6.5 s, each with 0.2 GB resident while it does little.
"""

import base64
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.broker.jars import fetch_jars

POLL_S = 0.1
CONFIG_DUMP = "org.apache.kafka.common.config.AbstractConfig"  # logs hundreds of lines of settings at every start

# Reads lines of pids, each line replacing the one before; when the pipe closes, kills the last ones and removes $1.
# The pause lets a killed JVM finish dying, so that it makes no file behind rm's back.
WATCHDOG = 'while read -r line; do pids=$line; done; [ -z "$pids" ] || { kill -9 $pids; sleep 1; }; rm -rf "$1"'


class ClusterError(RuntimeError):
    """A node did not do what it was told; the message carries the tail of its log."""


def is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports below the range the kernel hands to outgoing connections.

    From that range, a client that keeps trying a dead broker's port may in the end connect to itself, and the broker
    finds its port taken when it returns.
    """
    return list(islice(filter(is_free, random.SystemRandom().sample(range(20_000, 32_000), 12_000)), count))


class Cluster:
    """Nodes are numbered from 0, the same number as Kafka's `node.id`.

    `properties` go into every node's server.properties over the ones below. `port` is node 0's, the rest are free
    ones. For a listener with TLS or SASL, give the map `BROKER:SASL_SSL,CONTROLLER:PLAINTEXT` and its settings as
    properties, and in `client` the librdkafka settings with which this class can ask whether the nodes are up. Users
    of SCRAM must be there before the first start: `format_options` are for the tool that prepares the log directories.
    `lanes` are names of further listeners, each for clients that reach the brokers through a proxy (see `proxy`): a
    broker then names the proxy's port to them, whatever they ask.
    """

    def __init__(
        self,
        nodes: int = 1,
        *,
        properties: Mapping[str, str | int] | None = None,
        client: Mapping[str, str] | None = None,
        format_options: Sequence[str] = (),
        port: int | None = None,
        startup_timeout_s: float = 90.0,
        lanes: Sequence[str] = (),
    ) -> None:
        ports = free_ports(2 * nodes * (1 + len(lanes)))
        self.nodes = range(nodes)
        self.ports = [port or ports[0], *ports[1:nodes]]
        self._controller_ports = ports[nodes : 2 * nodes]
        pairs = iter(zip(ports[2 * nodes :: 2], ports[2 * nodes + 1 :: 2], strict=True))
        self.lanes = {lane: list(islice(pairs, nodes)) for lane in lanes}
        """By lane and node: the port of the proxy, and the broker's own behind it."""
        self._properties = dict(properties or {})
        self._client = dict(client or {})
        self._format_options = list(format_options)
        self._startup_timeout_s = startup_timeout_s
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(map(self.address, self.nodes))

    def address(self, node: int) -> str:
        return f"127.0.0.1:{self.ports[node]}"

    def through(self, lane: str) -> str:
        """Bootstrap servers of who reaches the brokers through the proxy of a lane."""
        return ",".join(f"127.0.0.1:{front}" for front, _ in self.lanes[lane])

    def __enter__(self) -> Self:
        self._jars = fetch_jars()
        self.folder = Path(tempfile.mkdtemp(prefix="new-words-kafka-"))
        # Sessions of their own, here and for the nodes: Ctrl-C is for the test process, which then closes in order.
        self._watchdog = subprocess.Popen(
            ["sh", "-c", WATCHDOG, "watchdog", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._format()
            self.start(*self.nodes)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Kill what runs: the data goes too, so there is nothing to shut down in order for."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()
        self._processes.clear()
        self._tell_watchdog()
        self._watchdog.communicate()

    def start(self, *nodes: int) -> None:
        """Start nodes and wait until each answers and lists them all. Of three, one alone has no quorum: start two."""
        for node in nodes:
            if node in self._processes:
                raise ValueError(f"node {node} was started already; stop or kill it first")
            self._processes[node] = self._java(node, "kafka.Kafka", str(self._config(node)))
            self._tell_watchdog()
        self.wait_for(*nodes)

    def stop(self, node: int, timeout_s: float = 60.0) -> None:
        """End a node in order (SIGTERM): it hands its partitions over first.

        The last of three cannot end so, for it waits for a quorum that is gone: this raises, and `kill` remains.
        """
        process = self._processes[node]
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)  # a paused process would not hear it
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise self._failure(node, f"did not stop within {timeout_s:g} s") from None
        self.forget(node)

    def kill(self, node: int) -> None:
        """End a node at once (SIGKILL). What it had written stays, for the page cache is the kernel's."""
        self._processes[node].kill()
        self._processes[node].wait()
        self.forget(node)

    def pause(self, node: int) -> None:
        """Hold a node (SIGSTOP): its connections stay open and nobody answers, as with a dead network."""
        self._processes[node].send_signal(signal.SIGSTOP)

    def resume(self, node: int) -> None:
        """Let a paused node go on (SIGCONT). It may have been given up by the others: see `wait_for`."""
        self._processes[node].send_signal(signal.SIGCONT)

    def wait_for(self, *nodes: int) -> None:
        """Return when each of the nodes, asked itself, lists all of them; raise ClusterError if that does not come."""
        deadline = time.monotonic() + self._startup_timeout_s
        for node in nodes:
            while not self.listed_by(node).issuperset(nodes):
                if node not in self.running():
                    raise self._failure(node, f"ended with status {self._processes[node].returncode}")
                if time.monotonic() > deadline:
                    raise self._failure(node, f"was not ready within {self._startup_timeout_s:g} s")
                time.sleep(POLL_S)

    def running(self) -> list[int]:
        """The nodes whose process lives, paused ones too."""
        return [node for node, process in self._processes.items() if process.poll() is None]

    def listed_by(self, node: int) -> set[int]:
        """The brokers a node lists, asked by a client that knows of no other; empty while it does not answer."""
        admin = AdminClient({"log_level": 0, "bootstrap.servers": self.address(node), **self._client})
        try:
            return set(admin.list_topics(timeout=1).brokers)
        except KafkaException:
            return set()

    def log_tail(self, node: int, lines: int = 40) -> str:
        return "\n".join(self._log(node).read_text(errors="replace").splitlines()[-lines:])

    def _config(self, node: int) -> Path:
        return self.folder / f"node-{node}.properties"

    def _log(self, node: int) -> Path:
        return self.folder / f"node-{node}.log"

    def _format(self) -> None:
        """Write each node's configuration and empty log directory, side by side: each is a JVM of its own for 1 s."""
        cluster_id = base64.urlsafe_b64encode(b"new-words " + os.urandom(6)).rstrip(b"=").decode()
        tools: dict[int, subprocess.Popen[bytes]] = {}
        for node in self.nodes:
            self._config(node).write_text("".join(f"{k}={v}\n" for k, v in self._server_properties(node).items()))
            arguments = ["format", "-t", cluster_id, "-c", str(self._config(node)), *self._format_options]
            tools[node] = self._java(node, "kafka.tools.StorageTool", *arguments)
        statuses = {node: tool.wait() for node, tool in tools.items()}
        for node, status in statuses.items():
            if status:
                raise self._failure(node, "could not format its log directory")

    def _server_properties(self, node: int) -> dict[str, str | int]:
        """Small and quick: a production broker waits longer, keeps more and spreads wider in every one of these."""
        replicas = min(3, len(self.nodes))
        in_sync = min(2, replicas)
        lanes = {lane.upper(): ports[node] for lane, ports in self.lanes.items()}
        behind = "".join(f",{lane}://127.0.0.1:{back}" for lane, (_, back) in lanes.items())
        shown = "".join(f",{lane}://127.0.0.1:{front}" for lane, (front, _) in lanes.items())
        return {
            "node.id": node,
            "process.roles": "broker,controller",
            "listeners": f"BROKER://{self.address(node)},CONTROLLER://127.0.0.1:{self._controller_ports[node]}{behind}",
            "advertised.listeners": f"BROKER://{self.address(node)}{shown}",
            "listener.security.protocol.map": ",".join(
                ["BROKER:PLAINTEXT", "CONTROLLER:PLAINTEXT", *(f"{lane}:PLAINTEXT" for lane in lanes)]
            ),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "BROKER",
            "controller.quorum.voters": ",".join(f"{i}@127.0.0.1:{p}" for i, p in enumerate(self._controller_ports)),
            "log.dirs": str(self.folder / f"node-{node}"),
            "auto.create.topics.enable": "false",  # a misspelt topic must fail, not appear
            "default.replication.factor": replicas,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": replicas,
            "offsets.topic.num.partitions": 2,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": in_sync,
            "transaction.state.log.num.partitions": 2,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": in_sync,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "broker.heartbeat.interval.ms": 500,
            "broker.session.timeout.ms": 3000,  # a killed node's partitions move, and it may come back, after this
            "controller.socket.timeout.ms": 3000,  # a paused node holds requests of the others this long, not 30 s
            "replica.socket.timeout.ms": 3000,
            "log.retention.ms": -1,  # records of tests are of any year, and are looked through every five minutes
            "log.cleaner.backoff.ms": 500,  # compaction within a test's patience
            "log.cleaner.dedupe.buffer.size": 16 << 20,  # by default a quarter of the heap
            **self._properties,
        }

    def _java(self, node: int, main: str, *arguments: str) -> subprocess.Popen[bytes]:
        # Only the quick compiler: the slow one's threads would take both cores for most of a short life.
        options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        options += [f"-Dorg.slf4j.simpleLogger.{option}" for option in ("showDateTime=true", f"log.{CONFIG_DUMP}=warn")]
        with self._log(node).open("ab") as log:
            return subprocess.Popen(
                ["java", *options, "-cp", f"{self._jars}/*", main, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def forget(self, node: int) -> None:
        """It has ended, by whatever, and may be started again."""
        del self._processes[node]
        self._tell_watchdog()

    def _tell_watchdog(self) -> None:
        pids = " ".join(str(process.pid) for process in self._processes.values())
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.write(f"{pids}\n".encode())
        self._watchdog.stdin.flush()

    def _failure(self, node: int, what: str) -> ClusterError:
        return ClusterError(f"Kafka node {node} {what}. The end of its log:\n{self.log_tail(node)}")
