"""The service as its users run it: roles in processes of their own on a real Kafka.

Two counters against one, a processor's cost by partitions, memory by the length of the stream, and how long a new word
takes from its tenth text to `new-words`.
"""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import orjson
from kafka import KafkaConsumer, TopicPartition

from stream.config.config import load
from stream.config.memory_estimate import memory_of
from stream.log.kafka_sink import KafkaSink
from stream.log.topics import ensure_topics
from tests.bench.corpus import LONG, texts
from tests.bench.table import Row
from tests.bench.topics import create, fill
from tests.broker.cluster import Cluster
from tests.integration.service import Service

ROOT = Path(__file__).parents[2]
CHARS = 90  # of a text: some 300 bytes as a message
BACKLOG = 300_000
SPREAD = (1, 4, 12)
WARM, TURN = 75_000, 7_500  # texts: not measured, and at a time
ROUNDS = 7
STRETCH = 100  # texts of one partition, then of the next
SHORT, LONGER, TEXT_CHARS = 300_000, 20, 30  # texts: the short stream fills every bound, and is written some times
APART = 1_000_003  # a prime: far apart in the corpus, and none comes twice before all have come
DENSE = 700_000  # texts, in windows of 20,000: more than may be kept of each, and more windows than a log keeps
SMALL = ("sketches.pair_width=65536", "sketches.candidates=20000", "finder.max_chars=100000",
         "finder.memory_width=16384", "trends.announced=200",
         "trends.warmup_windows=15")  # fmt: skip
ROLES = ("count", "refresh", "segment")
BURSTS, RATE, BETWEEN_S, WARM_S = 50, 1000, 2.0, 30.0
REFRESH_S = FLUSH_S = 2.0
QUICK = (f"kafka.flush_s={FLUSH_S}", f"cohesion.refresh_s={REFRESH_S}", "windows.length_s=5", "trends.evaluate_s=0.5",
         "trends.warmup_windows=3", "sketches.pair_width=524288")  # fmt: skip


def counters() -> Iterator[Row]:
    with Cluster() as cluster:
        yield from _spread(cluster.bootstrap_servers)
        yield from _two(cluster.bootstrap_servers)


def memory() -> Iterator[Row]:
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        yield from _memory(cluster.bootstrap_servers, Path(folder))


def bursts() -> Iterator[Row]:
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        yield _bursts(cluster.bootstrap_servers, Path(folder))


def _spread(bootstrap: str) -> Iterator[Row]:
    """CPU seconds of one counter for a million characters, by partitions of the same texts; and for writing states.

    The counters of a round take turns, for from one second to the next the machine may be another. The first part is
    not measured: the pages of every sketch are new then.
    """
    for partitions in SPREAD:
        _prepare(bootstrap, f"spread-{partitions}", partitions, BACKLOG)
    took_s, write_s = [], []
    for _ in range(ROUNDS):
        several = [Counting(bootstrap, f"spread-{partitions}") for partitions in SPREAD]
        first, *_, last = [[one.count_to(texts, all_of_them=texts in (WARM, BACKLOG)) for one in several]
                           for texts in range(WARM, BACKLOG + 1, TURN)]  # fmt: skip
        took_s.append([(end["cpu_s"] - begin["cpu_s"]) / (end["texts"] - begin["texts"]) / CHARS * 1e6
                       for begin, end in zip(first, last, strict=True)])  # fmt: skip
        write_s.append([one.close() / partitions for one, partitions in zip(several, SPREAD, strict=True)])
    yield _dearest("CPU time of `count` for a million characters by partitions, dearest against cheapest", took_s, 1.1)
    yield _dearest("CPU time of writing the state of a partition, once in `kafka.flush_s`, by partitions", write_s)


def _dearest(what: str, rounds: list[list[float]], target: float | None = None) -> Row:
    """Of seconds by partitions, one list a round."""
    middle_s = np.median(rounds, axis=0)
    factor = np.median([np.array(one) / one[0] for one in rounds], axis=0)
    shown = ", ".join(f"{number}: {each_s * 1e3:.1f} ms" for number, each_s in zip(SPREAD, middle_s, strict=True))
    return Row(what, shown, float(factor.max() / factor.min()), target, at_least=False)


