"""Reads the headers of one record from its bytes, on demand: most texts are counted without anyone reading their
headers.

Headers follow the value: their number, then for each the length of its name, the name, the length of its value (-1 if
there is none) and the value. At most MOST_HEADERS headers and MOST_HEADER_BYTES bytes of a record are read.
"""

from collections.abc import Sequence

Headers = Sequence[tuple[str, bytes]]
MOST_HEADERS, MOST_HEADER_BYTES = 64, 1 << 14


def headers_at(data: memoryview, at: int) -> Headers:
    """Return the headers that begin at `at`: as many as are complete and within the bounds."""
    found: list[tuple[str, bytes]] = []
    last = min(len(data), at + MOST_HEADER_BYTES)
    try:
        count, at = varint(data, at)
        for _ in range(min(count, MOST_HEADERS)):
            name, at = _bytes(data, at, last)
            value, at = _bytes(data, at, last)
            found.append((name.decode("utf-8", "replace"), value))
    except (IndexError, ValueError):
        pass
    return found


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """Decode a zigzag varint; return its value and where it ends. Raises IndexError or ValueError if it has no end."""
    value, shift = 0, 0
    while (byte := data[at]) > 127:
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
    value |= byte << shift
    return (value >> 1) ^ -(value & 1), at + 1


def _bytes(data: memoryview, at: int, last: int) -> tuple[bytes, int]:
    size, at = varint(data, at)
    end = at + max(size, 0)
    if end > last:
        raise ValueError("behind the bound")
    return bytes(data[at:end]), end
