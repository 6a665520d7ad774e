"""A day's texts that came while nobody ran: how fast they are worked off, in how much memory.

The service with its default settings, roles in processes of their own, four partitions, `RATE` texts a second. First it
hears the stream as it comes, until all windows of the horizon are full; then all processes end, a day of texts waits,
and they start again. Takes half an hour, so only `python -m tests.bench downtime` runs it.
"""

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import orjson

from stream.log.kafka_sink import KafkaSink
from stream.log.topics import ensure_topics
from tests.bench.running import ROLES, TEXT_CHARS, _peak_bytes, _slices, _through
from tests.bench.table import Row
from tests.broker.cluster import Cluster
from tests.integration.service import Service

RATE, LIVE_S, DAY_S = 10, 1440.0, 86_400.0
DEFAULTS = ("kafka.flush_s=5", "kafka.session_timeout_s=10", "cohesion.refresh_s=5", "trends.evaluate_s=1",
            "sketches.pair_width=1048576")  # fmt: skip


def rows() -> Iterator[Row]:
    with (
        Cluster() as cluster,
        tempfile.TemporaryDirectory() as folder,
        Service(cluster.bootstrap_servers, "downtime-", Path(folder), DEFAULTS) as service,
    ):
        ensure_topics(service.config.kafka, service.config.topics)
        yield from _downtime(service)


def _downtime(service: Service) -> Iterator[Row]:
    live, day = int(LIVE_S * RATE), int(DAY_S * RATE)
    began_s = time.time() - DAY_S  # the texts are a day old all along, so that those that wait are not of the future
    texts = enumerate(_slices(live + day, TEXT_CHARS))
    values = ((n % 4, orjson.dumps({"ts": began_s + n / RATE, "text": text})) for n, text in texts)
    for role in ROLES:
        service.start(role, role)
    sink = KafkaSink(service.config.kafka, "bench")
    for number, (partition, value) in zip(range(live), values, strict=False):
        if number % RATE == 0:
            sink.flush()
            time.sleep(max(0.0, began_s + DAY_S + number / RATE - time.time()))
        sink.send(service.config.topics.raw_text, None, value, (), partition)
    sink.flush()
    sink.close()
    heard = _ended(service, live)
    service.produce(next(values) for _ in range(day))
    started_s = time.monotonic()
    for role in ROLES:
        service.start(role, role)
    caught_up = _ended(service, live + day)
    took_s = time.monotonic() - started_s
    yield Row(
        f"A day's texts that waited, {RATE} a second, worked off by a process for each role, against that day",
        f"{day / took_s:,.0f} texts/s, {DAY_S / 60 / took_s:.1f} hours a minute", DAY_S / took_s,
    )  # fmt: skip
    for role in ROLES:
        yield Row(f"Peak memory of `{role}` while it works that off, against hearing the stream as it comes",
                  f"{caught_up[role] / 1e6:.0f} : {heard[role] / 1e6:.0f} MB",
                  caught_up[role] / heard[role])  # fmt: skip


def _ended(service: Service, number: int) -> dict[str, int]:
    """Peak bytes of each role, all ended once so many texts went through."""
    for role in ("count", "segment"):
        service.wait(partial(_through, service, role, number), role, 1200)
    peaks = {role: _peak_bytes(service.processes[role].pid) for role in ROLES}
    for role in ROLES:
        service.stop(role)
    return peaks
