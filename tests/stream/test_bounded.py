"""Every codec: valid data is restored, bombs are refused in bounded memory, and damage differs from excess size."""

import gzip
import lzma
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import lz4.frame
import pytest
import snappy
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from kafka.codec import snappy_encode

from stream.bounded import XZ_MEMORY_BYTES, DamagedError, TooLargeError, parsed_json, unpacked, xz_pieces

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "snappy": snappy.compress, "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}  # fmt: skip
CODEC = pytest.mark.parametrize("codec", sorted(PACK))
MIB = 1 << 20


@CODEC
@given(content=st.binary(max_size=3000) | st.integers(0, 400_000).map(bytes))
def test_what_was_packed_comes_back(codec: str, content: bytes) -> None:
    assert unpacked(codec, PACK[codec](content), len(content)) == content
    assert unpacked(codec, memoryview(PACK[codec](content)), 1 << 20) == content


@CODEC
def test_one_byte_more_than_the_bound_is_too_large(codec: str) -> None:
    packed = PACK[codec](bytes(300_001))
    assert len(unpacked(codec, packed, 300_001)) == 300_001
    with pytest.raises(TooLargeError):
        unpacked(codec, packed, 300_000)


def test_several_members_and_frames_are_one_content() -> None:
    for codec in ("gzip", "zstd"):
        packed = PACK[codec](b"one") + PACK[codec](b"two")
        assert unpacked(codec, packed, 6) == b"onetwo"
        with pytest.raises(TooLargeError):
            unpacked(codec, packed, 5)


def test_snappy_as_java_frames_it() -> None:
    content = bytes(100_000) + b"end"
    assert unpacked("snappy", snappy_encode(content), len(content)) == content
    with pytest.raises(TooLargeError):
        unpacked("snappy", snappy_encode(content), len(content) - 1)


@CODEC
@given(garbage=st.binary(max_size=200))
def test_garbage_is_damaged_and_nothing_else(codec: str, garbage: bytes) -> None:
    for packed in (garbage, PACK[codec](b"x" * 500)[:-5] + garbage):
        with suppress(DamagedError, TooLargeError):
            unpacked(codec, packed, 10_000)


@pytest.mark.parametrize("codec", ["gzip", "lz4", "snappy"])  # zstd gives what there is; the lengths of records tell
def test_what_is_cut_off_is_damaged(codec: str) -> None:
    with pytest.raises(DamagedError):
        unpacked(codec, PACK[codec](bytes(range(256)) * 50)[:-20], MIB)


BOMBS = """
import resource, sys
sys.path.insert(0, {root!r})
from stream.bounded import TooLargeError, unpacked
bombs = [(sys.argv[1], open(sys.argv[2], "rb").read())]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for codec, bomb in bombs:
    try:
        unpacked(codec, bomb, 8 << 20)
    except TooLargeError:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def _bomb(codec: str) -> bytes:
    """A few kilobytes (lz4: two megabytes) that unpack to 512 MiB, or claim to."""
    if codec == "snappy":
        return b"\xff\xff\xff\xff\x0f" + b"\0" * 40
    block, count = bytes(MIB), 512
    if codec == "zstd":
        packer = zstandard.ZstdCompressor().compressobj()
        return b"".join([packer.compress(block) for _ in range(count)]) + packer.flush()
    if codec == "lz4":
        frame = lz4.frame.LZ4FrameCompressor()
        first = frame.begin(source_size=count * MIB)
        return first + b"".join([frame.compress(block) for _ in range(count)]) + frame.flush()
    packer_gz = zlib.compressobj(wbits=31)
    return b"".join([packer_gz.compress(block) for _ in range(count)]) + packer_gz.flush()


@CODEC
def test_a_bomb_takes_no_more_memory_than_the_bound_allows(
    codec: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bomb") / codec
    path.write_bytes(_bomb(codec))
    code = BOMBS.format(root=str(Path(__file__).parents[2]))
    done = subprocess.run([sys.executable, "-c", code, codec, str(path)], capture_output=True, text=True, check=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)))  # fmt: skip
    assert int(done.stdout) < 40 * 1024, f"{done.stdout} KiB for at most 8 MiB"


def test_json_is_bounded_in_size_and_depth() -> None:
    assert parsed_json(b'{"a": [1, 2]}', 100) == {"a": [1, 2]}
    assert parsed_json(memoryview(b"[NaN]"), 100)[0] != 0
    for text in (b"[" * 100_000, b'{"a":' * 50_000, b'"' + b"a" * 200_000 + b'"'):
        with pytest.raises(TooLargeError):
            parsed_json(text, 100_000 if text[:1] == b'"' else 1 << 20)


def pieces_of(packed: bytes, block: int = 1000) -> list[bytes]:
    blocks = iter([packed[first : first + block] for first in range(0, len(packed), block)])
    return list(xz_pieces(blocks, 4096))


@given(st.binary(max_size=3000), st.integers(0, 60_000), st.integers(1, 5000))
def test_xz_comes_in_pieces(content: bytes, zeros: int, block: int) -> None:
    content += bytes(zeros)
    packed = lzma.compress(content) + lzma.compress(b"more")
    pieces = pieces_of(packed, block)
    assert b"".join(pieces) == content + b"more"
    assert max(map(len, pieces)) <= 4096


def test_a_dictionary_that_is_too_large_is_refused_before_it_is_allocated() -> None:
    huge = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 20}]
    packed = bytearray(lzma.compress(b"small", filters=huge))
    assert pieces_of(bytes(packed)) == [b"small"]
    # The byte of the filter that names the dictionary: 40 stands for 4 GiB. The header's checksum follows.
    at = packed.index(bytes((0x21, 0x01))) + 2
    packed[at] = 40
    header = 12 + (packed[12] + 1) * 4
    packed[header - 4 : header] = zlib.crc32(packed[12 : header - 4]).to_bytes(4, "little")
    with pytest.raises(lzma.LZMAError, match="Memory"):
        pieces_of(bytes(packed))
    assert XZ_MEMORY_BYTES < 1 << 28


def test_incomplete_xz_is_reported() -> None:
    with pytest.raises(EOFError):
        pieces_of(lzma.compress(bytes(range(256)) * 20)[:-30])