def _two(bootstrap: str) -> Iterator[Row]:
    """Wall time from the first text to the last one, of one process with two partitions and of two with one each."""
    _prepare(bootstrap, "two", 2, 2 * BACKLOG)
    for fetched, how, target in (
        ("ahead", "from a backlog they hold already, so that no broker takes of their two cores", 1.7),
        ("live", "from a broker on the same two cores", None),
    ):
        rates = [[_rate(bootstrap, processes, fetched) for processes in (1, 2)] for _ in range(ROUNDS)]
        one, two = np.median(rates, axis=0)
        yield Row(f"Two `count` processes on two partitions against one, {how}, wall time",
                  f"{two:,.0f} : {one:,.0f} texts/s", median(two / one for one, two in rates), target)  # fmt: skip


def _rate(bootstrap: str, processes: int, fetched: str) -> float:
    """Texts a second of so many counters together."""
    several = [Counting(bootstrap, "two", number, processes, fetched) for number in range(processes)]
    for one in several:
        one.begin(2 * BACKLOG // processes)
    runs = [one.end() for one in several]
    for one in several:
        one.close()
    span_s = max(run["last_s"] for run in runs) - min(run["first_s"] for run in runs)
    return sum(run["texts"] for run in runs) / span_s


class Counting:
    """A counter in a process of its own (see `tests.bench.counting`), which counts when it is told to."""

    def __init__(self, bootstrap: str, topic: str, number: int = 0, of: int = 1, fetched: str = "live") -> None:
        """Returns when it is ready."""
        command = [sys.executable, "-m", "tests.bench.counting", bootstrap, topic, str(number), str(of), fetched]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._line() == "ready\n"

    def count_to(self, texts: int, all_of_them: bool) -> dict[str, float]:
        """What it says once it has taken so many in."""
        self.begin(texts, all_of_them)
        return self.end()

    def begin(self, texts: int, all_of_them: bool = True) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{texts}{' all' * all_of_them}\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, float]:
        said: dict[str, float] = json.loads(self._line())
        return said

    def close(self) -> float:
        """The processor's seconds for writing the state of all its partitions."""
        return float(json.loads(self._process.communicate(timeout=60)[0])["write_s"])

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _memory(bootstrap: str, folder: Path) -> Iterator[Row]:
    """Peak of each role with four partitions: small bounds over two lengths of stream; then the default bounds."""
    short = _peaks(bootstrap, "short", folder, SHORT, 2, SMALL)
    longer = _peaks(bootstrap, "longer", folder, SHORT * LONGER, 2, SMALL)
    default = _peaks(bootstrap, "default", folder, DENSE, 20)
    config = load(None, {}, [])
    for role in ROLES:
        yield Row(f"Peak memory of `{role}` with bounds soon reached, over a stream {LONGER} times as long",
                  f"{longer[role] / 1e6:.0f} : {short[role] / 1e6:.0f} MB", longer[role] / short[role], 1.05,
                  at_least=False)  # fmt: skip
        bound = memory_of([role], config.sketches, config.finder, config.trends, config.kafka.max_batch_bytes).total
        yield Row(f"Peak memory of `{role}` with the default bounds, against what its start-up line says it needs",
                  f"{default[role] / 1e6:.0f} : {bound / 1e6:.0f} MB", default[role] / bound, 1.0,
                  at_least=False)  # fmt: skip
        yield Row(f"What `{role}` needs at 4 partitions by the default configuration, against 512 MB",
                  f"{bound / 1e6:.0f} MB", bound / 512e6, 1.0, at_least=False)  # fmt: skip


def _peaks(
    bootstrap: str, name: str, folder: Path, number: int, window_s: int, bounds: Sequence[str] = ()
) -> dict[str, int]:
    """Bytes of each role once so many texts went through."""
    settings = (f"windows.length_s={window_s}", "kafka.flush_s=5", "cohesion.refresh_s=2",
                "sketches.pair_width=1048576", *bounds)  # fmt: skip
    with Service(bootstrap, f"{name}-", folder, settings) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        several = (b'{"ts":%.3f,"text":"%b"}' % (1.7e9 + n / RATE, text.encode())
                   for n, text in enumerate(_slices(number, TEXT_CHARS)))  # fmt: skip
        fill(bootstrap, service.config.topics.raw_text, ((n % 4, value) for n, value in enumerate(several)), "zstd")
        for role in ROLES:
            service.start(role, role)
        for role in ("count", "segment"):
            service.wait(partial(_through, service, role, number), role, 1200)
        time.sleep(5)  # one more model, one more look of the emitter
        return {role: _peak_bytes(service.processes[role].pid) for role in ROLES}


