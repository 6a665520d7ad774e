"""Sends a whole database to a real Kafka with an `ingest` that is killed twice on its way and resumed each time."""

import os
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.databases.reading import peak_kb
from tests.integration.test_ingest import came, options, start

SHARES = (0.25, 0.6)  # of the rows, after which it is killed
PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    lost: int
    repeated: int
    killed_at: list[int]
    peak_kb: int


def resumed(source: tuple[str, ...], kafka: str, prefix: str, folder: Path, expected: Counter[str]) -> Outcome:
    """Ingest with two kills; compare what is in the topic with what should be."""
    position = folder / f"{prefix}position"
    argv = [*source, "--resume", str(position), *options(kafka, prefix)]
    killed_at = [_killed(start(*argv), position, int(share * expected.total())) for share in SHARES]
    last, peak = start(*argv), 0
    while last.poll() is None:
        peak = max(peak, peak_kb(last.pid))
        time.sleep(0.01)
    assert last.returncode == 0, f"ingest ended with {last.returncode}"
    found = Counter(came(kafka, f"{prefix}raw_text", PATIENCE_S))
    return Outcome((expected - found).total(), (found - expected).total(), killed_at, peak)


def _killed(process: subprocess.Popen[bytes], position: Path, least: int) -> int:
    """kill -9 once so many texts are acknowledged; how many were."""
    while _acknowledged(position) < least:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return _acknowledged(position)


def _acknowledged(position: Path) -> int:
    return int(orjson.loads(position.read_bytes())["mark"]["number"]) if position.exists() else 0
