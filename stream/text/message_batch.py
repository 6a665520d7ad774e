"""Decodes a batch of messages: simple messages in a compiled loop, all others by `message.decode`.

Guarantee: the result is that of `message.decode` for each message alone.
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

LINE_FEED = 10
READABLE = 0  # a reason; others are 1 + the index in REASONS
USUAL = TextSettings()
OTHER, TEXT, TIME, SOURCE, UNPLAIN = range(5)
"""Roles of a JSON field. `UNPLAIN` ones contain our fields, which the loop does not look for."""


@dataclass(frozen=True, slots=True)
class Values:
    """Messages as slices of `data`, shapes (n,). A missing message begins after its end."""

    data: bytes | memoryview
    begin: I64
    end: I64

    def __iter__(self) -> Iterator[bytes | None]:
        """The bytes of each message, copied one at a time."""
        data = memoryview(self.data)
        for begin, end in zip(self.begin.tolist(), self.end.tolist(), strict=True):
            yield bytes(data[begin:end]) if begin <= end else None

    def chosen(self, which: I64) -> "Values":
        """The messages with these numbers."""
        return Values(self.data, self.begin[which], self.end[which])


class Origin(NamedTuple):
    """Where messages came from. Shapes (n,); times are those of the records, in seconds since 1970."""

    topic: str
    partition: int
    offsets: I64
    at_s: F64


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text for each message; an empty text at 0 s for one that cannot be read."""

    texts: TextBatch
    reasons: U8  # (n,) why it cannot be read, or READABLE
    clamped: npt.NDArray[np.bool_]  # (n,) whether its time was in the future

    def from_sources(self, names: Sequence[str | None]) -> "Decoded":
        """The same texts, of these sources."""
        return replace(self, texts=replace(self.texts, sources=source_names(names)))

    def between(self, first: int, last: int) -> "Decoded":
        """Messages [first, last)."""
        few = slice(first, last)
        return Decoded(self.texts.between(first, last), self.reasons[few], self.clamped[few])


def decode_all(values: Values, origin: Origin, now_s: float, settings: TextSettings) -> Decoded:
    """Decode all messages."""
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
    """Return the result for messages that all cannot be read, for one of REASONS."""
    number = len(origin.offsets)
    texts = TextBatch(np.zeros(number, np.uint32), np.arange(number + 1), np.zeros(number), np.zeros(number, np.uint64),
                      origin.offsets, origin.topic, origin.partition)  # fmt: skip
    return Decoded(texts, np.full(number, 1 + REASONS.index(reason), np.uint8), np.zeros(number, bool))


@cache
def _named(settings: TextSettings) -> tuple[float, U8, I64, U8]:
    """Return the field mapping as the loop needs it: the zone, and the bytes, ends and roles of the field names."""
    role_of = {path[:at]: UNPLAIN for paths in (settings.field, settings.ts_field, settings.source_field)
               for path in paths for at, one in enumerate(path) if one == "."}  # fmt: skip
    for role, paths in ((SOURCE, settings.source_field), (TIME, settings.ts_field), (TEXT, settings.field)):
        role_of |= {path: UNPLAIN if path in role_of else role for path in paths if path}
    names = [name.encode("utf-8", "surrogatepass") for name in role_of]
    ahead_s = fixed_offset_s(zone_of(settings.zone))
    return (nan if ahead_s is None else ahead_s, np.frombuffer(b"".join(names) or b"\0", np.uint8),
            np.cumsum([len(name) for name in names]), np.array(list(role_of.values()), np.uint8))  # fmt: skip


def plain_texts(data: bytes, settings: TextSettings = USUAL) -> tuple[U32, list[bytes]]:
    """Return the code points of the texts of JSON lines, with a 0 after each, and the lines that the loop did not read.

    Those have an empty text, or none. Lines are separated by line feeds.
    """
    feeds = np.flatnonzero(np.frombuffer(data, np.uint8) == LINE_FEED)
    begin, end = np.append(0, feeds + 1), np.append(feeds, len(data))
    no_bound = len(data)
    written, *_, plain = plain_messages(begin, end, data, np.zeros(len(begin)), True, inf,
                                        no_bound, no_bound, no_bound, mixed_basic(), *_named(settings))  # fmt: skip
    others = np.flatnonzero(~plain)
    return written, [data[first:last] for first, last in zip(begin[others].tolist(), end[others].tolist(), strict=True)]


@kernel("stream.text.decode_numba")
def plain_messages(
    begin: I64, end: I64, data: bytes | memoryview, came_s: F64, is_json: bool, latest_s: float, max_bytes: int,
    max_chars: int, max_name: int, basic: U64, ahead_s: float, names: U8, ends: I64, roles: U8,
) -> tuple[U32, I64, F64, U64, npt.NDArray[np.bool_]]:  # fmt: skip
    """Return columns of `TextBatch` and (n,) which messages were read; the others have empty texts at 0 s.

    The loop reads the simplest messages, which are nearly all; the numpy version reads none.
    """
    number = len(begin)
    nothing = np.zeros(number, np.uint32), np.arange(number + 1), np.zeros(number), np.zeros(number, np.uint64)
    return *nothing, np.zeros(number, bool)


def _with(texts: TextBatch, others: I64, items: list[Text | Rejected]) -> TextBatch:
    """Insert the texts decoded by `message.decode` where the loop left an empty one."""
    read = [item if isinstance(item, Text) else Text("", 0.0, None, "", 0, 0) for item in items]
    at_s, sources = texts.at_s.copy(), texts.sources.copy()
    at_s[others], sources[others] = [item.at_s for item in read], source_names([item.source for item in read])
    return replace(texts.replaced(others, [item.text for item in read]), at_s=at_s, sources=sources)
