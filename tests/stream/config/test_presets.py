"""Presets are ordinary configurations: they load, set something, and every other source overrides them."""

from pathlib import Path

import pytest

from stream.config.config import Config, load
from stream.config.presets import PRESETS, described, from_preset


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_loads_and_sets_only_what_differs(name: str) -> None:
    config, usual = load(None, {}, [], name), Config()
    given = from_preset(name, [])
    assert 1 <= len(given) <= 6
    for key in given:
        section, _, setting = key.partition(".")
        assert getattr(getattr(config, section), setting) != getattr(getattr(usual, section), setting), key


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_reads_records_with_the_usual_fields_too(name: str) -> None:
    text = load(None, {}, [], name).text
    assert {"text"} <= set(text.field)
    assert {"ts"} <= set(text.ts_field)
    assert {"source", "src"} <= set(text.source_field)


@pytest.mark.parametrize("name", PRESETS)
def test_each_key_of_a_preset_has_a_sentence(name: str) -> None:
    text = described().partition(f"# --preset {name}\n")[2].partition("# --preset ")[0]
    lines = text.strip().splitlines()
    keys = [at for at, line in enumerate(lines) if line.startswith("  ") and ":" in line and "#" not in line]
    reasons = [line for line in lines if line.lstrip().startswith("#")]
    assert len(reasons) >= 2
    assert lines[keys[0] - 1].lstrip().startswith("# ")


def test_file_environment_and_command_line_win_over_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("trends: {min_sources: 5}\n")
    assert load(None, {}, [], "chat").trends.min_sources == 2
    assert load(str(file), {}, [], "chat").trends.min_sources == 5
    assert load(None, {"NEWWORDS_TRENDS__MIN_SOURCES": "3"}, [], "chat").trends.min_sources == 3
    assert load(None, {}, ["trends.min_sources=4"], "chat").trends.min_sources == 4


def test_the_documents_name_what_each_sets() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
    for name in PRESETS:
        row = next(line for line in documented.splitlines() if line.startswith(f"| `{name}` |"))
        others = {key: one for key, one in from_preset(name, []).items() if "field" not in key}
        assert all(f"`{key}: {one}`" in row for key, one in others.items())
        assert row.count(": ") == len(others)
