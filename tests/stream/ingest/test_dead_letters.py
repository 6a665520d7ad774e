"""A dead letter holds the bytes, their position, the reason and the tracing headers."""

from stream.ingest.dead_letters import MOST_VALUE_BYTES, TRACE_BYTES, Rejection, send_dead_letter, trace_of
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Record, Records, Unread


def dead_letter_of(one: Rejection) -> tuple[Record, dict[str, bytes]]:
    log = MemoryLog()
    log.create("dead-letters")
    sink = MemorySink(log)
    send_dead_letter(sink, "dead-letters", "raw-text", one)
    sink.flush()
    source = MemorySource(log, "dead-letters")
    source.poll(0.0)
    source.seek(0, None)
    (record,) = source.poll(0.0).records
    return record, dict(log.headers["dead-letters", 0, record.offset])


def test_a_dead_letter_holds_the_bytes_and_their_position() -> None:
    record, headers = dead_letter_of(Rejection(Record(2, 7, 1.0, b"k", b"{"), "not_json"))
    assert (record.key, record.value) == (b"k", b"{")
    assert headers == {"topic": b"raw-text", "partition": b"2", "offset": b"7", "reason": b"not_json"}


def test_a_dead_letter_too_large_for_a_broker_is_truncated() -> None:
    record, headers = dead_letter_of(Rejection(Record(0, 0, 1.0, None, bytes(MOST_VALUE_BYTES + 5)), "too_large"))
    assert len(record.value or b"") == MOST_VALUE_BYTES
    assert headers["bytes"] == b"%d" % (MOST_VALUE_BYTES + 5)


def test_a_batch_is_one_letter_and_says_how_many_records_it_claims() -> None:
    batch = Records.of([Record(0, 9, 1.0, None, b"packed")], 0).standing_for(Unread("too_large", 400))
    record, headers = dead_letter_of(Rejection.of(batch, 0, "too_large"))
    assert record.value == b"packed"
    assert (headers["records"], headers["offset"]) == (b"400", b"9")


def test_tracing_headers_are_copied_and_cannot_replace_our_own() -> None:
    headers = [("traceparent", b"00-1-2-01"), ("reason", b"none"), ("TraceState", b"a=b"), ("secret", b"x")]
    assert trace_of(headers) == [("traceparent", b"00-1-2-01"), ("TraceState", b"a=b")]
    _, carried = dead_letter_of(Rejection(Record(0, 0, 1.0, None, b"x"), "not_json", None, trace_of(headers)))
    assert carried["traceparent"] == b"00-1-2-01"
    assert carried["reason"] == b"not_json"


def test_a_trace_is_bounded() -> None:
    assert trace_of([("baggage", bytes(TRACE_BYTES))]) == []
