"""Send a record that cannot be read to the dead-letter topic: unchanged, with its position and the reason as headers.

A record larger than brokers accept by default is truncated, and the header `bytes` gives its size; otherwise it would
be retried without end. A batch that was not unpacked becomes one dead-letter record of its packed bytes; the header
`records` says how many records it claims to hold. Tracing headers are copied.
"""

from dataclasses import dataclass

from stream.log.protocol import Headers, Record, Records, Sink

MOST_VALUE_BYTES = 900_000  # with headers below the 1,048,588 bytes a broker accepts by default
KEY_BYTES = 64_000
TRACE = ("traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid",
         "x-b3-sampled", "x-b3-flags", "uber-trace-id", "x-amzn-trace-id")  # fmt: skip
TRACE_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that cannot be read, with one of REASONS. For a whole batch, `stands_for` is its number of records."""

    record: Record
    reason: str
    stands_for: int | None = None
    trace: Headers = ()

    @classmethod
    def of(cls, records: Records, number: int, reason: str) -> "Rejection":
        """The rejection of the record with this number."""
        stands_for = records.unread.records if records.unread else None
        return cls(records.record(number), reason, stands_for, trace_of(records.headers(number)))


def trace_of(headers: Headers) -> Headers:
    """The tracing headers, at most `TRACE_BYTES` of them."""
    kept, room = [], TRACE_BYTES
    for name, value in headers:
        room -= len(name) + len(value)
        if name.lower() in TRACE and room >= 0:
            kept.append((name, value))
    return kept


def send_dead_letter(sink: Sink, dead_letters: str, topic: str, one: Rejection) -> None:
    """Send a rejected record of `topic` to `dead_letters`. Our headers come last, so they win over copied ones."""
    record = one.record
    key, value = record.key and record.key[:KEY_BYTES], record.value and record.value[:MOST_VALUE_BYTES]
    headers = [*one.trace, ("topic", topic.encode()), ("partition", b"%d" % record.partition),
               ("offset", b"%d" % record.offset), ("reason", one.reason.encode())]  # fmt: skip
    if (key, value) != (record.key, record.value):
        headers.append(("bytes", b"%d" % len(record.value or b"")))
    if one.stands_for is not None:
        headers.append(("records", b"%d" % one.stands_for))
    sink.send(dead_letters, key, value, headers, 0)
