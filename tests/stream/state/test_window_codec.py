"""CSV and Parquet: every row is one line, in order, whatever is in its fields, and nothing is held but a batch."""

import csv
import io
import json
import os
import sys
import threading
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.errors import SourceError, UsageError
from stream.sources.base import FileTexts
from stream.sources.csv_rows import RAGGED, CsvSettings
from stream.sources.rows import Fields

FIELD = st.text("天气a,;\"'\n\r\t 1", max_size=8)


def rows(path: Path, fields: Fields | None = None, asked: CsvSettings | None = None, **kwargs: Any) -> list[Any]:
    source = FileTexts([str(path)], fields=fields, settings=asked, **kwargs)
    return [_value(line) for batch in source.batches(None, 3) for line in batch.lines]


def _value(line: bytes) -> Any:
    if line.startswith(RAGGED):
        return line.decode()
    return json.loads(line) if line else None


def texts(path: Path, fields: Fields | None = None, asked: CsvSettings | None = None) -> list[str | None]:
    name = (fields or Fields()).text[0]
    return [None if row is None else row[name] for row in rows(path, fields, asked)]


def test_a_csv_gives_text_time_and_source_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('\ufeffid,text,ts,source\n1,"天气,热",2021-01-01,甲\n2,"a ""b""\nc",1609459200,\n\n3\n', "utf-8")
    assert rows(path) == [
        {"text": "天气,热", "ts": "2021-01-01", "source": "甲"},
        {"text": 'a "b"\nc', "ts": 1609459200.0},
        None,
        "a row of 1 columns, not 4: 3",
    ]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(FIELD, FIELD), max_size=12), st.sampled_from(",;\t"), st.integers(1, 5))
def test_what_a_csv_writer_wrote_is_read_from_any_cursor(
    tmp_path: Path, written: list[tuple[str, str]], delimiter: str, most: int
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([("text", "x"), *written])
    path = tmp_path / "t.csv"
    path.write_bytes(text.getvalue().encode())
    source = FileTexts([str(path)], settings=CsvSettings(delimiter))
    batches = list(source.batches(None, most))
    lines = [line for batch in batches for line in batch.lines]
    assert [json.loads(line)["text"] for line in lines] == [text for text, _ in written]
    done = 0
    for batch in batches:
        done += len(batch.lines)
        assert [line for rest in source.batches(batch.cursor, 2) for line in rest.lines] == lines[done:]


def test_a_csv_may_have_no_header_no_quotes_and_another_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text('1\t"天气\n2\t热"\n', "utf-8")
    assert texts(path, Fields(("2",)), CsvSettings(quote="", header=False)) == ['"天气', '热"']
    path.write_text("1;天气\n", "utf-8")
    assert texts(path, Fields(("2",)), CsvSettings(delimiter=";", header=False)) == ["天气"]
    with pytest.raises(UsageError, match="--no-header: --column must say which column"):
        texts(path, None, CsvSettings(delimiter=";", header=False))


def test_a_quote_that_never_ends_is_an_error_and_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('text\na\n"b\n' + "c\n" * 1_000_000)
    tracemalloc.start()
    with pytest.raises(SourceError, match=r"t\.csv: line \d+: field larger than field limit"):
        rows(path, max_line_bytes=1000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 << 20


def test_broken_utf8_in_a_csv_costs_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"text,x\na,1\n\xff,2\nc,3\n")
    lines = [line for batch in FileTexts([str(path)]).batches(None, 10) for line in batch.lines]
    assert json.loads(lines[0]) == {"text": "a"} and json.loads(lines[2]) == {"text": "c"}
    with pytest.raises(UnicodeDecodeError):
        lines[1].decode()


def test_a_csv_that_flows_by_slowly_is_not_waited_for(tmp_path: Path) -> None:
    """The second row is written only after the first was given: waiting for a full batch would hang here."""
    pipe, received = tmp_path / "t.csv", threading.Event()
    os.mkfifo(pipe)

    def slowly() -> None:
        with pipe.open("wb", buffering=0) as file:
            file.write(b"text\nfirst\n")
            received.wait(60)
            file.write(b"second\n")

    feeder = threading.Thread(target=slowly)
    feeder.start()
    batches = FileTexts([str(pipe)]).batches(None, 5000)
    assert next(batches).lines == [b'{"text":"first"}']
    received.set()
    assert [line for batch in batches for line in batch.lines] == [b'{"text":"second"}']
    feeder.join()


@pytest.mark.parametrize("data", [b"", b"text\n"])
def test_a_csv_without_rows_has_no_lines(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    assert rows(tmp_path / "t.csv") == []


def parquet(path: Path, count: int, group: int) -> Path:
    table = pyarrow.table(
        {
            "body": [None if n == 2 else f"天气{n}" for n in range(count)],
            "at": pyarrow.array([1_609_459_200_000_000_001 + n for n in range(count)], pyarrow.timestamp("ns")),
            "other": ["x" * 1000] * count,
        }
    )
    pyarrow.parquet.write_table(table, path, row_group_size=group)
    return path


def test_parquet_gives_text_and_time_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", 7, 3)
    found = rows(path, Fields(("body",), ("at",)))
    assert [row and row["body"] for row in found] == [None if n == 2 else f"天气{n}" for n in range(7)]
    assert {datetime.fromisoformat(row["at"]).isoformat() for row in found if row} == {"2021-01-01T00:00:00"}


def test_parquet_goes_on_from_any_cursor(tmp_path: Path) -> None:
    source = FileTexts([str(parquet(tmp_path / "t.parquet", 20, 6))], fields=Fields(("body",)))
    batches = list(source.batches(None, 4))
    lines = [line for batch in batches for line in batch.lines]
    assert len(lines) == 20
    assert source.read_bytes == source.total_bytes
    done = 0
    for batch in batches:
        done += len(batch.lines)
        assert [line for rest in source.batches(batch.cursor, 5) for line in rest.lines] == lines[done:]


def test_parquet_that_is_damaged_or_none_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"never written by arrow")
    with pytest.raises(SourceError, match=r"t\.parquet: "):
        rows(path)
    with pytest.raises(UsageError, match="there is no such column; there are body, at, other"):
        rows(parquet(path, 1, 1))


def test_without_pyarrow_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "t.parquet", 1, 1)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"reading Parquet needs pyarrow: pip install 'new-words\[parquet\]'$"):
        rows(path)
