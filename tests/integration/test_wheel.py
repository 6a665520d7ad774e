"""The source distribution and the wheel can be built; the wheel runs in an empty environment."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import stream

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both. The wheel is built from the source distribution, so that one is complete."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return folder


def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_both_carry_the_version_of_the_package(built: Path) -> None:
    names = {path.name for path in built.iterdir()}
    assert names == {f"new_words-{stream.__version__}.tar.gz", f"new_words-{stream.__version__}-py3-none-any.whl"}


def test_the_wheel_holds_the_two_packages_with_their_data_and_nothing_else(built: Path) -> None:
    names = set(zipfile.ZipFile(wheel(built)).namelist())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"stream", "sketches", "new_words"}
    source = {str(path.relative_to(ROOT)) for top in ("stream", "sketches") for path in (ROOT / top).rglob("*")
              if path.is_file() and "__pycache__" not in path.parts}  # fmt: skip
    assert {name for name in names if not name.startswith("new_words")} == source


@pytest.mark.timeout(600)
def test_the_wheel_runs_in_an_empty_environment(built: Path, tmp_path: Path) -> None:
    """Nothing is on the path but what installing it brought: no checkout, no numba, no development tool."""
    venv.create(tmp_path / "empty", with_pip=True)
    python = str(tmp_path / "empty/bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel(built))]
    subprocess.run(install, check=True, cwd=tmp_path)
    new_words = str(tmp_path / "empty/bin/new-words")
    clean = {"PATH": f"{tmp_path / 'empty/bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}
    pipe = f"{new_words} simulate --truth planted.jsonl | {new_words} replay - --quiet --events events.jsonl"
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", pipe], cwd=tmp_path, env=clean, check=False,
                         capture_output=True, text=True)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    planted = {json.loads(line)["word"] for line in (tmp_path / "planted.jsonl").read_text("utf-8").splitlines()}
    found = {json.loads(line)["word"] for line in (tmp_path / "events.jsonl").read_text("utf-8").splitlines()}
    assert found == planted
    shown = subprocess.run(
        [new_words, "--version"], cwd=tmp_path, env=clean, check=True, capture_output=True, text=True
    )
    assert shown.stdout == f"new-words {stream.__version__}\n"
