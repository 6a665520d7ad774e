"""Settings of the server that are refused, and the token."""

from pathlib import Path
from typing import Any

import pytest

from stream.errors import UsageError
from stream.web.settings import ServerSettings, is_token, token_digest

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ({}, []),
        ({"port": -2}, ["port"]),
        ({"top_words": -1, "page_words": 0}, ["top_words", "page_words"]),
        ({"token": TOKEN}, []),
        ({"token": "short"}, ["token"]),
        ({"token": "with spaces in between"}, ["token"]),
        ({"token": TOKEN, "token_file": "/etc/hostname"}, ["token"]),
        ({"token_file": "/not/there"}, ["token_file"]),
        ({"proxies": ("10.0.0.5", "10.1.0.0/16", "fd00::/8"), "user_header": "X-User"}, []),
        ({"proxies": ("10.0.0.300",), "user_header": "X-User"}, ["proxies"]),
        ({"proxies": ("10.0.0.5",)}, ["user_header"]),
        ({"user_header": "X-User"}, ["user_header"]),
        ({"private": True}, ["private"]),
        ({"private": True, "token": TOKEN}, []),
    ],
)
def test_faults(settings: dict[str, Any], keys: list[str]) -> None:
    assert [key for key, _ in ServerSettings(**settings).faults()] == keys


def test_the_token_is_read_from_its_file_without_the_end_of_line(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    digest = token_digest(ServerSettings(token_file=str(file)))
    assert is_token(TOKEN, digest)
    assert not is_token(TOKEN + "x", digest)
    assert not is_token("", None)
    file.write_text("short\n")
    with pytest.raises(UsageError, match="must hold 16 or more"):
        token_digest(ServerSettings(token_file=str(file)))


def test_no_token_is_shown() -> None:
    assert TOKEN not in repr(ServerSettings(token=TOKEN))
