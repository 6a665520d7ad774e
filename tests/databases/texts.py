"""Rows for databases, made from their number, with content that drivers may fail on."""

import zlib
from collections.abc import Iterator

from stream.sources.rows import row_line

PIECES = ("天气真好", "线\n行", '引"号"', "反\\斜\\N杠", "制\t表", "百分%s:号", "😀 emoji", "l'été", "\u2028", "é́")


def rows(count: int) -> Iterator[tuple[int, str]]:
    """(id, body), some 300 bytes each."""
    for number in range(count):
        yield number, f"{number} " + PIECES[number % len(PIECES)] + "，这是一篇很长的文章的开头" * 7


def checksum(count: int) -> int:
    """Of their lines, in order of the id."""
    found = 0
    for _, body in rows(count):
        found = zlib.crc32(row_line(body, None, None), found)
    return found
