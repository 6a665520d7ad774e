"""A position survives the process as a whole file, and is accepted only for its own source."""

from pathlib import Path

import pytest

from stream.errors import NewWordsError, UsageError
from stream.ingest.checkpoint import Checkpoint
from stream.ingest.deduplicated_send import Mark

MARK = Mark("s", "t", 7, {0: 3, 11: 5})


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "position"
    first = Checkpoint(str(path), "a")
    assert first.cursor is None
    for cursor in ({"/f": 3}, 17, "天气"):
        first.keep(cursor, MARK, True)
        again = Checkpoint(str(path), "a")
        assert (again.cursor, again.mark, again.in_doubt) == (cursor, MARK, True)
        assert str(again) == f", from the position in {path}"
    assert str(first) == ""
    assert [file.name for file in tmp_path.iterdir()] == ["position"]


def test_without_a_path_nothing_is_kept() -> None:
    nowhere = Checkpoint(None, "a")
    nowhere.keep(1, MARK, False)
    assert (nowhere.cursor, str(nowhere)) == (1, "")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b'{"cursor": 1}', b"\xff", b'{"source": "a", "cursor": 1, "mark": 1, "in_doubt": true}'],
)
def test_a_file_that_is_no_position_is_refused_and_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "position"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="is no position"):
        Checkpoint(str(path), "a")
    assert path.read_bytes() == data


def test_a_position_of_another_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "position"
    Checkpoint(str(path), "a").keep(1, MARK, False)
    with pytest.raises(UsageError, match="is a position in a, not in b"):
        Checkpoint(str(path), "b")


def test_a_position_that_cannot_be_kept_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NewWordsError, match="No such file or directory"):
        Checkpoint(str(tmp_path / "nowhere" / "position"), "a").keep(1, MARK, False)


def test_only_its_owner_may_read_a_position(tmp_path: Path) -> None:
    path = tmp_path / "position"
    Checkpoint(str(path), "mysql://me:***@db/forum").keep(7, Mark("a", "t", 1, {}), False)
    assert path.stat().st_mode & 0o777 == 0o600
