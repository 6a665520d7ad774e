"""A record is decoded or rejected with a reason; no bytes raise an exception."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.text.message import REASONS, Rejected, Text, TextSettings, decode, time_fault

LAW = settings(max_examples=100)
JSON, PLAIN = TextSettings(), TextSettings(format="plain")
AT_S, NOW_S = 1_600_000_000.0, 1_600_000_050.0
BAD: list[tuple[str, bytes | None, TextSettings]] = [
    ("empty", None, JSON),
    ("empty", b"", JSON),
    ("empty", b" \n\t", PLAIN),
    ("empty", b'{"text": ""}', JSON),
    ("empty", '{"text": " \u3000\\n"}'.encode(), JSON),
    ("empty", "\u3000".encode(), PLAIN),
    ("too_large", b'{"text": "' + b"a" * 5_000_000 + b'"}', JSON),
    ("too_large", b"a" * 5_000_000, PLAIN),
    ("not_utf8", b'{"text": "\xe5\xa4"}', JSON),
    ("not_utf8", "天气".encode("gb18030"), PLAIN),
    ("not_utf8", b"\xed\xa0\xbd\xed\xb8\x80", PLAIN),
    ("not_json", b'{"text": "a"', JSON),
    ("not_json", b"{'text': 'a'}", JSON),
    ("not_json", b'{"text": "a"} {"text": "b"}', JSON),
    ("not_json", b'{"text": NaN}', JSON),
    ("not_json", b'{"text": "a", "ts": NaN}', JSON),
    ("not_json", b'{"text": "a", "ts": 1e999}', JSON),
    ("not_json", b'{"text": "\\ud83d"}', JSON),
    ("not_json", b"[" * 100_000, JSON),
    ("not_json", b'{"text": "a", "source": ' + b"[" * 5000 + b"]" * 5000 + b"}", JSON),
    ("not_json", b'["text", "a"]', JSON),
    ("not_json", b'"text"', JSON),
    ("not_json", b"null", JSON),
    ("not_json", "天气".encode(), JSON),
    ("no_text", b"{}", JSON),
    ("no_text", b'{"Text": "a"}', JSON),
    ("no_text", b'{"text": null}', JSON),
    ("no_text", b'{"text": 1}', JSON),
    ("no_text", b'{"text": ["a"]}', JSON),
    ("bad_time", b'{"text": "a", "ts": "soon"}', JSON),
    ("bad_time", b'{"text": "a", "ts": 0}', JSON),
    ("bad_time", b'{"text": "a", "ts": 20240101}', JSON),
    ("bad_time", b'{"text": "a", "ts": "3000-01-01T00:00:00Z"}', JSON),
    ("bad_time", b'{"text": "a", "ts": 20240101120}', JSON),
    ("bad_time", b'{"text": "a", "ts": true}', JSON),
    ("bad_time", b'{"text": "a", "ts": [1]}', JSON),
    ("bad_time", b'{"text": "a", "ts": -1}', JSON),
    ("bad_time", b'{"text": "a", "ts": 123456789012345678901234567890}', JSON),
    ("bad_time", b'{"text": "a", "ts": "0001-01-01T00:00:00+23:59"}', JSON),
    ("bad_time", b'{"text": "a", "ts": "2021-02-30"}', JSON),
]


def read(value: bytes | None, asked: TextSettings = JSON) -> Text | Rejected:
    return decode(value, AT_S, NOW_S, "raw-text", 3, 42, asked)


def text_of(value: bytes, asked: TextSettings = JSON) -> Text:
    found = read(value, asked)
    assert isinstance(found, Text), found
    return found


@pytest.mark.parametrize(("reason", "value", "asked"), BAD, ids=lambda part: str(part)[:40])
def test_a_bad_record_is_rejected_with_its_reason_and_place(
    reason: str, value: bytes | None, asked: TextSettings
) -> None:
    assert read(value, asked) == Rejected(reason, 3, 42)


def test_every_reason_has_an_example() -> None:
    assert {reason for reason, _, _ in BAD} == set(REASONS) - {"damaged"}


def test_a_good_record_is_read_as_it_is() -> None:
    value = '{"text": "谈元宇宙，Ａ", "ts": "2020-09-13T12:26:40Z", "source": "weibo", "more": [1]}'.encode()
    assert read(value) == Text("谈元宇宙，Ａ", 1_600_000_000.0, "weibo", "raw-text", 3, 42)
    assert read("谈元宇宙，Ａ\n".encode(), PLAIN) == Text("谈元宇宙，Ａ\n", AT_S, None, "raw-text", 3, 42)


def test_a_record_without_a_time_has_the_time_of_its_message() -> None:
    for stamp in (b"", b', "ts": null', b', "ts": ""', b', "ts": " "'):
        assert text_of(b'{"text": "a"' + stamp + b"}").at_s == AT_S


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (b'{"content": "a", "created_at": 1600000000, "user": {"id": 7}}', ("content", "created_at", "user.id")),
        (b'{"payload": {"op": "c", "after": {"text": "a", "ts": 1600000000000, "who": "7"}}}',
         ("payload.after.text", "payload.after.ts", "payload.after.who")),
        (b'{"payload": "{\\"after\\": {\\"text\\": \\"a\\", \\"ts\\": 1600000000}}", "src": 7}',
         ("payload.after.text", "payload.after.ts", "src")),
        (b'{"@timestamp": "2020-09-13T20:26:40+08:00", "message": "a", "host.name": "7"}',
         ("message", "@timestamp", "host.name")),
        (b'"{\\"text\\": \\"a\\", \\"ts\\": {\\"$date\\": 1600000000000}, \\"source\\": 7}"',
         ("text", "ts", "source")),
        (b'{"choices": [{"text": "a"}], "ts": 1600000000, "source": 7}', ("choices.0.text", "ts", "source")),
    ],
)  # fmt: skip
def test_a_record_of_any_shape_is_read_by_its_mapping(record: bytes, asked: tuple[str, str, str]) -> None:
    text, ts, source = asked
    mapping = replace(JSON, field=(text,), ts_field=(ts,), source_field=(source,))
    assert text_of(record, mapping) == Text("a", 1_600_000_000.0, "7", "raw-text", 3, 42)


def test_the_first_of_several_fields_with_a_value_is_used() -> None:
    mapping = replace(JSON, field=("full_text", "text"), ts_field=("at", "ts"))
    assert text_of(b'{"text": "short", "full_text": "long"}', mapping).text == "long"
    assert text_of(b'{"text": "short", "full_text": "", "at": null, "ts": 1600000001}', mapping).text == "short"
    assert text_of(b'{"text": "a", "at": "", "ts": 1600000001}', mapping).at_s == 1_600_000_001.0


def test_a_time_without_a_zone_is_of_the_zone_that_is_set() -> None:
    value = b'{"text": "a", "ts": "2020-09-13 20:26:40"}'
    assert text_of(value, replace(JSON, zone="+08:00")).at_s == 1_600_000_000.0
    assert text_of(value, replace(JSON, zone="Asia/Shanghai")).at_s == 1_600_000_000.0


def test_a_time_that_is_refused_is_named_with_a_hint_at_its_unit() -> None:
    assert time_fault(b'{"text": "a", "ts": 20240101}', JSON) == (
        "20240101 as seconds it is of 1970; a date is written 2024-01-01"
    )
    assert time_fault(b'{"text": "a", "ts": "\xe5\x88\x9a\xe5\x88\x9a"}', JSON) == "刚刚 is no time"


@pytest.mark.parametrize(
    "ts", [b'"2099-01-01T00:00:00Z"', b"4070908800", b"4070908800000", b'"2099-12-31T23:58:59-00:01"']
)
def test_a_text_of_the_year_2099_is_clamped_and_says_so(ts: bytes) -> None:
    text = text_of(b'{"text": "a", "ts": ' + ts + b"}")
    assert text.at_s == AT_S
    assert text.clamped


def test_a_text_a_little_ahead_is_trusted_and_a_late_one_too() -> None:
    for at_s in (NOW_S + JSON.max_ahead_s, 4e8):
        text = text_of(orjson.dumps({"text": "a", "ts": at_s}))
        assert (text.at_s, text.clamped) == (at_s, False)


def test_the_messages_own_time_is_clamped_as_well() -> None:
    found = decode(b"a", NOW_S + 1e6, NOW_S, "t", 0, 0, PLAIN)
    assert found == Text("a", NOW_S, None, "t", 0, 0, True)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b'"weibo"', "weibo"),
        (b"7", "7"),
        (b"null", None),
        (b'{"name": "weibo"}', None),
        (b"[" * 1000 + b"]" * 1000, None),
        (b'"' + b"a" * 999 + b'"', "a" * 200),
    ],
    ids=lambda part: str(part)[:20],
)
def test_a_source_is_a_name_or_a_number_or_none(source: bytes, name: str | None) -> None:
    assert text_of(b'{"text": "a", "source": ' + source + b"}").source == name


def test_src_is_another_name_of_source() -> None:
    assert text_of(b'{"text": "a", "src": "weibo"}').source == "weibo"
    assert text_of(b'{"text": "a", "src": "weibo", "source": "zhihu"}').source == "zhihu"


def test_a_long_text_is_cut_to_its_first_characters() -> None:
    assert text_of('{"text": "天气好热"}'.encode(), replace(JSON, max_chars=2)).text == "天气"


def test_a_record_of_exactly_the_greatest_size_is_read() -> None:
    assert text_of(b"abc", replace(PLAIN, max_bytes=3)).text == "abc"
    assert read(b"abcd", replace(PLAIN, max_bytes=3)) == Rejected("too_large", 3, 42)


ALMOST = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ZONES = ["", "Z", "+08:00", "+23:59", "-23:59"]
STAMPS = st.one_of(
    ALMOST,
    st.builds(lambda moment, zone: moment.isoformat() + zone, st.datetimes(), st.sampled_from(ZONES)),
    st.from_regex(r"\d{4}-?(W?\d\d)?-?\d{0,3}[T ]?[\d:.,]{0,12}(Z|[+-]\d\d:?\d\d)?", fullmatch=True),
)
RECORDS = st.fixed_dictionaries({}, optional={"text": ALMOST, "ts": STAMPS, "source": ALMOST}).map(orjson.dumps)


@LAW
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode), RECORDS), st.sampled_from([JSON, PLAIN]))
def test_no_bytes_ever_raise(value: bytes, asked: TextSettings) -> None:
    found = read(value, asked)
    if isinstance(found, Rejected):
        assert found.reason in REASONS
    else:
        assert found.text.strip()
        assert 3e8 <= found.at_s <= NOW_S + asked.max_ahead_s
        found.text.encode()


@LAW
@given(st.text(max_size=40), st.one_of(st.none(), st.text(max_size=20)), st.integers(400_000_000, 1_600_000_000))
def test_what_was_written_is_what_is_read(text: str, source: str | None, ts: int) -> None:
    found = read(orjson.dumps({"text": text, "source": source, "ts": ts}))
    assert found == (Text(text, ts, source, "raw-text", 3, 42) if text.strip() else Rejected("empty", 3, 42))


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (TextSettings(), []),
        (TextSettings(max_bytes=0, max_chars=0), ["max_bytes", "max_chars"]),
        (TextSettings(format="xml"), ["format"]),
        (TextSettings(scripts=("han", "runic")), ["scripts"]),
        (TextSettings(scripts=()), ["scripts"]),
        (TextSettings(max_ahead_s=-1.0), ["max_ahead_s"]),
        (TextSettings(field=()), ["field"]),
        (TextSettings(field=("",), zone="Middle/Earth"), ["field", "zone"]),
        (TextSettings(ts_field=(), source_field=(), zone="+08:00"), []),
    ],
)
def test_every_setting_out_of_range_is_named(asked: TextSettings, keys: list[str]) -> None:
    assert [key for key, _ in asked.faults()] == keys
