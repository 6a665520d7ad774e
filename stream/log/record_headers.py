"""The headers of a record, read only of those records that ask for them: nobody needs them of a text that is counted.

They stand behind the value: how many, then of each the length of its name, the name, the length of its value, the
value (-1: there is none). Bounded: of a record at most MOST_HEADERS and MOST_HEADER_BYTES are read.
"""

from collections.abc import Sequence

Headers = Sequence[tuple[str, bytes]]
MOST_HEADERS, MOST_HEADER_BYTES = 64, 1 << 14


def headers_at(data: memoryview, at: int) -> Headers:
    """The headers that begin at this place, as many as are whole and within the bounds."""
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
    """A number with its zigzag undone, and where it ends. Raises IndexError, ValueError."""
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
