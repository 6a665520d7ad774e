"""A source returns all of its lines once, from any cursor."""

import gzip
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.errors import SourceError
from stream.sources.base import FileTexts


def values(source: FileTexts, cursor: Any = None, most: int = 100) -> list[bytes]:
    return [line for batch in source.batches(cursor, most) for line in batch.lines]


def files(*paths: Path | str, form: str = "auto") -> FileTexts:
    return FileTexts([str(path) for path in paths], form)


def test_files_are_read_in_order_each_in_its_own_format(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "1"}\n{"text": "2"}')
    (tmp_path / "b.txt").write_bytes(b"3\n\n4\n")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(b'{"text": "5"}\n'))
    source = files(tmp_path / "*")
    batches = list(source.batches(None, 100))
    assert [(batch.json, batch.lines) for batch in batches] == [
        (True, [b'{"text": "1"}', b'{"text": "2"}']),
        (False, [b"3", b"", b"4"]),
        (True, [b'{"text": "5"}']),
    ]
    assert source.read_bytes == source.total_bytes


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 12), min_size=1, max_size=3),
    most=st.integers(1, 6),
    later=st.integers(1, 6),
    data=st.data(),
)
def test_going_on_from_any_cursor_gives_the_rest_and_nothing_twice(
    tmp_path: Path, sizes: list[int], most: int, later: int, data: st.DataObject
) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(len(sizes))]
    for path, size in zip(paths, sizes, strict=True):
        path.write_text("".join(f"{path.stem}-{line}\n" if line % 4 else "\n" for line in range(size)))
    batches = list(files(*paths).batches(None, most))
    assert all(len(batch.lines) <= most for batch in batches)
    every = [line for batch in batches for line in batch.lines]
    assert len(every) == sum(sizes)
    done = data.draw(st.integers(0, len(batches)))
    cursor = json.loads(json.dumps(batches[done - 1].cursor)) if done else None
    begun = [line for batch in batches[:done] for line in batch.lines]
    assert begun + values(files(*paths), cursor, later) == every


def test_a_file_named_several_times_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1\n2\n")
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    source = files(tmp_path / "a.txt", tmp_path / "*.txt", tmp_path / "link")
    assert values(source) == [b"1", b"2"]
    assert source.read_bytes == source.total_bytes == 4


def test_a_file_that_grew_and_one_that_joined_give_only_what_is_new(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("1\n2\n")
    cursor = list(files(tmp_path / "*.txt").batches(None, 100))[-1].cursor
    (tmp_path / "b.txt").write_text("1\n2\n3\n")
    (tmp_path / "a.txt").write_text("0\n")
    assert values(files(tmp_path / "*.txt"), cursor) == [b"0", b"3"]


def test_a_pipe_is_never_skipped_and_leaves_no_cursor(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(b"1\n2\n",))
    feeder.start()
    batches = list(files(pipe).batches({str(pipe.resolve()): 1, "/another": 7}, 100))
    feeder.join()
    assert [line for batch in batches for line in batch.lines] == [b"1", b"2"]
    assert batches[-1].cursor == {str(pipe.resolve()): 1, "/another": 7}


def test_a_slow_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """The second line is written only after the first was given: waiting for a full batch would hang here."""
    pipe, received = tmp_path / "pipe", threading.Event()
    os.mkfifo(pipe)

    def slowly() -> None:
        with pipe.open("wb", buffering=0) as file:
            file.write(b"first\n")
            received.wait(60)
            file.write(b"second\n")

    feeder = threading.Thread(target=slowly)
    feeder.start()
    batches = files(pipe).batches(None, 5000)
    assert next(batches).lines == [b"first"]
    received.set()
    assert [line for batch in batches for line in batch.lines] == [b"second"]
    feeder.join()


def test_what_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        files(tmp_path / "missing.txt")


@pytest.mark.parametrize(
    ("data", "json"),
    [(b'\n \n {"text": "x"}\nplain\n', True), (b'plain\n{"text": "x"}\n', False), (b"\n\n", False), (b"[1]\n", False)],
)
def test_where_no_name_says_so_the_first_line_that_is_not_blank_tells_json(
    tmp_path: Path, data: bytes, json: bool
) -> None:
    (tmp_path / "t.log").write_bytes(data)
    (batch,) = files(tmp_path / "t.log").batches(None, 100)
    assert batch.json == json
    (batch,) = files(tmp_path / "t.log", form="plain").batches(None, 100)
    assert not batch.json


def test_what_editors_leave_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes("\ufeff天气\r\n\ufeff热\r\n".encode())
    assert values(files(tmp_path / "t"), most=1) == ["天气".encode(), "\ufeff热".encode()]


def test_a_source_of_files_can_be_read_again_unless_one_of_them_flows_by(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"1\n")
    source = files(tmp_path / "t")
    assert source.lasts
    assert values(source) == values(source) == [b"1"]
    assert source.read_bytes == 2
    assert not files(tmp_path / "t", "-").lasts
