"""`new-words ingest` into a real Kafka, in a process that is killed and resumed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import orjson

from stream.log.kafka import KafkaSource
from stream.log.settings import KafkaSettings

ROOT = Path(__file__).parents[2]
RUN = """
import argparse, sys
from stream.commands import ingest
parser = argparse.ArgumentParser()
ingest.add_arguments(parser)
sys.exit(ingest.main(parser.parse_args()))
"""
TEXTS = 60_000
PATIENCE_S = 60.0


def start(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUN, *argv, "--quiet"], cwd=ROOT)


def killed_midway(process: subprocess.Popen[bytes], position: Path) -> None:
    """kill -9 while a batch is on its way."""
    while not (position.exists() and orjson.loads(position.read_bytes())["cursor"]):
        assert process.poll() is None, "it ended before it had sent anything"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 0 < orjson.loads(position.read_bytes())["mark"]["number"] < TEXTS


def options(kafka: str, prefix: str) -> list[str]:
    keys = ("raw_text", "tallies", "pair_sketches", "strong_pairs", "word_counts", "trend_state", "held_words",
            "word_verdicts", "new_words", "raw_text_dlq")  # fmt: skip
    names = [f"topics.{key}={prefix}{key}" for key in keys]
    return [part for one in (f"kafka.bootstrap_servers={kafka}", *names) for part in ("--set", one)]


def came(kafka: str, topic: str, patience_s: float = PATIENCE_S) -> list[str]:
    """Every text of the topic, in no order across partitions."""
    texts: list[str] = []
    with closing(KafkaSource(KafkaSettings(bootstrap_servers=kafka), topic, None, "test")) as source:
        end_s, ends, done = time.monotonic() + patience_s, dict[int, int](), dict[int, int]()
        while not ends or done != ends:
            assert time.monotonic() < end_s, f"{done} of {ends}"
            polled = source.poll(0.5)
            if polled.assigned:
                ends = source.ends()
                done = dict.fromkeys(ends, 0)
                for partition in ends:
                    source.seek(partition, None)
            for record in polled.records:
                assert record.value is not None
                texts.append(orjson.loads(record.value)["text"])
                done[record.partition] = record.offset + 1
    return texts


def test_every_line_arrives_once_though_the_process_is_killed(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    path, position = tmp_path / "texts.txt", tmp_path / "position"
    path.write_text("".join(f"text {number}\n" for number in range(TEXTS)))
    argv = [str(path), "--resume", str(position), *options(kafka, topic_prefix)]
    first = start(*argv)
    killed_midway(first, position)
    assert start(*argv).wait() == 0
    counts = Counter(came(kafka, f"{topic_prefix}raw_text"))
    assert counts == Counter(f"text {number}" for number in range(TEXTS))
    assert start(*argv).wait() == 0
    assert len(came(kafka, f"{topic_prefix}raw_text")) == counts.total()
