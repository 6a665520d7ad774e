"""`new-words discover`: the same words from a file, an archive or a pipe, and a report of what was not read."""

import argparse
import gzip
import io
import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.commands import discover as command
from stream.commands.discover import passes as discover_passes
from stream.corpus import exact_counts
from stream.errors import NewWordsError, SourceError, UsageError
from stream.sources import base as text_sources
from stream.sources import files
from stream.sources import two_pass as rereadable
from stream.sources.files import open_lines
from stream.text.runs import U32
from tests.stream.corpus.discover_reference import reference

ROOT = Path(__file__).parents[3]
ZHIHU = ROOT.parent / "shared" / "data" / "zhihu_long_dev.jsonl.xz"
TEXT = "天气好，天气热\n人工，智能，人工\n" * 20
WORDS = b"\xe4\xba\xba\xe5\xb7\xa5\t40\n\xe5\xa4\xa9\xe6\xb0\x94\t40\n"  # 人工, 天气
RUN = """
import argparse, sys
from stream.commands import discover
parser = argparse.ArgumentParser()
discover.add_arguments(parser)
sys.exit(discover.main(parser.parse_args()))
"""


def parsed(*argv: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([str(arg) for arg in argv])


def discovered(tmp_path: Path, *argv: str | Path) -> bytes:
    out = tmp_path / "words.tsv"
    assert command.main(parsed(*argv, "--output", out)) == 0
    return out.read_bytes()


def as_reference(texts: list[str], min_count: int, min_pmi: float) -> bytes:
    return b"".join(f"{word}\t{count}\n".encode() for word, count in reference(texts, min_count, min_pmi))


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of the test's own, which every test leaves empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")
    return path


def test_a_line_is_a_word_a_tab_and_its_count(tmp_path: Path, text: Path) -> None:
    found = discovered(tmp_path, text, "--min-length", "2", "--min-pmi", "1.2", "--min-count", "40")
    assert found == WORDS


def test_stdout_holds_the_words_and_stderr_the_rest(text: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert command.main(parsed(text, "--min-length", "2", "--min-pmi", "1.2", "--min-count", "40")) == 0
    out, err = capfdbinary.readouterr()
    assert out == WORDS
    first, second = err.decode().splitlines()
    assert first.startswith("40 lines in ")
    assert second == "240 characters, 140 pairs, 2 strong; 2 words"


def test_quiet_leaves_stderr_empty(text: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command.main(parsed(text, "--quiet"))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["t.jsonl", "t.JSONL", "t.ndjson", "t.jsonl.gz", "t.x.jsonl.gz"])
def test_json_lines_are_known_by_their_name(tmp_path: Path, name: str) -> None:
    data = b"".join(orjson.dumps({"text": line, "天气": "字段"}) + b"\n" for line in TEXT.splitlines())
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    expected = as_reference([TEXT], 10, 1.0)
    assert discovered(tmp_path, path) == expected
    assert discovered(tmp_path, path, "--format", "plain") != expected


def test_the_format_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "t.log"
    path.write_text("".join(json.dumps({"text": line}) + "\n" for line in TEXT.splitlines()))
    assert discovered(tmp_path, path, "--format", "json") == as_reference([TEXT], 10, 1.0)


def test_stdin_is_read_twice_though_it_can_be_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert discovered(tmp_path, "-") == as_reference([TEXT], 10, 1.0)


def test_a_named_pipe_can_be_read_twice_together_with_a_file(tmp_path: Path, text: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    line = orjson.dumps({"text": "云计算平台"}) + b"\n"
    feeder = threading.Thread(target=pipe.write_bytes, args=(line * 12,))
    feeder.start()
    found = discovered(tmp_path, pipe, text)
    feeder.join()
    assert found == as_reference([TEXT, *["云计算平台"] * 12], 10, 1.0)


def test_a_query_is_read_once_and_counted_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table articles (content text)")
        db.executemany("insert into articles values (?)", [(line,) for line in [*TEXT.splitlines(), None, "a\nb"]])
    query = ("--url", f"sqlite:///{path}", "--query", "select content from articles")
    assert discovered(tmp_path, *query) == as_reference([TEXT], 10, 1.0)


def test_a_column_of_a_table_is_read_like_a_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(("id,body\n" + "".join(f'1,"{line}"\n' for line in TEXT.splitlines())).encode()))
    assert discovered(tmp_path, path, "--column", "body") == as_reference([TEXT], 10, 1.0)


def test_an_input_that_cannot_be_kept_is_an_error(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "nowhere"))
    with pytest.raises(SourceError, match="temporary folder: No such file or directory"):
        command.main(parsed("-", "--output", tmp_path / "words.tsv"))
    assert not (tmp_path / "words.tsv").exists()


def test_broken_utf8_separates_and_is_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A character cut by the end of a line does not swallow the line feed; a true U+FFFD is not broken."""
    path = tmp_path / "t.txt"
    path.write_bytes("\ufffd天气\n".encode() + b"\xe5\xa4\xa9\xff\xe6\xb0\x94\n\xe5\xa4\n\xe6\xb0\x94\n")
    assert discovered(tmp_path, path, "--min-count", "1", "--min-pmi", "-9") == "气\t2\n天\t1\n天气\t1\n".encode()
    assert "not read: 2 places of broken UTF-8\n" in capfd.readouterr().err


def test_json_lines_are_read_as_far_as_they_can_be_and_counted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = [
        b"\xef\xbb\xbf" + orjson.dumps({"text": "天气"}),
        b"{\"text\": \"\xe5\xa4\xa9\xff\xe6\xb0\x94\"}\r",
        b"", b"  ", b"[1]", b"null", b"{", b'{"texts": "x"}', b'{"text": 7}', b"[" * 5000, b'{"text": "x\\ny"}',
    ]  # fmt: skip
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\n".join(lines))
    found = discovered(tmp_path, path, "--min-count", "1", "--min-pmi", "-9")
    assert found == "x\t1\ny\t1\n天\t1\n天气\t1\n气\t1\n".encode()
    err = capfd.readouterr().err
    assert "not read: 6 lines without a JSON text left out, 1 places of broken UTF-8\n" in err


def test_a_line_too_long_is_cut_and_said_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereadable, "MAX_LINE_BYTES", 1 << 20)
    monkeypatch.setattr(command, "MAX_LINE_BYTES", 1 << 20)
    path = tmp_path / "t.txt"
    path.write_bytes(b"a," * (1 << 20) + b"\nb")
    assert discovered(tmp_path, path, "--min-count", "1") == b"a\t524288\nb\t1\n"
    assert "not read: 1 lines cut at 1 MiB" in capfd.readouterr().err


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("天气好1a，\r\u2028😀\x00", max_size=12), max_size=20), st.integers(1, 20))
def test_how_the_input_is_batched_does_not_change_the_words(tmp_path: Path, texts: list[str], most: int) -> None:
    """Each file is a block by itself. With a mark: a few bytes of which some are zeros might be UTF-16."""
    expected = as_reference(texts, 2, 0.5)
    for suffix, lines in ((".txt", texts), (".jsonl", [json.dumps({"text": text}) for text in texts])):
        paths = [tmp_path / f"{first:02}{suffix}" for first in range(0, len(lines) + 1, most)]
        for number, path in enumerate(paths):
            path.write_bytes("\n".join(lines[number * most : (number + 1) * most]).encode("utf-8-sig"))
        assert discovered(tmp_path, *paths, "--min-count", "2", "--min-pmi", "0.5", "--quiet") == expected


@pytest.mark.real_data
@pytest.mark.skipif(not ZHIHU.exists(), reason="no real texts in ../shared/data")
def test_real_texts_give_the_words_of_the_reference(tmp_path: Path) -> None:
    lines = list(islice(open_lines([str(ZHIHU)]), 4000))
    path = tmp_path / "zhihu.jsonl"
    path.write_bytes(b"\n".join(lines))
    texts = [orjson.loads(line)["text"] for line in lines]
    assert discovered(tmp_path, path, "--min-count", "5", "--min-pmi", "2") == as_reference(texts, 5, 2.0)


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("kept", [30, 1 << 26])
def test_any_number_of_threads_gives_the_same_words(
    tmp_path: Path, text: Path, jobs: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_sources, "BATCH_BYTES", 200)
    monkeypatch.setattr(files, "BLOCK_BYTES", 200)
    monkeypatch.setattr(discover_passes, "KEPT_CODES", kept)
    words = discovered(tmp_path, text, "--min-count", "2", "--jobs", jobs)
    assert words == as_reference([text.read_text("utf-8")], 2, 1.0)


def test_a_longer_text_takes_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_sources, "BATCH_BYTES", 1 << 16)
    monkeypatch.setattr(exact_counts, "FOLD_KEYS", 1 << 14)

    def peak(times: int) -> int:
        path = tmp_path / f"{times}.txt"
        path.write_text(TEXT * times, "utf-8")
        tracemalloc.start()
        discovered(tmp_path, path, "--jobs", "2")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2000)  # the alphabet is kept, once, and so are the compiled loops
    assert peak(2000) < 1.05 * peak(1000)


def test_an_output_is_whole_or_not_there(tmp_path: Path, text: Path) -> None:
    """The second file is damaged: the first one's words must not replace those of an earlier run."""
    out, damaged = tmp_path / "out" / "words.tsv", tmp_path / "damaged.gz"
    out.parent.mkdir()
    out.write_text("of yesterday")
    damaged.write_bytes(gzip.compress(TEXT.encode())[:-9])
    with pytest.raises(SourceError, match=r"damaged\.gz: damaged archive"):
        command.main(parsed(text, damaged, "--output", out))
    assert [path.name for path in out.parent.iterdir()] == ["words.tsv"]
    assert out.read_text() == "of yesterday"
    assert command.main(parsed(text, "--output", out)) == 0
    assert [path.name for path in out.parent.iterdir()] == ["words.tsv"]
    assert out.read_bytes() == as_reference([TEXT], 10, 1.0)


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path: Path, text: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    command.main(parsed(text, "--output", link))
    assert link.is_symlink()
    assert target.read_bytes() == as_reference([TEXT], 10, 1.0)
    command.main(parsed(text, "--output", os.devnull))
    assert Path(os.devnull).is_char_device()


def test_an_output_that_cannot_be_opened_is_refused_before_any_work(tmp_path: Path, text: Path) -> None:
    with pytest.raises(NewWordsError, match=r"--output .*words\.tsv: No such file or directory"):
        command.main(parsed(text, "--output", tmp_path / "nowhere" / "words.tsv"))


@pytest.mark.parametrize("kept", [0, 30, 1 << 26], ids=["nothing", "a part", "all"])
def test_what_is_kept_of_the_first_reading_changes_nothing(
    kept: int, tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discover_passes, "KEPT_CODES", kept)
    command.main(parsed(text, "--output", tmp_path / "words.tsv"))
    assert (tmp_path / "words.tsv").read_bytes() == as_reference([TEXT], 10, 1.0)


def test_a_text_that_grows_between_its_readings_is_refused(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = rereadable.TwoPass.second

    def grown(source: rereadable.TwoPass) -> Iterator[U32]:
        with text.open("a") as file:
            file.write("more\n")
        return second(source)

    monkeypatch.setattr(rereadable.TwoPass, "second", grown)
    monkeypatch.setattr(discover_passes, "KEPT_CODES", 0)
    with pytest.raises(SourceError, match="changed between its two readings"):
        command.main(parsed(text, "--output", tmp_path / "words.tsv"))
    assert not (tmp_path / "words.tsv").exists()


def test_every_fault_is_listed_with_its_option_and_value(tmp_path: Path) -> None:
    asked = parsed("-", "-", "--min-count", "0", "--min-pmi", "nan", "--min-length", "-1", "--output", tmp_path)
    with pytest.raises(UsageError) as caught:
        command.main(asked)
    said = str(caught.value).splitlines()
    begins = ["--min-count 0: ", "--min-length -1: ", "--min-pmi nan: ", "SOURCE -: stdin", f"--output {tmp_path}: is"]
    assert [line[: len(begin)] for line, begin in zip(said, begins, strict=True)] == begins


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"missing\.txt: No such file"):
        command.main(parsed(tmp_path / "missing.txt"))


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"{chr(0x4E00 + i % 20000)}，" for i in range(40_000)), "utf-8")
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(path), "--min-count", "1"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert run.stdout is not None and run.stderr is not None
    run.stdout.read(1)
    run.stdout.close()
    err = run.stderr.read().decode()
    run.stderr.close()
    assert run.wait() == 0
    assert "20,000 words" in err
    assert "rror" not in err


