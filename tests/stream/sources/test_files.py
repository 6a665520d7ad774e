"""All lines are read whatever they hold and however they are packed; damage is reported."""

import gzip
import io
import lzma
import os
import sys
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.errors import SourceError
from stream.sources import files
from stream.sources.files import LineReader, open_lines

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}
ANY_LINES = st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=30)


def written(path: Path, data: bytes) -> str:
    path.write_bytes(PACK[path.suffix if path.suffix in PACK else ""](data))
    return str(path)


@pytest.mark.parametrize("suffix", PACK)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=ANY_LINES)
def test_lines_in_are_lines_out_for_any_bytes(tmp_path: Path, suffix: str, lines: list[bytes]) -> None:
    path = written(tmp_path / f"any{suffix}", b"".join(line + b"\n" for line in lines))
    assert list(open_lines([path])) == lines


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=ANY_LINES, block=st.integers(1, 20), longest=st.integers(1, 70), most=st.integers(1, 5))
def test_block_borders_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[bytes], block: int, longest: int, most: int
) -> None:
    monkeypatch.setattr(files, "BLOCK_BYTES", block)
    path = written(tmp_path / "any", b"\n".join(lines))
    expected = lines[:-1] if lines and not lines[-1] else lines
    reader = open_lines([path], longest)
    assert list(reader) == [line[:longest] for line in expected]
    assert reader.oversized == sum(len(line) > longest for line in lines)
    batches = list(open_lines([path], longest).batches(most))
    assert [line for batch in batches for line in batch] == [line[:longest] for line in expected]
    assert all(1 <= len(batch) <= most for batch in batches)
    in_pieces = open_lines([path], longest)
    pieces = list(in_pieces.pieces(most))
    assert [line for piece in pieces for line in piece.split(b"\n")] == [line[:longest] for line in expected]
    assert in_pieces.oversized == sum(len(line) > longest for line in lines)


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    path = written(tmp_path / "t", "一\r\n二\x0b\x0c\x85\u2028三".encode())
    assert list(open_lines([path])) == ["一\r".encode(), "二\x0b\x0c\x85\u2028三".encode()]


def test_lines_of_two_files_are_not_joined(tmp_path: Path) -> None:
    paths = [written(tmp_path / name, b"a\nb") for name in ("1.txt", "2.gz", "3.xz", "4.zst")]
    assert list(open_lines(paths)) == [b"a", b"b"] * 4


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_an_archive_of_several_parts_is_read_to_its_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"parts{suffix}"
    path.write_bytes(PACK[suffix](b"1\n2") + PACK[suffix](b"3\n") + PACK[suffix](b"4\n" * 100_000))
    assert list(open_lines([str(path)])) == [b"1", b"23"] + [b"4"] * 100_000


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert list(open_lines([written(tmp_path / f"empty{suffix}", b"") for suffix in PACK])) == []


def test_a_glob_gives_its_files_in_order_of_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.txt", "a.txt", "deep/c.txt", "d.log"):
        written(tmp_path / name, name.encode())
    assert list(open_lines([f"{tmp_path}/*.txt"])) == [b"a.txt", b"b.txt"]
    assert list(open_lines([f"{tmp_path}/**/*.txt"])) == [b"a.txt", b"b.txt", b"deep/c.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    written(tmp_path / "a[1].txt", b"itself")
    written(tmp_path / "a1.txt", b"the other")
    assert list(open_lines([f"{tmp_path}/a[1].txt"])) == [b"itself"]


@pytest.mark.parametrize("name", ["missing.txt", "*.missing"])
def test_what_is_not_there_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"missing.*: No such file or directory"):
        open_lines([f"{tmp_path}/{name}"])


def test_a_directory_is_refused_and_the_way_out_shown(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is a directory; name its files, for example .*/\*\.jsonl"):
        open_lines([str(tmp_path)])


def test_a_file_that_goes_away_before_it_is_read_is_an_error(tmp_path: Path) -> None:
    reader = open_lines([written(tmp_path / "brief", b"x")])
    (tmp_path / "brief").unlink()
    with pytest.raises(SourceError, match="brief: No such file"):
        list(reader)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "never packed"])
