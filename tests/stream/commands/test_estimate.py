"""`new-words estimate`: what a service stored, asked from outside."""

import argparse
import json
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


def store(memory: MemoryLog, partition: int, texts: list[str]) -> None:
    settings = SketchSettings(char_width=1024, pair_width=4096, seed=SEED)
    sketch = PairSketch(settings)
    sketch.add(tally(Alphabet(("han",)).runs(texts)), AT_S, 1.0)
    written = StateLog(MemorySink(memory), "pair-sketches")
    written.resume(str(partition), None)
    written.write([StateRecord(str(partition), 1, sketch.stored(), {"half_life_s": settings.half_life_s})])


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.main(parser.parse_args(argv))


def test_counts_of_all_partitions_are_added_up(log_of_a_service: MemoryLog, capsys: pytest.CaptureFixture[str]) -> None:
    write_seed(MemorySink(log_of_a_service), "strong-pairs", OPEN, SEED)
    store(log_of_a_service, 0, ["天气好", "天气坏"])
    store(log_of_a_service, 1, ["好天气"])
    assert run("天气", "--at", "2024-01-01T00:00:00Z", "--format", "json") == 0
    (one,) = json.loads(capsys.readouterr().out)["pairs"]
    assert (one["count"], one["left"], one["right"], one["pairs_in_all"]) == pytest.approx((3, 3, 3, 6))
    assert one["pmi"] == pytest.approx(log(6 * 3 / 9))


def test_the_seed_may_stand_in_the_configuration(
    log_of_a_service: MemoryLog, capsys: pytest.CaptureFixture[str]
) -> None:
    store(log_of_a_service, 0, ["天气好"])
    assert run("好天", "天", "--set", f"sketches.seed={SEED}") == 0
    printed = capsys.readouterr().out
    assert "好天  0.0 times" in printed
    assert "never together" in printed
    assert "天: one character, no pair" in printed


def test_where_nothing_is_stored_it_says_so(log_of_a_service: MemoryLog) -> None:
    with pytest.raises(NewWordsError, match="pair-sketches: holds no sketches"):
        run("天气")


def test_a_time_that_is_none_is_refused(log_of_a_service: MemoryLog) -> None:
    with pytest.raises(UsageError, match="--at soon"):
        run("天气", "--at", "soon")