def test_scores_are_columns_behind_the_count_also_of_what_can_be_read_once(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = discovered(tmp_path, text, "--min-length", "2", "--min-pmi", "1.2", "--min-count", "40", "--scores")
    header, *rows = found.decode().splitlines()
    assert header == "word\tcount\tlink_pmi\tleft_entropy\tright_entropy\tfreedom\tunity"
    assert [row.split("\t")[:2] for row in rows] == [["人工", "40"], ["天气", "40"]]
    assert rows[0].split("\t")[2:] == ["1.253", f"{math.log(40):.3f}", f"{math.log(40):.3f}", "1.000", "1.253"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    monkeypatch.setattr(discover_passes, "KEPT_CODES", 0)
    options = ("--min-length", "2", "--min-pmi", "1.2", "--min-count", "40", "--scores")
    assert discovered(tmp_path, "-", *options) == found


def test_words_with_less_than_asked_for_are_left_out_with_or_without_the_columns(tmp_path: Path, text: Path) -> None:
    """天气 stands free at its left only; 好 and 热 behind it are two neighbours."""
    options = ("--min-length", "2", "--min-pmi", "1.2", "--min-count", "40")
    assert discovered(tmp_path, text, *options, "--min-freedom", "0.5") == "人工\t40\n".encode()
    assert discovered(tmp_path, text, *options, "--min-entropy", "0.6", "--min-link-pmi", "1") == WORDS
    assert discovered(tmp_path, text, *options, "--min-unity", "1.3") == b""


def test_every_bad_filter_is_named(text: Path) -> None:
    with pytest.raises(UsageError, match=r"--min-count 0: .*\n--min-entropy nan: must be a finite number"):
        command.main(parsed(text, "--min-entropy", "nan", "--min-count", "0"))
