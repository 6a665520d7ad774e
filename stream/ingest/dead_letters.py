"""A record that cannot be read -> a dead letter: its bytes as they came, and in headers where it stood and why.

Of a record larger than brokers take by default the letter holds the beginning, and the header `bytes` says how many
there were: one that nobody takes would be tried for ever. A batch that was not unpacked is one letter of its packed
bytes; `records` says how many it claims to hold. Headers that carry a trace go on to the letter.
"""

from dataclasses import dataclass

from stream.log.protocol import Headers, Record, Records, Sink

LETTER_BYTES = 900_000  # with headers under the 1,048,588 that a broker takes by default
KEY_BYTES = 64_000
TRACE = ("traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid",
         "x-b3-sampled", "x-b3-flags", "uber-trace-id", "x-amzn-trace-id")  # fmt: skip
TRACE_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that cannot be read, for one of REASONS; of a batch `stands_for` says how many it has."""

    record: Record
    reason: str
    stands_for: int | None = None
    trace: Headers = ()

    @classmethod
    def of(cls, records: Records, number: int, reason: str) -> "Rejection":
        """The record of this number."""
        stands_for = records.unread.records if records.unread else None
        return cls(records.record(number), reason, stands_for, trace_of(records.headers(number)))


def trace_of(headers: Headers) -> Headers:
    """Those that carry a trace, within a bound."""
    kept, room = [], TRACE_BYTES
    for name, value in headers:
        room -= len(name) + len(value)
        if name.lower() in TRACE and room >= 0:
            kept.append((name, value))
    return kept


def send_letter(sink: Sink, letters: str, topic: str, one: Rejection) -> None:
    """Send it to topic `letters`; it came from `topic`. What we say comes last, and counts where a name comes twice."""
    record = one.record
    key, value = record.key and record.key[:KEY_BYTES], record.value and record.value[:LETTER_BYTES]
    headers = [*one.trace, ("topic", topic.encode()), ("partition", b"%d" % record.partition),
               ("offset", b"%d" % record.offset), ("reason", one.reason.encode())]  # fmt: skip
    if (key, value) != (record.key, record.value):
        headers.append(("bytes", b"%d" % len(record.value or b"")))
    if one.stands_for is not None:
        headers.append(("records", b"%d" % one.stands_for))
    sink.send(letters, key, value, headers, 0)
