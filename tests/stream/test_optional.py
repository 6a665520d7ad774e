"""Without an optional library a command ends with one line that says what to install, and exit code 2."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from stream.__main__ import main
from stream.events.events import encode
from tests.stream.events.event_samples import event

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
QUERY = ("--query", "select body as text from posts")
CASES = [
    ("sqlalchemy", "sql", ("ingest", "sqlite:///posts.db", *QUERY)),
    ("sqlalchemy", "sql", ("discover", "sqlite:///posts.db", *QUERY)),
    ("psycopg", "postgresql", ("replay", "postgresql://localhost/forum", *QUERY)),
    ("pymysql", "mysql", ("ingest", "mysql://localhost/forum", *QUERY)),
    ("pymysql", "mysql", ("discover", "mariadb://localhost/forum", *QUERY)),
    ("pymongo", "mongo", ("backfill", "mongodb://localhost/forum", "--collection", "posts")),
    ("pyarrow", "parquet", ("discover", "posts.parquet")),
    ("opencc", "chinese", ("replay", "events.jsonl", "--set", "text.fold=traditional")),
    ("pyarrow", "parquet", ("export", "--events", "events.jsonl", "--format", "parquet")),
]


@pytest.mark.parametrize(("module", "name", "argv"), CASES)
def test_a_missing_library_is_one_line_that_says_what_to_install(
    module: str,
    name: str,
    argv: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts.parquet").write_bytes(b"PAR1")
    (tmp_path / "events.jsonl").write_bytes(encode(event("元宇宙")))
    monkeypatch.setitem(sys.modules, module, None)
    assert main([*argv, "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(rf"new-words: .+ needs (the driver )?{module}: pip install 'new-words\[{name}\]'", line)
    assert any(part.startswith(module) for part in EXTRAS[name])


def test_every_extra_is_among_the_cases() -> None:
    others = {"fast", "pandas", "polars"}  # without numba nothing is missing; frames: see test_frames
    assert {name for _, name, _ in CASES} == EXTRAS.keys() - others
