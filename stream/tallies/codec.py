"""A tally <-> the body of its messages on the topic `tallies`.

A body is compressed, and the size it unpacks to is bounded. Decoding raises UnreadableError.
"""

import struct

import orjson
import zstandard

from stream.bounded import TooLargeError, parsed_json, unpacked_whole
from stream.range_log.messages import LENGTH, Range, UnreadableError
from stream.tallies.columns import COLUMNS, packed, read_column, unpacked
from stream.tallies.tally import RangeTally

MOST_BYTES = 64 << 20  # of a body unpacked
MOST_HEAD_BYTES = 1 << 20


def body_of(tally: RangeTally) -> bytes:
    """Encode the counts of a tally."""
    columns = [column for _, counts in tally.windows for column in packed(counts)]
    head = orjson.dumps({
        "totals": tally.totals, "windows": [[at_s, counts.total] for at_s, counts in tally.windows],
        "columns": [[width, numbers] for width, numbers, _ in columns],
    })  # fmt: skip
    content = b"".join([LENGTH.pack(len(head)), head, *(content for _, _, content in columns)])
    return zstandard.ZstdCompressor(level=3).compress(content)


def tally_of(of: Range, body: bytes) -> RangeTally:
    """Decode the counts of a range. Raises UnreadableError."""
    try:
        content = memoryview(unpacked_whole(body, MOST_BYTES))
        at = LENGTH.size + LENGTH.unpack_from(content)[0]
        head = parsed_json(content[LENGTH.size : at], MOST_HEAD_BYTES)
        columns = []
        for width, numbers in head["columns"]:
            columns.append(read_column(width, numbers, content[at : at + width * numbers]))
            at += width * numbers
        if len(columns) != COLUMNS * len(head["windows"]) or at != len(content):
            raise UnreadableError("contradicts itself")
        windows = tuple(
            (float(at_s), unpacked(columns[COLUMNS * number : COLUMNS * (number + 1)], float(all_pairs)))
            for number, (at_s, all_pairs) in enumerate(head["windows"]))  # fmt: skip
        totals = {str(name): int(total) for name, total in head["totals"].items()}
        return RangeTally(of.partition, of.begin, of.end, of.newest_s, totals, windows)
    except TooLargeError as error:
        raise UnreadableError("too large to hold") from error
    except (struct.error, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise error if isinstance(error, UnreadableError) else UnreadableError("not a tally") from error
