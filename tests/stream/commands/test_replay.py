"""`new-words replay`: the events of a stream, and a comparison with another configuration."""

import argparse
from functools import cache
from pathlib import Path

import orjson
import pytest

from stream.commands import replay
from stream.errors import UsageError
from stream.events.events import Event, decode_event
from stream.events.run_diff import compare
from stream.simulation.simulate import SimulateSettings, planted, simulate

SIMULATION = SimulateSettings(texts=4000, rate=2.0, plant=("shift",), share=0.1)
SMALL = {"sketches.pair_width": 65536, "cohesion.refresh_s": 30}
STRICT = SMALL | {"trends.min_texts": 30}


def parsed(*argv: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    return parser.parse_args(list(map(str, argv)))


def options(settings: dict[str, int]) -> list[str]:
    return [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]


def written(path: Path, settings: dict[str, int]) -> Path:
    merged: dict[str, dict[str, int]] = {}
    for name, value in settings.items():
        section, _, key = name.partition(".")
        merged.setdefault(section, {})[key] = value
    path.write_bytes(orjson.dumps(merged))  # JSON is YAML
    return path


@cache
def lines() -> bytes:
    return b"".join(orjson.dumps({"ts": one.at_s, "text": one.text}) + b"\n" for one in simulate(SIMULATION))


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    path = tmp_path / "stream.jsonl"
    path.write_bytes(lines())
    return path


def replayed(stream: Path, settings: dict[str, int]) -> list[Event]:
    out = stream.parent / "events.jsonl"
    assert replay.main(parsed(stream, "--events", out, "--quiet", *options(settings))) == 0
    return [decode_event(line) for line in out.read_bytes().splitlines()]


def test_words_only_one_configuration_announces_are_listed_first(
    stream: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, out = written(tmp_path / "strict.yaml", STRICT), tmp_path / "compared.jsonl"
    stream.write_bytes(lines() + b"{\n")
    assert replay.main(parsed(stream, "--compare", other, "--events", out, *options(SMALL))) == 0
    found = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    expected = compare(replayed(stream, SMALL), replayed(stream, STRICT))
    sides = [[None if one[side] is None else decode_event(orjson.dumps(one[side])) for one in found]
             for side in ("this", "other")]  # fmt: skip
    assert sides == [[one.this for one in expected], [one.other for one in expected]]
    (word,) = planted(SIMULATION)
    (both,) = [one for one in expected if one.word == word.word]
    assert both.this
    assert both.other
    assert (both.this.count >= 5, both.other.count >= 28) == (True, True)
    assert both.this.detected_at_s < both.other.detected_at_s
    said = capsys.readouterr().err
    assert f"{len(expected)} words: {sides[1].count(None)} only as configured, {sides[0].count(None)} only by" in said
    assert word.word in said
    assert "as configured:\nnot readable: not_json 1\n  not_json: {\n" in said
    assert f"{other}:\nnot readable: not_json 1\n  not_json: {{\n" in said


def test_a_faulty_configuration_to_compare_with_is_refused_with_its_faults(stream: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "faulty.yaml", {"trends.min_text": 3, "trends.min_sources": -1})
    with pytest.raises(UsageError) as caught:
        replay.main(parsed(stream, "--compare", other))
    assert "trends.min_text: unknown key, did you mean min_texts?" in str(caught.value)
    assert "trends.min_sources: must be at least 0" in str(caught.value)


def test_the_page_shows_one_configuration(stream: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--serve"):
        replay.main(parsed(stream, "--serve", "0", "--compare", written(tmp_path / "a.yaml", SMALL)))


def test_it_ends_with_what_became_of_candidates_and_what_was_chosen(
    stream: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = stream.parent / "events.jsonl"
    assert replay.main(parsed(stream, "--events", out, *options(SMALL))) == 0
    said = capsys.readouterr().err
    for told in ("new words", "candidates", "stopped: rare", "announced", "horizon_s: ", "a third of what is known"):
        assert told in said
    assert "warning" not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [({"trends.warmup_windows": 999}, "the warm-up is longer than the stream: trends.warmup_windows = 999"),
     ({"trends.min_texts": 900}, "no candidate was in 900 texts of a horizon (trends.min_texts)")],
)  # fmt: skip
def test_settings_that_cannot_fit_cause_a_warning(
    stream: Path, capsys: pytest.CaptureFixture[str], given: dict[str, int], said: str
) -> None:
    stream.write_bytes(b"".join(lines().splitlines(keepends=True)[:1500]))
    assert replay.main(parsed(stream, "--events", stream.parent / "e.jsonl", *options(SMALL | given))) == 0
    assert f"warning: {said}" in " ".join(capsys.readouterr().err.split())


def test_texts_of_one_instant_are_a_warning(stream: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream.write_bytes(b"".join(orjson.dumps({"ts": 1.7e9, "text": f"天气好{at}"}) + b"\n" for at in range(200)))
    assert replay.main(parsed(stream, "--events", stream.parent / "e.jsonl")) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "warning: all texts have the same time, so nothing can be new: is text.ts_field right?" in said
