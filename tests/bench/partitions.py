"""Memory of `count` and `refresh` by the number of partitions of raw-text, and that a service of 200 works at all.

For each number the same texts wait on a topic of its own; a process for each of the two roles works them off with the
default bounds. Peak is what the kernel saw (VmHWM); the texts that the shard's snapshot and log count must be all.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from stream.log.topics import ensure_topics
from tests.bench.corpus import LONG, START_S, texts
from tests.bench.table import Row
from tests.bench.topics import fill
from tests.broker.cluster import Cluster
from tests.integration.service import Service

SEVERAL, MOST = (4, 48), 200
TEXTS, CHARS, RATE = 200_000, 100, 1000
DEFAULTS = ("kafka.flush_s=5", "cohesion.refresh_s=5", "kafka.session_timeout_s=10", "sketches.pair_width=1048576",
            "kafka.snapshot_s=20", "sketches.seed=9001")  # fmt: skip
LIMIT_BYTES = 512e6
PATIENCE_S = 400.0


def rows() -> Iterator[Row]:
    peaks: dict[int, dict[str, int]] = {}
    for partitions in (*SEVERAL, MOST):
        with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
            peaks[partitions], counted = _peaks(cluster.bootstrap_servers, partitions, Path(folder))
        yield Row(f"Texts in the sketch of {TEXTS:,} on {partitions} partitions, a model made of them",
                  f"{counted:,} : {TEXTS:,}", counted / TEXTS, 1.0)  # fmt: skip
    few, many = SEVERAL
    for role in ("count", "refresh"):
        shown = ", ".join(f"{partitions}: {peak[role] / 1e6:.0f} MB" for partitions, peak in peaks.items())
        yield Row(f"Peak memory of `{role}` at {many} partitions against {few}", shown,
                  peaks[many][role] / peaks[few][role], 1.1, at_least=False)  # fmt: skip
        largest = max(peak[role] for peak in peaks.values())
        yield Row(f"The largest of them against {LIMIT_BYTES / 1e6:.0f} MB", f"{largest / 1e6:.0f} MB",
                  largest / LIMIT_BYTES, 1.0, at_least=False)  # fmt: skip


def _peaks(bootstrap: str, partitions: int, folder: Path) -> tuple[dict[str, int], int]:
    """Bytes of each role, and how many texts were counted."""
    settings = (f"topics.raw_text_partitions={partitions}", *DEFAULTS)
    with Service(bootstrap, f"wide-{partitions}-", folder, settings) as service:
        topics = service.config.topics
        ensure_topics(service.config.kafka, topics)
        fill(bootstrap, topics.raw_text, ((number % partitions, value) for number, value in enumerate(_values())))
        for role in ("count", "refresh"):
            service.start(role, role)
        service.wait(lambda: service.totals().get("total_texts", 0) >= TEXTS, "counted", PATIENCE_S)
        service.wait(lambda: bool(service.states(topics.strong_pairs)), "a model", PATIENCE_S)
        time.sleep(30.0)  # a snapshot
        peaks = {role: _peak_bytes(process.pid) for role, process in service.processes.items()}
        return peaks, service.totals()["total_texts"]


def _values() -> Iterator[bytes]:
    flowing = "".join(texts(LONG, 60_000))
    for number in range(TEXTS):
        begin = number * CHARS % (len(flowing) - CHARS)
        yield orjson.dumps({"ts": START_S + number / RATE, "text": flowing[begin : begin + CHARS]})


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