def _through(service: Service, role: str, number: int) -> bool:
    """Whether the group of a role has come so far, by the offsets it shows."""
    kafka, topic = service.config.kafka, service.config.topics.raw_text
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, group_id=f"{kafka.group}-{role}")
    try:
        return sum(consumer.committed(TopicPartition(topic, one)) or 0 for one in range(4)) >= number
    finally:
        consumer.close()


def _bursts(bootstrap: str, folder: Path) -> Row:
    """Seconds from the tenth text with a planted word to its event, of many words at a thousand texts a second."""
    with Service(bootstrap, "burst-", folder, QUICK) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        for role in ("count", "refresh", "segment"):
            service.start(role, role)
        heard: dict[str, float] = {}
        done = threading.Event()
        listener = threading.Thread(target=_listen, args=(service, heard, done))
        listener.start()
        tenth_s = _plant(service)
        deadline_s = time.monotonic() + 30
        while time.monotonic() < deadline_s and len(heard.keys() & tenth_s.keys()) < len(tenth_s):
            time.sleep(0.1)
        done.set()
        listener.join()
    waits = sorted(heard.get(word, float("inf")) - at_s for word, at_s in tenth_s.items())
    p95_s, bound_s = waits[len(waits) * 95 // 100], REFRESH_S + FLUSH_S + 5
    return Row(
        f"Seconds from the tenth text of a planted word to its event, p95 of {BURSTS} at {RATE:,} texts/s, against "
        f"refresh ({REFRESH_S:g} s) + flush ({FLUSH_S:g} s) + 5 s",
        f"{p95_s:.1f} s (median {waits[len(waits) // 2]:.1f}) : {bound_s:g} s", p95_s / bound_s, 1.0, at_least=False,
    )  # fmt: skip


def _plant(service: Service) -> dict[str, float]:
    """Send texts in real time; by planted word, when its tenth text was sent."""
    rng = random.Random(1)
    # Characters of Extension A do not count, those of the block's end hardly occur: nobody has seen these words.
    words = ["".join(chr(rng.randrange(0x9000, 0x9FA0)) for _ in range(3)) for _ in range(BURSTS)]
    tenth_s: dict[str, float] = {}
    sink = KafkaSink(service.config.kafka, "bench")
    began_s = time.time()
    for number, text in enumerate(_slices(int((WARM_S + BURSTS * BETWEEN_S) * RATE), TEXT_CHARS)):
        due_s = began_s + number / RATE
        if (wait_s := due_s - time.time()) > 0.005:
            sink.flush()
            time.sleep(wait_s)
        burst, place = divmod(number - int(WARM_S * RATE), int(BETWEEN_S * RATE))
        if burst >= 0 and place % 50 == 0 and place < 1000:  # twenty texts of the second that follows
            at = rng.randrange(len(text))
            text = f"{text[:at]}{words[burst]}{text[at:]}"
            if place == 450:
                tenth_s[words[burst]] = due_s
        sink.send(service.config.topics.raw_text, None, orjson.dumps({"text": text}), (), number % 4)
    sink.flush()
    sink.close()
    return tenth_s


def _listen(service: Service, heard: dict[str, float], done: threading.Event) -> None:
    consumer = KafkaConsumer(service.config.topics.new_words, auto_offset_reset="earliest", fetch_max_wait_ms=50,
                             bootstrap_servers=service.config.kafka.bootstrap_servers, group_id=None)  # fmt: skip
    while not done.is_set():
        for records in consumer.poll(timeout_ms=100).values():
            for record in records:
                heard.setdefault(json.loads(record.value)["word"], time.time())
    consumer.close()


def _slices(number: int, chars: int) -> Iterator[str]:
    """So many texts of real words, hardly two alike; after all of them the same ones turned round.

    Each from another place than the one before it: a longer stream is of the same kind, not of other subjects.
    """
    flowing = "".join(texts(LONG, 60_000)).replace('"', " ").replace("\\", " ").replace("\n", " ")
    several = len(flowing) // chars
    for place in range(number):
        lap = place // several
        at = place * APART % several * chars
        text = flowing[at : at + chars]
        yield text[lap:] + text[:lap]


def _prepare(bootstrap: str, topic: str, partitions: int, number: int) -> None:
    """So many texts, some of one partition and then some of the next."""
    create(bootstrap, topic, partitions)
    values = (orjson.dumps({"ts": 1.7e9 + n / RATE, "text": text}) for n, text in enumerate(_slices(number, CHARS)))
    fill(bootstrap, topic, ((n // STRETCH % partitions, value) for n, value in enumerate(values)))


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
