"""Checks whether this process could run: prints a line for each question, with the remedy if it failed.

Changes nothing.

The order is: configuration and files, then the port and the memory of this machine, then Kafka: whether it answers and
accepts us, which topics exist, and whether each right that the roles of this process need is granted.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from stream.config.config import Config
from stream.config.memory_estimate import memory_of
from stream.errors import NewWordsError
from stream.service.access_check import Access, Finding, look
from stream.sources.word_list_files import KnownWords
from stream.state.seal_file import seal_of

CGROUP = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class Line:
    """One answer; with `is_good` False the process cannot run."""

    name: str
    is_good: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.is_good else 'FAIL'} {self.name}: {self.said}"


def check(config: Config, roles: Sequence[str], out: TextIO | None = None) -> int:
    """Print every line; return 0 if all are good, else 1."""
    is_good = True
    for line in lines_of(config, roles):
        print(line, file=out or sys.stdout, flush=True)
        is_good &= line.is_good
    return 0 if is_good else 1


def lines_of(config: Config, roles: Sequence[str], ask: Callable[..., Access] = look) -> Iterator[Line]:
    """Yield the answers in the order in which an operator would fix them."""
    yield Line("config", True, "every setting is known and fits")
    yield _tried("files", lambda: _files(config))
    yield _tried("port", lambda: _port(config))
    try:
        access = ask(config.kafka, config.topics, roles)
    except NewWordsError as error:
        yield Line("connection", False, str(error))
        return
    yield Line("connection", True, access.said)
    yield _memory(config, roles, access.partitions)
    for finding in access.findings:
        yield _line_of(finding)


def _files(config: Config) -> str:
    known, seal = KnownWords(config.known_words), seal_of(config.kafka)
    return f"{len(known.known):,} known words; state is {'sealed with a key' if seal.key else 'not sealed with a key'}"


def _port(config: Config) -> str:
    if not config.server.is_on:
        return "none is opened (server.port: -1)"
    from stream.web.server import listening

    with listening(config.server) as found:
        return f"{config.server.host}:{found.getsockname()[1]} is free"


def _memory(config: Config, roles: Sequence[str], partitions: int) -> Line:
    need = memory_of(list(roles), config.sketches, config.finder, config.trends, config.kafka.max_batch_bytes)
    limit = memory_limit()
    said = f"with {partitions} partitions and every bound reached, about {need}; this machine gives {limit >> 20} MiB"
    return Line("memory", need.total <= limit, said)


def memory_limit(cgroup: Path = CGROUP) -> int:
    """Return the bytes that this process may use: the limit of its container, else the memory of the machine."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = cgroup.read_text("ascii").strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdecimal() else machine


def _tried(name: str, act: Callable[[], str]) -> Line:
    try:
        return Line(name, True, act())
    except NewWordsError as error:
        return Line(name, False, "; ".join(str(error).splitlines()))


def _line_of(finding: Finding) -> Line:
    return Line(finding.name, finding.is_good, finding.said)
