"""`new-words suggest` prints a configuration, and a replay with it announces what was stated."""

import argparse
import re
from pathlib import Path

import orjson
import pytest
import yaml

from stream.commands import replay, suggest
from stream.config.presets import PRESETS
from stream.errors import NewWordsError, UsageError
from stream.simulation.simulate import SimulateSettings, simulate


def parsed(module: object, *argv: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)  # type: ignore[attr-defined]
    return parser.parse_args(list(map(str, argv)))


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    path = tmp_path / "stream.jsonl"
    lines = [orjson.dumps({"posted": one.at_s, "body": one.text, "source": one.source})
             for one in simulate(SimulateSettings(texts=4000, rate=0.02, plants=2, share=0.05))]  # fmt: skip
    path.write_bytes(b"\n".join(lines))
    return path


def test_a_replay_with_it_announces_what_it_states(
    stream: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert suggest.main(parsed(suggest, stream)) == 0
    printed = capsys.readouterr().out
    mine, events = tmp_path / "mine.yaml", tmp_path / "events.jsonl"
    mine.write_text(printed)
    assert replay.main(parsed(replay, stream, "--config", mine, "--events", events, "--quiet")) == 0
    emerged = [one for line in events.read_bytes().splitlines() if (one := orjson.loads(line))["status"] == "emerged"]
    stated = re.search(r"^# +0 \(no wish\) +(\d+) ", printed, re.M)
    assert stated
    assert int(stated[1]) == len(emerged) > 0
    assert yaml.safe_load(printed)["text"]["field"] == ["body"]
    assert "was guessed" in printed
    assert "stream.jsonl" in printed


def test_a_preset_shows_in_it(stream: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert suggest.main(parsed(suggest, stream, "--preset", "chat", "--quiet", "--column", "body",
                               "--ts-column", "posted")) == 0  # fmt: skip
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["trends"]["min_sources"], shown["text"]["field"]) == (2, ["body"])


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert suggest.main(parsed(suggest, "--presets")) == 0
    shown = capsys.readouterr().out
    assert all(f"# --preset {name}\n" in shown for name in PRESETS)


def test_where_nothing_can_be_read_nothing_is_suggested(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"{}\n" * 9)
    with pytest.raises(NewWordsError, match="nothing can be suggested"):
        suggest.main(parsed(suggest, path, "--quiet"))
    with pytest.raises(UsageError, match="--megabytes"):
        suggest.main(parsed(suggest, path, "--megabytes", "0"))
