"""The documents are true: the settings, commands, targets, tests, files and anchors that they name exist."""

import re
from pathlib import Path

import pytest

from stream.__main__ import COMMANDS
from stream.config.config import KEYS
from stream.trends.gate import RULES

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
NAMES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
DOCUMENTS = sorted([*(ROOT / name for name in NAMES), *(ROOT / "docs").rglob("*.md")])
TEXTS = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in DOCUMENTS}
SETTINGS = {f"{section}.{key}" for section, keys in KEYS.items() for key in keys}
MOST_LINES = 140  # of README


def anchors(path: Path) -> set[str]:
    """What a link into a document may name: its headings as forges write them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_can_be_read_in_one_sitting() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"new-words {name}" in TEXTS["README.md"]


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_every_document_can_be_reached_from_the_readme(path: Path) -> None:
    linked = re.findall(r"\]\((docs/[^)#]+\.md)\)", TEXTS["README.md"])
    also = [name for document in linked for name in re.findall(r"\]\(([^)#:/]+\.md)\)", TEXTS[document])]
    assert path.name in {Path(link).name for link in (*linked, *also)}


@pytest.mark.parametrize("name", TEXTS)
def test_every_setting_a_document_names_is_there(name: str) -> None:
    named = set(re.findall(rf"\b((?:{'|'.join(KEYS)})\.[a-z_]+)\b(?!/)", TEXTS[name]))
    assert {setting for setting in named if not setting.endswith((".yaml", ".py"))} - SETTINGS == set()


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_target_and_test_a_document_names_is_there(name: str) -> None:
    assert set(re.findall(r"new-words ([a-z]+(?:-[a-z]+)?)\b(?=[ `\n])", TEXTS[name])) <= {name for name, _ in COMMANDS}
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(re.findall(r"\bmake ([a-z]+)`", TEXTS[name])) <= set(targets)
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for test in re.findall(r"`(test_\w+)`", TEXTS[name]):
        assert f"def {test}(" in tests


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_to_a_file_and_every_anchor_to_a_heading(name: str) -> None:
    folder = (ROOT / name).parent
    for link, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]+))?\)", TEXTS[name]):
        assert (folder / link).exists(), link
        assert not anchor or anchor in anchors(folder / link if link else ROOT / name), anchor


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_a_document_names_is_there(name: str) -> None:
    named = re.findall(r"`((?:stream|sketches|tests|docs|deploy)/[^`<>*\s]+)`", TEXTS[name])
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_hops_of_a_record_are_modules_with_the_tests_that_break() -> None:
    text = TEXTS["docs/how-it-works.md"]
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| [^|]+ \| `(tests/[^`]+)` \|$", text, re.M)
    assert len(rows) >= 8
    modules = [path for named, _ in rows for path in re.findall(r"`([\w/]+\.py)`", named)]
    rooms = "text|segmentation|horizon|finder|trends|rules|range_log|kept_texts|tallies|roles|embedded"
    drawn = re.findall(rf"(?<![\w/])((?:{rooms})/\w+\.py)\b", text)
    assert [path for path in {*modules, *drawn} if not (ROOT / "stream" / path).exists()] == []


def test_the_settings_of_the_algorithm_are_there() -> None:
    algorithm = TEXTS["docs/how-it-works.md"].partition("## The algorithm")[2].partition("\n## ")[0]
    named = set(re.findall(r"\b(?:min|max|hysteresis)_[a-z_]+|\bbeta\b|\blength_s\b|\bhalf_life_s\b", algorithm))
    assert named <= {setting.partition(".")[2] for setting in SETTINGS}
    assert {"min_pmi", "min_texts", "min_surprise", "min_probability"} <= named
    for rule in RULES:
        assert f"`{rule}`" in algorithm


def test_the_glossary_has_each_term_once() -> None:
    terms = [term.strip() for row in re.findall(r"^\| ([^|]+) \| ", TEXTS["docs/glossary.md"], re.M)
             for term in row.split(",") if set(row) != {"-"}]  # fmt: skip
    assert len(terms) > 50
    assert [term for term in set(terms) if terms.count(term) > 1] == []
    rows = re.findall(r"^\| (.*) \|$", TEXTS["docs/glossary.md"], re.M)[1:]
    assert rows == sorted(rows, key=str.lower)
