"""Unpacks compressed data up to a bound that the caller gives; sizes that the data itself declares are not trusted.

Data from a network, a file or a topic may declare any size: 19 kB of zstd unpack to 800 MB, five bytes of snappy ask
for 4 GiB, and nested JSON exhausts the stack. Here everything is unpacked piece by piece, and memory is allocated for
what was unpacked, not for what was declared.

Raises TooLargeError above the bound and DamagedError for invalid data; both are ValueErrors.
Cost: that of the codec; data that unpacks to less than eight times its size is not copied again.
"""

import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import zstandard

GZIP, SNAPPY, LZ4, ZSTD = "gzip", "snappy", "lz4", "zstd"
FIRST_PIECE_BYTES = 1 << 16
XERIAL, XERIAL_BYTES = b"\x82SNAPPY\x00", 16  # how Java frames snappy: this, two version numbers, blocks
XZ_MEMORY_BYTES = 128 << 20  # a dictionary of 64 MiB (`xz -9`) and what the decoder needs beside it
Bytes = bytes | memoryview


class TooLargeError(ValueError):
    """The data is larger than the bound allows."""


class DamagedError(ValueError):
    """The data is not in the format, or is incomplete."""


def unpacked(codec: str, packed: Bytes, most_bytes: int) -> bytes:
    """Unpack data with one of the four codecs above."""
    pieces, size = list[bytes](), 0
    try:
        for piece in _CODECS[codec](packed, most_bytes):
            size += len(piece)
            if size > most_bytes:
                raise TooLargeError(f"{len(packed)} bytes of {codec} unpack to more than {most_bytes}")
            pieces.append(piece)
    except (zlib.error, zstandard.ZstdError, RuntimeError, EOFError) as error:
        raise DamagedError(f"not {codec}: {error}") from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def unpacked_whole(packed: Bytes, most_bytes: int) -> bytes:
    """Unpack a single zstd frame that declares its size, in one piece and without a second copy.

    A wrong declared size reserves address space up to the bound, but no memory.
    """
    try:
        size = zstandard.frame_content_size(packed)
        if size < 0:
            raise DamagedError("a frame that does not say how much it holds")
        if size > most_bytes:
            raise TooLargeError(f"{len(packed)} bytes of zstd declare {size}, at most {most_bytes} are expected")
        return zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise DamagedError(f"not zstd: {error}") from error


def parsed_json(text: Bytes, most_bytes: int) -> Any:
    """Parse JSON text. Raises TooLargeError if it is too long or nested too deeply, ValueError if it is not JSON."""
    if len(text) > most_bytes:
        raise TooLargeError(f"{len(text)} bytes of JSON where at most {most_bytes} are expected")
    try:
        return json.loads(bytes(text))
    except RecursionError as error:
        raise TooLargeError("JSON nested too deeply") from error


def xz_pieces(blocks: Iterator[bytes], piece_bytes: int) -> Iterator[bytes]:
    """Unpack .xz, stream after stream, in pieces of at most that size and with bounded memory.

    Raises EOFError if the data is incomplete, lzma.LZMAError if it is damaged or needs a larger dictionary.
    """
    stream, rest, begun = _xz(), b"", False
    for block in blocks:
        rest = rest + block if begun else (rest + block).lstrip(b"\0")  # zeros may stand between streams
        while rest or (begun and not stream.needs_input):
            piece = stream.decompress(rest, piece_bytes)
            begun, rest = True, b""
            if piece:
                yield piece
            if stream.eof:
                rest, begun, stream = stream.unused_data.lstrip(b"\0"), False, _xz()
            elif stream.needs_input:
                break
    if begun:
        raise EOFError("it ends in the middle of a stream")


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)


def _piece_bytes(packed: Bytes, most_bytes: int) -> int:
    return min(most_bytes + 1, max(FIRST_PIECE_BYTES, 8 * len(packed)))


def _gzip(packed: Bytes, most_bytes: int) -> Iterator[bytes]:
    while True:
        member = zlib.decompressobj(wbits=31)
        yield member.decompress(packed, most_bytes + 1)
        if not member.eof:
            if not member.unconsumed_tail:
                raise EOFError("it ends in the middle")
            raise TooLargeError(f"{len(packed)} bytes of gzip unpack to more than {most_bytes}")
        packed = member.unused_data
        if not packed.startswith(b"\x1f\x8b"):  # as Java reads it: what follows is of no concern
            return


def _lz4(packed: Bytes, most_bytes: int) -> Iterator[bytes]:
    import lz4.frame  # as `snappy`, for Kafka's batches alone: files need neither

    frame, piece_bytes = lz4.frame.LZ4FrameDecompressor(), _piece_bytes(packed, most_bytes)
    yield frame.decompress(bytes(packed), piece_bytes)
    while not frame.eof:
        if frame.needs_input:
            raise EOFError("it ends in the middle of a frame")
        yield frame.decompress(b"", piece_bytes)


def _zstd(packed: Bytes, most_bytes: int) -> Iterator[bytes]:
    """Unpack zstd; the library refuses frames with a window of more than 128 MiB."""
    piece_bytes = _piece_bytes(packed, most_bytes)
    with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as reader:
        yield from iter(lambda: reader.read(piece_bytes), b"")


def _snappy(packed: Bytes, most_bytes: int) -> Iterator[bytes]:
    """Unpack snappy; its library allocates the declared size, so that is checked first."""
    import snappy

    packed = bytes(packed)
    blocks = _xerial_blocks(packed) if packed.startswith(XERIAL) else iter((packed,))
    size = 0
    for block in blocks:
        size += _snappy_size(block)
        if size > most_bytes:
            raise TooLargeError(f"{len(packed)} bytes of snappy declare more than {most_bytes}")
        try:
            yield snappy.decompress(block)
        except snappy.UncompressError as error:
            raise EOFError(str(error)) from error


def _xerial_blocks(packed: bytes) -> Iterator[bytes]:
    at = XERIAL_BYTES
    while at < len(packed):
        end = at + 4 + int.from_bytes(packed[at : at + 4], "big")
        if end > len(packed):
            raise EOFError("it ends in the middle of a block")
        yield packed[at + 4 : end]
        at = end


def _snappy_size(block: bytes) -> int:
    size = 0
    for place, byte in enumerate(block[:5]):
        size |= (byte & 127) << 7 * place
        if byte < 128:
            return size
    raise EOFError("no size in front")


_CODECS: dict[str, Callable[[Bytes, int], Iterator[bytes]]] = {
    GZIP: _gzip, SNAPPY: _snappy, LZ4: _lz4, ZSTD: _zstd,
}  # fmt: skip
