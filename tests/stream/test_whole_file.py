"""A file is replaced whole or not at all, and a planted file of the temporary name is not followed."""

import os
import stat
from pathlib import Path

import pytest

from stream.whole_file import PRIVATE, whole_file


def part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def test_it_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"before")
    with whole_file(path, is_synced=True) as file:
        file.write(b"after")
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_and_nothing_replaced_after_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError), whole_file(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    path, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_bytes(b"precious")
    part_of(path).symlink_to(victim)
    with whole_file(path) as file:
        file.write(b"ours")
    assert victim.read_bytes() == b"precious"
    assert path.read_bytes() == b"ours" and not path.is_symlink()


def test_one_planted_again_in_the_very_moment_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_bytes(b"precious")
    part_of(path).symlink_to(victim)
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)  # as if it came back at once
    with pytest.raises(FileExistsError), whole_file(path):
        pass
    assert victim.read_bytes() == b"precious"


def test_a_private_one_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "position"
    path.write_bytes(b"")
    path.chmod(0o644)
    with whole_file(path, PRIVATE):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
