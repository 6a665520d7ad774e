"""The README is true: what it names is there."""

import re
from pathlib import Path

import pytest

from stream.__main__ import COMMANDS
from stream.config.config import KEYS
from stream.trends.trend_table import RULES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS = {f"{section}.{key}" for section, keys in KEYS.items() for key in keys}


def test_every_setting_it_names_is_there() -> None:
    named = set(re.findall(rf"\b((?:{'|'.join(KEYS)})\.[a-z_]+)\b(?!/)", README))
    assert {"trends.horizon", "windows.max_compound"} <= named
    assert named - SETTINGS == set()


def test_the_settings_of_the_algorithm_are_there() -> None:
    algorithm = README.partition("## The algorithm")[2].partition("\n## ")[0]
    named = set(re.findall(r"\b(?:min|max|hysteresis)_[a-z_]+|\bbeta\b|\blength_s\b|\bhalf_life_s\b", algorithm))
    assert named <= {setting.partition(".")[2] for setting in SETTINGS}
    assert {"min_pmi", "max_chance", "min_score"} <= named
    for rule in RULES[RULES.index("quantity") : RULES.index("chance")]:
        assert f"`{rule}`" in algorithm


def test_every_command_target_test_and_file_it_names_is_there() -> None:
    assert set(re.findall(r"new-words ([a-z]+)\b", README)) <= {name for name, _ in COMMANDS}
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(re.findall(r"\bmake ([a-z]+)`", README)) <= set(targets)
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", README):
        assert f"def {name}(" in tests
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists()


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_every_command_is_in_it(name: str) -> None:
    assert f"new-words {name}" in README