def test_a_damaged_archive_is_an_error_never_a_short_read(tmp_path: Path, suffix: str, damage: str) -> None:
    data = b"".join(b"%d\n" % number for number in range(100_000))
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(data) if suffix == ".zst" else PACK[suffix](data)
    middle = len(packed) // 2
    flipped = packed[:middle] + bytes([packed[middle] ^ 255]) + packed[middle + 1 :]
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes({"truncated": packed[:-10], "flipped": flipped, "never packed": data}[damage])
    with pytest.raises(SourceError, match=rf"damaged\{suffix}: ."):
        list(open_lines([str(path)]))


def test_an_absurdly_long_line_is_cut_reported_and_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "endless.xz"
    with lzma.open(path, "wb", preset=0) as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
        file.write(b"\nnext\n")
    tracemalloc.start()
    reader = open_lines([str(path)], max_line_bytes=1000)
    lines = list(reader)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == [bytes(1000), b"next"]
    assert reader.oversized == 1
    assert peak < 8 << 20
    assert list(open_lines([str(path)], max_line_bytes=1000).pieces(1 << 20)) == [b"\n".join(lines)]


@pytest.mark.parametrize("suffix", PACK)
def test_a_longer_file_takes_no_more_memory(tmp_path: Path, suffix: str) -> None:
    """So repetitive a text that a few bytes of an archive stand for all of it: the hard case."""

    def peak(lines: int) -> int:
        path = written(tmp_path / f"{lines}{suffix}", "2021年第一场雪\n".encode() * lines)
        tracemalloc.start()
        for _ in open_lines([path]):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(1_000_000) < 1.3 * peak(500_000) < 30 << 20


@pytest.mark.parametrize("suffix", PACK)
def test_bytes_read_grow_to_the_packed_size(tmp_path: Path, suffix: str) -> None:
    paths = [
        written(tmp_path / f"{n}{suffix}", os.urandom(1 << 20).replace(b"\n", b"")[: 1 << 19] + b"\n") for n in "ab"
    ]
    reader = open_lines(paths)
    seen = [reader.read_bytes, *(reader.read_bytes for _ in reader), reader.read_bytes]
    assert reader.total_bytes == sum(Path(path).stat().st_size for path in paths)
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert 0 < seen[1] < seen[-1] == reader.total_bytes


def test_a_dash_is_stdin_of_unknown_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n\xe4\xb8\n")))
    reader = open_lines(["-"])
    assert reader.total_bytes is None
    assert list(reader) == [b"\xff\xfe", b"\xe4\xb8"]
    assert reader.read_bytes == 6


def test_a_slow_pipe_gives_each_line_when_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second line is written only after the first was received: waiting for a full block would hang here."""
    reading, writing = os.pipe()
    monkeypatch.setattr(sys, "stdin", os.fdopen(reading, encoding="utf-8"))
    received = threading.Event()

    def feed() -> None:
        os.write(writing, b"first\n")
        received.wait(60)
        os.write(writing, b"second\n")
        os.close(writing)

    feeder = threading.Thread(target=feed)
    feeder.start()
    batches = open_lines(["-"]).batches(1000)
    assert next(batches) == [b"first"]
    received.set()
    assert list(batches) == [[b"second"]]
    feeder.join()
    sys.stdin.close()


def test_a_reader_left_half_read_leaves_no_open_file(tmp_path: Path) -> None:
    """A file left open would be a ResourceWarning, and warnings are errors."""
    reader = LineReader([written(tmp_path / "t.gz", b"1\n2\n")])
    assert next(iter(reader)) == b"1"
    del reader


def test_an_archive_that_wants_a_huge_dictionary_is_refused(tmp_path: Path) -> None:
    """137 kB of .xz that need a dictionary of 4 GiB to unpack took a GB of memory."""
    packed = bytearray(lzma.compress(b"a\nb\n"))
    packed[packed.index(bytes((0x21, 0x01))) + 2] = 40  # the byte that names it
    end = 12 + (packed[12] + 1) * 4
    packed[end - 4 : end] = zlib.crc32(packed[12 : end - 4]).to_bytes(4, "little")
    path = written(tmp_path / "huge.xz", b"")
    Path(path).write_bytes(bytes(packed))
    with pytest.raises(SourceError, match=r"huge\.xz: damaged archive: Memory usage limit"):
        list(open_lines([path]))
