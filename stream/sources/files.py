"""Read files and stdin as lines of UTF-8, block by block, unpacking archives and converting encodings.

Only a line feed ends a line. Bytes are only decoded if the file has another encoding; `text.message` decides what is
readable. A line longer than `max_line_bytes` is truncated and counted in `oversized`, so neither a file without a line
feed nor an archive that unpacks to very much can fill the memory. A damaged or truncated archive is an error, never a
short read.
Cost: one block (256 KiB) and one line in memory; lines are split by `bytes.split`.
"""

import codecs
import gzip
import lzma
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from glob import glob
from io import BufferedReader, FileIO
from itertools import chain
from pathlib import Path
from typing import cast

import zstandard

from stream.bounded import xz_pieces
from stream.errors import SourceError
from stream.sources.encodings import Guess, guess, is_telling

AUTO, AS_IT_IS = "auto", ""
"""Instead of an encoding: detect it; or pass bytes on unchanged."""
STDIN = "-"
BLOCK_BYTES = 1 << 18
# Four bytes of zstd can unpack to 128 KiB. Small pieces bound what one piece unpacks to (8 MiB), and are not slower.
ZSTD_PIECE_BYTES = 256


def open_lines(paths: Sequence[str], max_line_bytes: int = 1_000_000, encoding: str = AS_IT_IS) -> "LineReader":
    """Open the lines of all these files in sequence; the last line of a file needs no line feed.

    A path is a file, a glob (`**` too; matches in order of name), or `-` for stdin; `.gz`, `.xz` and `.zst` are
    unpacked. Raises SourceError at once if something is missing, and while reading if it cannot be read.
    """
    return LineReader([found for path in paths for found in _found(path)], max_line_bytes, encoding)


