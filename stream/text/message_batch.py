"""Bytes -> texts, all of a batch at once: the plainest messages by a loop, any other one by `message.decode`.

Law: what comes out is what `message.decode` says of each value alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64, mixed_basic
from sketches.kernels import kernel
from stream.text.message import NAME_CHARS, REASONS, Rejected, Text, TextSettings, decode
from stream.text.runs import I64, U8, U32, encoded
from stream.text.text_batch import TextBatch, source_names

READABLE = 0  # a reason; others are 1 + the place in REASONS


@dataclass(frozen=True, slots=True)
class Values:
    """Bytes of many messages where they lie in `data`: shapes (n,); one that is not there begins behind its end."""

    data: bytes | memoryview
    begin: I64
    end: I64

    def __iter__(self) -> Iterator[bytes | None]:
        """Those of each message, copied when it is its turn."""
        data = memoryview(self.data)
        for begin, end in zip(self.begin.tolist(), self.end.tolist(), strict=True):
            yield bytes(data[begin:end]) if begin <= end else None

    def chosen(self, which: I64) -> "Values":
        """Those of these numbers."""
        return Values(self.data, self.begin[which], self.end[which])


class Origin(NamedTuple):
    """Where messages came from: shapes (n,); times are those of the records, in seconds since 1970."""

    topic: str
    partition: int
    offsets: I64
    at_s: F64


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text for each message: of one that could not be read an empty text, at 0 s."""

    texts: TextBatch
    reasons: U8  # (n,) why it could not be read, or READABLE
    clamped: npt.NDArray[np.bool_]  # (n,) whether it came from the future

    def from_sources(self, names: Sequence[str | None]) -> "Decoded":
        """The same texts, of these sources."""
        return replace(self, texts=replace(self.texts, sources=source_names(names)))

    def between(self, first: int, last: int) -> "Decoded":
        """Those from `first` up to but not with `last`."""
        few = slice(first, last)
        return Decoded(self.texts.between(first, last), self.reasons[few], self.clamped[few])


def decode_all(values: Values, origin: Origin, now_s: float, settings: TextSettings) -> Decoded:
    """`message.decode` of each."""
    number = len(values.begin)
    written, starts, at_s, sources, plain = plain_messages(
        values.begin, values.end, values.data, origin.at_s, settings.format == "json", now_s + settings.max_ahead_s,
        settings.max_bytes, settings.max_chars, NAME_CHARS, mixed_basic(),
    )  # fmt: skip
    fast = TextBatch(written, starts, at_s, sources, origin.offsets, origin.topic, origin.partition)
    reasons, clamped = np.zeros(number, np.uint8), np.zeros(number, bool)
    if plain.all():
        return Decoded(fast, reasons, clamped)
    others = np.flatnonzero(~plain)
    of_others = zip(values.chosen(others), origin.at_s[others].tolist(), origin.offsets[others].tolist(), strict=True)
    items = [decode(value, at_s, now_s, origin.topic, origin.partition, offset, settings)
             for value, at_s, offset in of_others]  # fmt: skip
    for one, item in zip(others.tolist(), items, strict=True):
        reasons[one] = 1 + REASONS.index(item.reason) if isinstance(item, Rejected) else READABLE
        clamped[one] = isinstance(item, Text) and item.clamped
    return Decoded(_with(fast, others, items), reasons, clamped)


def unreadable(origin: Origin, reason: str) -> Decoded:
    """What is said of messages none of which can be read, for one of REASONS."""
    number = len(origin.offsets)
    texts = TextBatch(np.zeros(number, np.uint32), np.arange(number + 1), np.zeros(number), np.zeros(number, np.uint64),
                      origin.offsets, origin.topic, origin.partition)  # fmt: skip
    return Decoded(texts, np.full(number, 1 + REASONS.index(reason), np.uint8), np.zeros(number, bool))


def plain_texts(lines: Sequence[bytes]) -> tuple[U32, Sequence[bytes]]:
    """Code points of the texts of lines of JSON, a 0 behind each; and the lines that the loop leaves to others: of
    these there is an empty text, or none.
    """
    length = np.fromiter(map(len, lines), np.int64, len(lines))
    end, data = np.cumsum(length + 1) - 1, b"\n".join(lines)
    no_bound = len(data)
    written, *_, plain = plain_messages(end - length, end, data, np.zeros(len(lines)), True, inf,
                                        no_bound, no_bound, no_bound, mixed_basic())  # fmt: skip
    return written, [] if plain.all() else [line for line, is_read in zip(lines, plain, strict=True) if not is_read]


@kernel("stream.text.decode_numba")
def plain_messages(
    begin: I64, end: I64, data: bytes | memoryview, came_s: F64, is_json: bool, latest_s: float, max_bytes: int,
    max_chars: int, max_name: int, basic: U64,
) -> tuple[U32, I64, F64, U64, npt.NDArray[np.bool_]]:  # fmt: skip
    """Columns of `TextBatch` and (n,) which messages were read; of the others there are empty texts, at 0 s.

    The loop reads the plainest messages, which are nearly all; numpy reads none.
    """
    number = len(begin)
    nothing = np.zeros(number, np.uint32), np.arange(number + 1), np.zeros(number), np.zeros(number, np.uint64)
    return *nothing, np.zeros(number, bool)


def _with(texts: TextBatch, others: I64, items: list[Text | Rejected]) -> TextBatch:
    """Put what the others say where the loop has left an empty text."""
    read = [item if isinstance(item, Text) else Text("", 0.0, None, "", 0, 0) for item in items]
    points, begins = encoded([item.text for item in read])
    is_other = np.zeros(len(texts), bool)
    is_other[others] = True
    lengths = np.diff(texts.starts)
    kept = texts.written[np.repeat(~is_other, lengths)]
    lengths[others] = np.diff(begins)
    mine = np.repeat(is_other, lengths)
    written = np.empty(len(mine), np.uint32)
    written[mine], written[~mine] = points, kept
    at_s, sources = texts.at_s.copy(), texts.sources.copy()
    at_s[others], sources[others] = [item.at_s for item in read], source_names([item.source for item in read])
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    return TextBatch(written, starts, at_s, sources, texts.offsets, texts.topic, texts.partition)
