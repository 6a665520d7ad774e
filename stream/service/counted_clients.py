"""Counts the bytes of keys and values by topic: those a sink sends, before compression, and those a source polls."""

from collections.abc import Callable

import numpy as np

from stream.log.protocol import Headers, Polled, Records, Sink, Source

Count = Callable[[str, int], object]  # topic, bytes


class CountedSink:
    """Passes everything to a sink; `count(topic, bytes)` is called for each message."""

    def __init__(self, sink: Sink, count: Count) -> None:
        self._sink, self._count = sink, count
        self.flush, self.close = sink.flush, sink.close

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        self._sink.send(topic, key, value, headers, partition)
        self._count(topic, len(key or b"") + len(value or b""))


def counted(source: Source, topic: str, count: Count) -> Source:
    """Make a source call `count(topic, bytes)` after each poll that returned records; return the source."""
    poll = source.poll

    def counting(timeout_s: float) -> Polled:
        polled = poll(timeout_s)
        if polled.batches:
            count(topic, sum(map(size_bytes, polled.batches)))
        return polled

    source.poll = counting  # type: ignore[method-assign]  # of this one: the others of its methods are as they were
    return source


def size_bytes(records: Records) -> int:
    """Return the bytes of keys and values."""
    keys, values = records.key_end - records.key_begin, records.end - records.begin
    return int(np.maximum(keys, 0).sum() + np.maximum(values, 0).sum())
