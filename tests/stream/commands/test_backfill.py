"""`new-words backfill`: which lines become history, and how the others are reported."""

import argparse
from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry

from stream.commands import backfill
from stream.config.config import Config
from stream.errors import NewWordsError, UsageError
from stream.events.events import decode_event
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.metrics import Metrics
from stream.roles.context import Context
from stream.simulation.simulate import SimulateSettings, planted, simulate

SIMULATION = SimulateSettings(texts=4000, rate=2.0, plant=("shift",), share=0.1)
SMALL = ("sketches.pair_width=65536", "finder.memory_width=65536", "cohesion.refresh_s=30")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> MemoryLog:
    """Stands in for Kafka."""
    made = MemoryLog(lambda: 0.0)

    def open_edge(config: Config) -> Context:
        for topic in (config.topics.tallies, config.topics.pair_sketches, config.topics.trend_state):
            made.create(topic)
        metrics = Metrics(CollectorRegistry(), 0)
        return Context(
            config, lambda topic, group: MemorySource(made, topic, group), MemorySink(made), metrics, lambda: 0.0
        )

    monkeypatch.setattr(backfill, "open_edge", open_edge)
    return made


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "archive.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps({"ts": one.at_s, "text": one.text}) for one in simulate(SIMULATION)))
    return str(path)


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    backfill.add_arguments(parser)
    return parser.parse_args([*argv, *(part for setting in SMALL for part in ("--set", setting))])


def written(log: MemoryLog, topic: str) -> int:
    return len(log.partitions(topic)[0].records)


def test_both_states_are_written_and_the_events_of_history_go_to_a_file(
    log: MemoryLog, archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "events.jsonl"
    assert backfill.main(parsed(archive, "--events", str(events))) == 0
    assert written(log, "pair-sketches")
    assert written(log, "trend-state")
    found = {decode_event(line).word for line in events.read_bytes().splitlines()}
    (word,) = planted(SIMULATION)
    assert word.word in found
    said = capsys.readouterr()
    assert said.out == ""
    assert "history: 4,000 texts, 2024-01-01 00:00 to 2024-01-01 00:3" in said.err
    assert f"{len(found)} words were announced then and are known now" in said.err
    assert "left out" not in said.err


def test_lines_without_a_time_or_after_the_end_are_left_out_and_counted(
    log: MemoryLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "some.jsonl"
    lines = [{"text": "元宇宙", "ts": 1e9}, {"text": "元宇宙"}, {"text": "元宇宙", "ts": 1e9 + 100}, {"ts": 1}]
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n{")
    given = ("--until", "2001-09-09T01:48:20Z", "--set", "trends.warmup_windows=5")
    assert backfill.main(parsed(str(path), *given)) == 0
    said = capsys.readouterr().err
    assert "history: 1 texts, 2001-09-09 01:46 to 2001-09-09 01:46 UTC, 0 words" in said
    assert "left out: after_until 1, no_time 1" in said
    assert "not readable: no_text 1, not_json 1" in said
    assert "shorter than trends.warmup_windows (5): the service stays silent until so many windows have passed" in said


def test_without_usable_lines_nothing_is_written(log: MemoryLog, tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("元宇宙\n")
    with pytest.raises(NewWordsError, match="no history was written"):
        backfill.main(parsed(str(path)))
    assert written(log, "pair-sketches") == written(log, "trend-state") == 0


def test_an_invalid_until_is_refused(archive: str) -> None:
    with pytest.raises(UsageError, match="--until soon: must be a time"):
        backfill.main(parsed(archive, "--until", "soon"))
