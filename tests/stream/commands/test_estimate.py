"""`new-words estimate`: estimates from the stored state of a service."""

import argparse
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from math import log

import pytest

from sketches.pair_sketch import PairSketch, SketchSettings
from stream.commands import estimate as command
from stream.errors import NewWordsError, UsageError
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.segmentation.tally import tally
from stream.state.chunks import OPEN, StateRecord
from stream.state.seed import write_seed
from stream.state.snapshots import StateLog
from stream.text.runs import Alphabet
from tests.stream.roles.simulated_cluster import Crew

SEED = 4_242
AT_S = 1_704_067_200.0


@pytest.fixture
def log_of_a_service(monkeypatch: pytest.MonkeyPatch) -> MemoryLog:
    """Topics as a service leaves them, and the command told to read them."""
    memory = MemoryLog()
    for topic in ("pair-sketches", "strong-pairs"):
        memory.create(topic)
    monkeypatch.setattr(command, "open_source", lambda config, topic, group: MemorySource(memory, topic, group))
    return memory


def store(memory: MemoryLog, name: str, texts: list[str]) -> None:
    settings = SketchSettings(char_width=1024, pair_width=4096, seed=SEED)
    sketch = PairSketch(settings)
    sketch.add(tally(Alphabet(("han",)).runs(texts)), AT_S, 1.0)
    written = StateLog(MemorySink(memory), "pair-sketches")
    written.resume(name, None)
    written.write([StateRecord(name, 1, sketch.stored(), {"half_life_s": settings.half_life_s})])


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.main(parser.parse_args(argv))


def test_what_a_service_counted_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Over two shards, each with its own pairs; and more than was counted only where the sketch over-counts."""
    crew = Crew("topics.tallies_partitions=2")
    crew.start("one")
    crew.feed(240)
    crew.idle(120)  # until a snapshot is due
    crew.stop("one")
    monkeypatch.setattr(command, "open_source", lambda config, topic, group: MemorySource(crew.log, topic, group))
    texts = [json.loads(record.value or b"")["text"] for record in crew.records("raw_text")]
    pairs = Counter(pair for text in texts for pair in map("".join, pairwise(text)) if pair.isalpha())
    (pair, often), *_ = pairs.most_common(1)
    at = datetime.fromtimestamp(crew.now_s, UTC).isoformat()
    assert run(pair, "--at", at, "--format", "json", "--set", "sketches.seed=9001") == 0
    (one,) = json.loads(capsys.readouterr().out)["pairs"]
    assert 0.9 * often < one["count"] < 1.5 * often
    assert one["left"] >= one["count"] * 0.99
    assert one["pmi"] == pytest.approx(log(one["pairs_in_all"] * one["count"] / (one["left"] * one["right"])))


def test_history_is_not_counted_again_beside_the_shard_that_includes_it(
    log_of_a_service: MemoryLog, capsys: pytest.CaptureFixture[str]
) -> None:
    write_seed(MemorySink(log_of_a_service), "strong-pairs", OPEN, SEED)
    store(log_of_a_service, "history", ["天气好"])
    store(log_of_a_service, "shard-0", ["天气好", "天气坏", "好天气"])
    assert run("天气", "--at", "2024-01-01T00:00:00Z", "--format", "json") == 0
    (one,) = json.loads(capsys.readouterr().out)["pairs"]
    assert (one["count"], one["left"], one["right"], one["pairs_in_all"]) == pytest.approx((3, 3, 3, 6))
    assert one["pmi"] == pytest.approx(log(6 * 3 / 9))


def test_the_seed_may_stand_in_the_configuration(
    log_of_a_service: MemoryLog, capsys: pytest.CaptureFixture[str]
) -> None:
    store(log_of_a_service, "history", ["天气好"])
    assert run("好天", "天", "--set", f"sketches.seed={SEED}") == 0
    printed = capsys.readouterr().out
    assert "好天  0.0 times" in printed
    assert "never together" in printed
    assert "天: one character, no pair" in printed


def test_where_nothing_is_stored_it_says_so(log_of_a_service: MemoryLog) -> None:
    with pytest.raises(NewWordsError, match="pair-sketches: holds no snapshot"):
        run("天气")


def test_an_invalid_time_is_refused(log_of_a_service: MemoryLog) -> None:
    with pytest.raises(UsageError, match="--at soon"):
        run("天气", "--at", "soon")