class LineReader:
    """Iterates once over lines (bytes without their line feed), one by one or by `batches`."""

    def __init__(self, paths: Sequence[str], max_line_bytes: int = 1_000_000, encoding: str = AS_IT_IS) -> None:
        self.paths = tuple(paths)
        self.oversized = 0
        """Number of lines so far that were longer than `max_line_bytes` and truncated."""
        self._max_line_bytes, self._encoding = max_line_bytes, encoding
        self._head: Iterator[bytes] | None = None
        self._total_bytes = _total(self.paths)
        self._done_bytes = 0
        self._open: FileIO | None = None
        self._lists = chain.from_iterable(self._lines_of(path) for path in self.paths)
        self._lines = chain.from_iterable(self._lists)

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def batches(self, most: int) -> Iterator[list[bytes]]:
        """Yield lists of 1 to `most` lines, each as soon as its block is read, so that lines of a slow pipe are not
        delayed.

        Faster than line by line; do not mix the two.
        """
        for lines in self._lists:
            for first in range(0, len(lines), most):
                yield lines[first : first + most]

    def pieces(self, most_bytes: int) -> Iterator[bytes]:
        """Yield the same lines in pieces of about that many bytes, with the line feeds between them."""
        held, size = list[bytes](), 0
        for path in self.paths:
            for piece in self._pieces_of(path):
                held.append(piece)
                size += len(piece)
                if size >= most_bytes:
                    yield b"\n".join(held)
                    held, size = [], 0
        if held:
            yield b"\n".join(held)

    def close(self) -> None:
        """Close the current file."""
        if self._open is not None:
            self._open.close()

    def head(self) -> bytes:
        """Return the first block of the first file; reading still starts with it."""
        blocks = self._blocks(self.paths[0])
        first = next(blocks, b"")
        self._head = chain((first,), blocks)
        return first

    def blocks(self) -> Iterator[bytes]:
        """Return the bytes of the first file, instead of its lines."""
        return self._begun(self.paths[0])

    @property
    def total_bytes(self) -> int | None:
        """Size of all files on disk (packed); None if one is a pipe."""
        return self._total_bytes

    @property
    def read_bytes(self) -> int:
        """Bytes read so far (packed), including the current block."""
        if self._open is not None and not self._open.closed and self._open.seekable():
            return self._done_bytes + self._open.tell()
        return self._done_bytes

    def _lines_of(self, path: str) -> Iterator[list[bytes]]:
        rest, cut = b"", False
        for block in self._begun(path):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if lines:
                if cut:  # its beginning was yielded when it grew too long
                    del lines[0]
                    cut = False
                yield self._bounded(lines)
            if cut:
                rest = b""
            elif len(rest) > self._max_line_bytes:
                yield self._bounded([rest])
                rest, cut = b"", True
        if rest:
            yield self._bounded([rest])

    def _pieces_of(self, path: str) -> Iterator[bytes]:
        """Yield the whole lines of each block.

        The incomplete last line of a block is kept for the next, up to its bound.
        """
        most, held, size = self._max_line_bytes, [b""], 0
        for block in self._begun(path):
            first = block.find(b"\n")
            if first < 0:
                held.append(block[: max(0, most - size)])
                size += len(block)
                continue
            self.oversized += size + first > most
            last = block.rfind(b"\n")
            begun = b"".join((*held, block[: max(0, min(first, most - size))]))
            yield begun if last == first else b"".join((begun, b"\n", self._shortened(block[first + 1 : last])))
            held, size = [block[last + 1 :][:most]], len(block) - last - 1
        if size:
            self.oversized += size > most
            yield b"".join(held)

    def _shortened(self, lines: bytes) -> bytes:
        if len(lines) <= self._max_line_bytes:
            return lines
        found = lines.split(b"\n")
        return lines if max(map(len, found)) <= self._max_line_bytes else b"\n".join(self._bounded(found))

    def _bounded(self, lines: list[bytes]) -> list[bytes]:
        most = self._max_line_bytes
        if max(map(len, lines), default=0) <= most:
            return lines
        self.oversized += sum(len(line) > most for line in lines)
        return [line[:most] for line in lines]

    def _begun(self, path: str) -> Iterator[bytes]:
        head, self._head = self._head, None
        return self._blocks(path) if head is None else head

    def _blocks(self, path: str) -> Iterator[bytes]:
        raw = self._raw_blocks(path)
        return raw if self._encoding == AS_IT_IS else _as_utf8(raw, self._encoding, path)

    def _raw_blocks(self, path: str) -> Iterator[bytes]:
        try:
            if path == STDIN:
                yield from self._of_stdin()
                return
            with FileIO(path) as file:
                self._open = file
                yield from _unpacked(file, Path(path).suffix.lower())
                self._open = None
                self._done_bytes += file.tell() if file.seekable() else 0
        except OSError as error:
            raise SourceError(f"{path}: {error.strerror or error}") from error
        except (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
            raise SourceError(f"{path}: damaged archive: {error}") from error

    def _of_stdin(self) -> Iterator[bytes]:
        stdin = cast(BufferedReader, sys.stdin.buffer)
        while block := stdin.read1(BLOCK_BYTES):  # returns what is available; `read` would wait for a full block
            self._done_bytes += len(block)
            yield block


def _as_utf8(blocks: Iterator[bytes], encoding: str, path: str) -> Iterator[bytes]:
    """Convert to UTF-8. Bytes that are invalid in the encoding stay as they are.

    The encoding is detected from the first block that is not all ASCII. Raises SourceError that names the likely
    encoding if the detection is not certain.
    """
    for block in blocks:
        if encoding != AUTO:
            yield from _encoded_anew(chain((block,), blocks), encoding)
        elif is_telling(block):
            found = guess(block) or Guess("utf-8", True)
            if not found.sure:
                likely = f"it looks like {found.name}, which --encoding {found.name} reads"
                raise SourceError(f"{path}: is not UTF-8; {likely}")
            yield from _encoded_anew(chain((block,), blocks), found.name)
        else:
            yield block


def _encoded_anew(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if codecs.lookup(encoding).name == "utf-8":
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape" if encoding[:5] != "utf-1" else "replace")
    for block in chain(blocks, (b"",)):
        text = decoder.decode(block, final=not block)
        if text:
            yield text.encode("utf-8", "surrogateescape")


def _unpacked(file: FileIO, suffix: str) -> Iterator[bytes]:
    if suffix == ".zst":
        yield from _evened(_zstd_pieces(file))
    elif suffix == ".gz":
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield from iter(lambda: unpacked.read(BLOCK_BYTES), b"")
    elif suffix == ".xz":
        yield from xz_pieces(iter(lambda: file.read(BLOCK_BYTES), b""), BLOCK_BYTES)
    else:
        yield from iter(lambda: file.read(BLOCK_BYTES), b"")


def _zstd_pieces(file: FileIO) -> Iterator[bytes]:
    """Unpack frame by frame. The library's stream reader treats a truncated frame as the end of the file."""
    frame, begun = zstandard.ZstdDecompressor().decompressobj(), False
    for block in iter(lambda: file.read(BLOCK_BYTES), b""):
        for first in range(0, len(block), ZSTD_PIECE_BYTES):
            packed = block[first : first + ZSTD_PIECE_BYTES]
            while packed:
                yield frame.decompress(packed)
                packed, begun = frame.unused_data, not frame.eof
                if frame.eof:
                    frame = zstandard.ZstdDecompressor().decompressobj()
    if begun:
        raise EOFError("it ends in the middle of a frame")


def _evened(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in blocks of even size, because pieces of zstd unpack to a few bytes or to megabytes."""
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BLOCK_BYTES:
            joined = b"".join(held)
            yield from (joined[first : first + BLOCK_BYTES] for first in range(0, size, BLOCK_BYTES))
            held, size = [], 0
    if size:
        yield b"".join(held)


def _found(path: str) -> list[str]:
    """Return the files that match a path or pattern of the command line."""
    if path == STDIN:
        return [path]
    try:
        if stat.S_ISDIR(Path(path).stat().st_mode):
            raise SourceError(f"{path}: is a directory; name its files, for example {path.rstrip('/')}/*.jsonl")
        return [path]
    except OSError as error:
        found = glob(path, recursive=True)  # noqa: PTH207  Path.glob refuses absolute patterns
        matches = sorted(match for match in found if not Path(match).is_dir())
        if not matches:
            raise SourceError(f"{path}: {error.strerror}") from error
        return matches


def _total(paths: Sequence[str]) -> int | None:
    total = 0
    for path in paths:
        with suppress(OSError):  # if it is gone meanwhile, reading it reports that
            status = None if path == STDIN else Path(path).stat()
            if status is None or not stat.S_ISREG(status.st_mode):
                return None
            total += status.st_size
    return total
