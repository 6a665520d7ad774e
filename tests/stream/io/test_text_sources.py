"""What a source gives is what the service can read, all of it, once, from wherever it is told to go on."""

import gzip
import json
import os
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.errors import SourceError
from stream.io.text_sources import Encoder, FileTexts, Message
from stream.stages.text import Text, TextSettings, decode

JSON, PLAIN = TextSettings(), TextSettings(format="plain")


def values(source: FileTexts, cursor: Any = None, most: int = 100) -> list[bytes]:
    return [message.value for batch in source.batches(cursor, most) for message in batch.messages]


def files(*paths: Path | str, form: str = "auto", asked: TextSettings = PLAIN) -> FileTexts:
    return FileTexts([str(path) for path in paths], form, Encoder(asked))


def test_a_json_line_goes_out_byte_by_byte_with_all_its_fields() -> None:
    line = '{ "text":"天气" ,"ts": 1609459200, "source":"乙", "more":[1]}'.encode()
    assert Encoder(JSON).line(line, True) == Message("乙".encode(), line)


def test_a_plain_line_becomes_json_where_the_service_reads_json() -> None:
    message = Encoder(JSON).line("天气\r".encode(), False)
    assert message == Message(None, orjson.dumps({"text": "天气"}))


def test_a_json_line_becomes_plain_where_the_service_reads_plain() -> None:
    assert Encoder(PLAIN).line(b'{"text": "a\\nb", "source": "s"}', True) == Message(b"s", b"a\nb")


def test_a_byte_order_mark_does_not_cost_the_first_line() -> None:
    assert Encoder(JSON).line(b'\xef\xbb\xbf{"text": "x"}', True) == Message(None, b'{"text": "x"}')


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "empty"),
        (b"  \r", "empty"),
        (b"{", "not_json"),
        (b'{"txt": 1}', "no_text"),
        (b'{"text": "\xff"}', "not_utf8"),
        (b'{"text": "x", "ts": "soon"}', "bad_time"),
        (b'{"text": "' + b"x" * 100 + b'"}', "too_large"),
    ],
)
def test_a_line_the_service_would_reject_is_counted_and_left_out(line: bytes, reason: str) -> None:
    encoder = Encoder(TextSettings(max_bytes=100))
    assert encoder.line(line, True) is None
    assert encoder.rejected == {reason: 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, None, None), "empty"),
        ((" ", None, None), "empty"),
        ((7, None, None), "no_text"),
        ((b"\xff", None, None), "not_utf8"),
        (("\ud800", None, None), "not_utf8"),
        (("x", object(), None), "bad_time"),
        (("x", "soon", None), "bad_time"),
        (("x", 1 << 80, None), "bad_time"),
        (("x" * 100, None, None), "too_large"),
    ],
)
def test_a_row_the_service_would_reject_is_counted_and_left_out(row: tuple[Any, Any, Any], reason: str) -> None:
    encoder = Encoder(TextSettings(max_bytes=100))
    assert encoder.row(*row) is None
    assert encoder.rejected == {reason: 1}


@pytest.mark.parametrize(
    "ts",
    [
        1609459200,
        1609459200.0,
        Decimal(1609459200),
        "2021-01-01T00:00:00Z",
        datetime(2021, 1, 1),
        datetime(2021, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        datetime(2021, 1, 1, tzinfo=UTC),
        date(2021, 1, 1),
    ],
)
def test_any_kind_of_time_in_a_row_is_the_same_moment_to_the_service(ts: Any) -> None:
    message = Encoder(JSON).row("天气".encode(), ts, 12)
    assert message is not None
    assert message.key == b"12"
    item = decode(message.value, 0.0, 2e9, "t", 0, 0, JSON)
    assert item == Text("天气", 1609459200.0, "12", "t", 0, 0)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.none()), st.one_of(st.none(), st.text()), st.sampled_from([JSON, PLAIN]))
def test_a_row_is_either_a_text_the_service_reads_as_it_was_or_counted(
    text: Any, source: str | None, asked: TextSettings
) -> None:
    encoder = Encoder(asked)
    message = encoder.row(text, None, source)
    assert (message is None) == (encoder.rejected.total() == 1)
    if message is not None:
        item = decode(message.value, 0.0, 0.0, "", 0, 0, asked)
        assert isinstance(item, Text)
        assert item.text == (text.decode() if isinstance(text, bytes) else text)


def test_files_are_read_in_order_each_in_its_own_format(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "1"}\n{"text": "2"}')
    (tmp_path / "b.txt").write_bytes(b"3\n\n4\n")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(b'{"text": "5"}\n'))
    source = files(tmp_path / "*")
    assert values(source) == [b"1", b"2", b"3", b"4", b"5"]
    assert source.read_bytes == source.total_bytes


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    assert all(len(batch.messages) <= most for batch in batches)
    every = [message.value for batch in batches for message in batch.messages]
    assert len(every) == sum(size - (size + 3) // 4 for size in sizes)
    done = data.draw(st.integers(0, len(batches)))
    cursor = json.loads(json.dumps(batches[done - 1].cursor)) if done else None
    begun = [message.value for batch in batches[:done] for message in batch.messages]
    assert begun + values(files(*paths), cursor, later) == every


def test_a_file_is_read_once_however_often_and_by_whatever_name_it_is_named(tmp_path: Path) -> None:
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


def test_what_flows_by_is_never_skipped_and_leaves_no_cursor(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(b"1\n2\n",))
    feeder.start()
    batches = list(files(pipe).batches({str(pipe.resolve()): 1, "/another": 7}, 100))
    feeder.join()
    assert [message.value for batch in batches for message in batch.messages] == [b"1", b"2"]
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
    assert [message.value for message in next(batches).messages] == [b"first"]
    received.set()
    assert [message.value for batch in batches for message in batch.messages] == [b"second"]
    feeder.join()


def test_what_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        files(tmp_path / "missing.txt")
