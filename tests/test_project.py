"""The files that users, packagers and contributors expect exist and agree with the code."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import stream

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TEMPLATES = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def test_the_licence_is_complete_and_named_in_the_metadata() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert re.findall(r"^   (\d)\. ", text, re.M) == list("123456789")
    assert "Version 2.0, January 2004" in text
    assert (PROJECT["project"]["license"], PROJECT["project"]["license-files"]) == ("Apache-2.0", ["LICENSE"])


def test_the_changelog_describes_the_version_of_the_package() -> None:
    sections = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert sections[0] == "Unreleased"
    assert stream.__version__ in sections


@pytest.mark.parametrize("package", ["stream", "sketches"])
def test_type_checkers_are_told_that_the_package_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"][package]


def test_no_extra_is_for_developers_only() -> None:
    assert "dev" not in PROJECT["project"]["optional-dependencies"]
    assert any(requirement.startswith("pytest>") for requirement in PROJECT["dependency-groups"]["dev"])


def test_the_workflow_runs_what_a_contributor_runs() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]
    commands = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    assert any(command.endswith("make test\n") or command.endswith("make test") for command in commands)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_an_issue_template_can_be_read_and_asks_for_something(path: Path) -> None:
    template = yaml.safe_load(path.read_text("utf-8"))
    if path.name != "config.yml":
        assert {"name", "description", "body"} <= template.keys()
        assert any(field.get("validations", {}).get("required") for field in template["body"])


def test_every_hook_runs_from_the_environment_that_make_creates() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert all(hook["entry"].startswith(".venv/bin/") for hook in repository["hooks"])


def test_no_test_sets_a_deadline_beside_the_hypothesis_profile() -> None:
    """A deadline fails on a slow machine, so the one profile in `tests/conftest.py` turns it off for all tests."""
    setting = re.compile(r"\bsettings\([^)]*\bdeadline\s*=")
    others = [path for path in (ROOT / "tests").rglob("*.py") if path.name not in ("conftest.py", "test_project.py")]
    assert [path.name for path in others if setting.search(path.read_text("utf-8"))] == []
