"""The key is read from its file and never shown; a file without a secret is refused."""

from pathlib import Path

import pytest

from stream.errors import UsageError
from stream.log.settings import KafkaSettings
from stream.state.seal_file import seal_of


def test_without_a_file_there_is_no_key_but_a_bound() -> None:
    seal = seal_of(KafkaSettings(max_state_bytes=1 << 21))
    assert (seal.most_bytes, seal.key) == (1 << 21, b"")


def test_the_same_secret_gives_the_same_key_and_a_line_feed_is_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    keys = []
    for content in (b"correct horse battery", b"correct horse battery\n", b"correct horse battera"):
        path.write_bytes(content)
        keys.append(seal_of(KafkaSettings(state_key_file=str(path))))
    assert keys[0] == keys[1] != keys[2]
    assert "horse" not in repr(keys[0]) and "key" not in repr(keys[0])


@pytest.mark.parametrize("content", [None, b"", b"too short", b"x" * 5000])
def test_what_holds_no_secret_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"kafka\.state_key_file"):
        seal_of(KafkaSettings(state_key_file=str(path)))
