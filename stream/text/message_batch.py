"""Bytes -> texts, all of a batch at once: the plainest messages by a loop, any other one by `message.decode`.

Law: what comes out is what `message.decode` says of each value alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import inf, nan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64, mixed_basic
from sketches.kernels import kernel
from stream.text.message import NAME_CHARS, REASONS, Rejected, Text, TextSettings, decode
from stream.text.runs import I64, U8, U32
from stream.text.text_batch import TextBatch, source_names
from stream.text.times import fixed_offset_s, zone_of

READABLE = 0  # a reason; others are 1 + the place in REASONS
USUAL = TextSettings()
OTHER, TEXT, TIME, SOURCE, UNPLAIN = range(5)
"""What a field of a record is; `UNPLAIN` ones hold fields of ours within them, which the loop does not look for."""


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
        settings.max_bytes, settings.max_chars, NAME_CHARS, mixed_basic(), *_named(settings),
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


@cache
def _named(settings: TextSettings) -> tuple[float, U8, I64, U8]:
    """What the loop needs to know of a mapping: the zone, and the bytes, ends and roles of the names of fields."""
    role_of = {path[:at]: UNPLAIN for paths in (settings.field, settings.ts_field, settings.source_field)
               for path in paths for at, one in enumerate(path) if one == "."}  # fmt: skip
    for role, paths in ((SOURCE, settings.source_field), (TIME, settings.ts_field), (TEXT, settings.field)):
        role_of |= {path: UNPLAIN if path in role_of else role for path in paths if path}
    names = [name.encode("utf-8", "surrogatepass") for name in role_of]
    ahead_s = fixed_offset_s(zone_of(settings.zone))
    return (nan if ahead_s is None else ahead_s, np.frombuffer(b"".join(names) or b"\0", np.uint8),
            np.cumsum([len(name) for name in names]), np.array(list(role_of.values()), np.uint8))  # fmt: skip


def plain_texts(lines: Sequence[bytes], settings: TextSettings = USUAL) -> tuple[U32, Sequence[bytes]]:
    """Code points of the texts of lines of JSON, a 0 behind each; and the lines that the loop leaves to others: of
    these there is an empty text, or none.
    """
    length = np.fromiter(map(len, lines), np.int64, len(lines))
    end, data = np.cumsum(length + 1) - 1, b"\n".join(lines)
    no_bound = len(data)
    written, *_, plain = plain_messages(end - length, end, data, np.zeros(len(lines)), True, inf,
                                        no_bound, no_bound, no_bound, mixed_basic(), *_named(settings))  # fmt: skip
    return written, [] if plain.all() else [line for line, is_read in zip(lines, plain, strict=True) if not is_read]


@kernel("stream.text.decode_numba")
def plain_messages(
    begin: I64, end: I64, data: bytes | memoryview, came_s: F64, is_json: bool, latest_s: float, max_bytes: int,
    max_chars: int, max_name: int, basic: U64, ahead_s: float, names: U8, ends: I64, roles: U8,
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
    at_s, sources = texts.at_s.copy(), texts.sources.copy()
    at_s[others], sources[others] = [item.at_s for item in read], source_names([item.source for item in read])
    return replace(texts.replaced(others, [item.text for item in read]), at_s=at_s, sources=sources)
