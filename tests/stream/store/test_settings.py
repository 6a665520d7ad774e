"""Settings of the store that are refused."""

from pathlib import Path
from typing import Any

import pytest

from stream.store.settings import StoreSettings


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ({}, []),
        ({"path": "new.sqlite"}, []),
        ({"path": "/not/there/new.sqlite"}, ["path"]),
        ({"events": 99}, ["events"]),
    ],
)
def test_faults(settings: dict[str, Any], keys: list[str]) -> None:
    assert [key for key, _ in StoreSettings(**settings).faults()] == keys


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert StoreSettings(str(tmp_path)).faults() == [("path", "must be a file, not a folder")]
