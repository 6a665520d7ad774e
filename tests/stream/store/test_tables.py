"""Connections, and the errors for files that cannot be used."""

from pathlib import Path

import pytest

from stream.errors import NewWordsError
from stream.store.tables import connect, empty, prepare


def test_a_new_file_gets_its_tables_and_an_old_one_keeps_its_rows(tmp_path: Path) -> None:
    path = str(tmp_path / "store")
    first = connect(path)
    prepare(first, path)
    first.execute("INSERT INTO place VALUES ('a', 1)")
    second = connect(path)
    prepare(second, path)
    assert second.execute("SELECT * FROM place").fetchall() == [("a", 1)]
    empty(second)
    assert first.execute("SELECT * FROM place").fetchall() == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NewWordsError, match=r"store.path: store cannot be used: unable to open"):
        connect(str(tmp_path / "not" / "store"))
