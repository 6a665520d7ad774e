"""A URL with a password can come from a file or the environment instead of the command line."""

import argparse
from pathlib import Path

import pytest

from stream.errors import UsageError
from stream.sources.source_options import add_source_arguments, named_sources, source_faults

URL = "postgresql://me:secret@db/forum"


def parsed(*words: str, whose: str = "") -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_source_arguments(parser, whose)
    return parser.parse_args(words)


def test_the_url_in_a_file_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text(f"{URL}\n")
    assert named_sources(parsed("--url-file", str(path))) == [URL]
    assert source_faults(parsed("--url-file", str(path))) == ["--query: must say what to read from the database"]


def test_the_url_in_the_environment_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORUM_URL", URL)
    assert named_sources(parsed("--url-env", "FORUM_URL")) == [URL]
    assert named_sources(parsed("a.txt", "b.txt")) == ["a.txt", "b.txt"]
    assert named_sources(parsed("a.txt", whose="source-")) == ["a.txt"]


def test_what_is_not_there_is_named_and_nothing_of_it_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--url-env NO_SUCH_URL"):
        named_sources(parsed("--url-env", "NO_SUCH_URL"))
    with pytest.raises(UsageError, match=r"--url-file .*: No such file"):
        named_sources(parsed("--url-file", str(tmp_path / "none")))
    path = tmp_path / "url"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not UTF-8"):
        named_sources(parsed("--url-file", str(path)))
