"""Messages are written as the service reads them; other lines are counted."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.ingest.encode import Encoder, Message
from stream.sources.rows import row_line
from stream.text.message import Text, TextSettings, decode

JSON, PLAIN = TextSettings(), TextSettings(format="plain")


def test_a_json_line_goes_out_byte_by_byte_with_all_its_fields() -> None:
    line = '{ "text":"天气" ,"ts": 1609459200, "source":"乙", "more":[1]}'.encode()
    assert Encoder(JSON).messages([line], True) == [Message("乙".encode(), line)]


def test_lines_of_another_mapping_are_written_as_the_service_reads_them() -> None:
    read_as = replace(JSON, field=("content",), ts_field=("at",), source_field=("user.id",), zone="+08:00")
    line = '{"content": "天气", "at": "2021-01-01 08:00:00", "user": {"id": 7}}'.encode()
    (message,) = Encoder(JSON, read_as).messages([line], True)
    assert orjson.loads(message.value) == {"text": "天气", "ts": 1609459200.0, "source": "7"}
    assert message.key == b"7"
    service = replace(read_as, zone="UTC")
    assert Encoder(service, service).messages([line], True) == [Message(b"7", line)]
    (message,) = Encoder(service).messages(["天气".encode()], False)
    assert message.value == '{"content":"天气"}'.encode()


def test_a_plain_line_becomes_json_if_the_service_reads_json() -> None:
    messages = Encoder(JSON).messages(["天气".encode()], False)
    assert messages == [Message(None, orjson.dumps({"text": "天气"}))]


def test_a_json_line_becomes_plain_if_the_service_reads_plain_text() -> None:
    assert Encoder(PLAIN).messages([b'{"text": "a\\nb", "source": "s"}'], True) == [Message(b"s", b"a\nb")]


@pytest.mark.parametrize(
    ("line", "json", "reason"),
    [
        (b"", True, "empty"),
        (b"  ", False, "empty"),
        (b"{", True, "not_json"),
        (b'{"txt": 1}', True, "no_text"),
        (b'{"text": "\xff"}', True, "not_utf8"),
        (b"\xff", False, "not_utf8"),
        (b'{"text": "x", "ts": "soon"}', True, "bad_time"),
        (b'{"text": "' + b"x" * 100 + b'"}', True, "too_large"),
        (b"x" * 95, False, "too_large"),  # as JSON
    ],
)
def test_a_line_the_service_would_reject_is_counted_and_left_out(line: bytes, json: bool, reason: str) -> None:
    encoder = Encoder(TextSettings(max_bytes=100))
    assert encoder.messages([b"x", line], json) == ([] if json else [Message(None, b'{"text":"x"}')])
    also = {"not_json": 1} if json and reason != "not_json" else {}
    assert encoder.tally.rejected == ({reason: 1} | also if also else {reason: 1 + json})


@settings(max_examples=100)
@given(st.one_of(st.text(), st.binary(), st.none()), st.sampled_from([JSON, PLAIN]))
def test_a_row_is_either_a_text_the_service_reads_as_it_was_or_counted(
    text: str | bytes | None, asked: TextSettings
) -> None:
    encoder = Encoder(asked)
    messages = encoder.messages([row_line(text, None, None)], True)
    assert len(messages) + encoder.tally.rejected.total() == 1
    for message in messages:
        item = decode(message.value, 0.0, 0.0, "", 0, 0, asked)
        assert isinstance(item, Text)
        assert item.text == (text.decode() if isinstance(text, bytes) else text)
