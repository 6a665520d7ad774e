"""A batch is decoded like single messages: simple ones by the loop, all others by `message.decode`."""

import json
from collections.abc import Sequence

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketches import kernels
from stream.text.message import REASONS, Rejected, Text, TextSettings, decode
from stream.text.message_batch import READABLE, Decoded, Origin, Values, decode_all, plain_texts
from stream.text.runs import points_of
from stream.text.text_batch import source_names
from tests.stream.text.test_message import BAD

LAW = settings(max_examples=400)
NOW_S = 1_700_000_000.0
AT_S = NOW_S - 9.0
Message = bytes | None


def decoded(messages: Sequence[Message], limits: TextSettings, at_s: float = AT_S) -> Decoded:
    lengths = np.array([len(one or b"") for one in messages], np.int64)
    ends = np.cumsum(lengths) + 3
    begins = ends - lengths + np.array([one is None for one in messages], np.int64)
    data = b"abc" + b"".join(one or b"" for one in messages) + b"abc"
    origin = Origin("t", 3, np.arange(len(messages)) + 7, np.full(len(messages), at_s))
    return decode_all(Values(memoryview(data), begins, ends), origin, NOW_S, limits)


def check(messages: Sequence[Message], limits: TextSettings, at_s: float = AT_S) -> None:
    found = decoded(messages, limits, at_s)
    assert len(found.texts) == len(messages)
    for number, message in enumerate(messages):
        expected = decode(message, at_s, NOW_S, "t", 3, 7 + number, limits)
        if isinstance(expected, Rejected):
            assert REASONS[found.reasons[number] - 1] == expected.reason
            assert (found.texts.text(number), found.texts.at_s[number]) == ("", 0.0)
            continue
        assert found.reasons[number] == READABLE
        assert found.texts.text(number) == expected.text
        assert found.texts.at_s[number] == expected.at_s
        assert found.texts.sources[number] == source_names([expected.source])[0]
        assert found.clamped[number] == expected.clamped
        assert (found.texts.offsets[number], found.texts.partition) == (expected.offset, expected.partition)


TIMES = st.one_of(
    st.datetimes().map(lambda at: at.isoformat()),
    st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat(timespec="milliseconds")),
    st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat(sep=" ")),
    st.sampled_from(["2023-02-29T00:00:00Z", "2024-02-29T23:59:59Z", "2023-11-14T24:00:00Z", "2023-11-14T10:00:60Z",
                     "2023-11-14T10:00:00z", "2023-11-14", "2023-11-14T10:00Z", "2023-11-14T10:00:00.1Z",
                     "20231114T100000Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "x" * 30, ""]),
    st.integers(-9, 2 * 10**12), st.integers(0, 10**20), st.floats(0, 2e12),
    st.floats(0, 2e9).map(lambda at: round(at, 3)), st.none(), st.booleans(),
)  # fmt: skip
PIECES = st.text(st.sampled_from('天气好a" \\/\n\t\0\u3000\x7f\u2028𠮷é\u0e01'), max_size=12) | st.text(max_size=9)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "text": PIECES | st.none(),
        "ts": TIMES,
        "source": PIECES | st.none() | st.integers() | st.just("x" * 201),
        "src": PIECES,
        "other": PIECES | st.booleans() | st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "lists": st.lists(st.none(), max_size=2),
        "天": PIECES,
        "long_names": PIECES,
    },
).flatmap(lambda fields: st.permutations(list(fields.items())).map(dict))
WRITERS = st.sampled_from([
    lambda fields: json.dumps(fields).encode(), lambda fields: json.dumps(fields, ensure_ascii=False).encode(),
    lambda fields: json.dumps(fields, indent=2, ensure_ascii=False).encode(),
    lambda fields: json.dumps(fields).replace("\\u", "\\U").encode(),
    lambda fields: b" \r\n" + json.dumps(fields, separators=(" ,\t", " : ")).upper().replace("TEXT", "text").encode(),
])  # fmt: skip
WRITTEN = st.tuples(WRITERS, FIELDS).map(lambda pair: pair[0](pair[1]))


ODD = [b'"', b"\\", b",", b"}", b"0", b".", b"\xff", b"\x80", b"\xe5", b"\0"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message with a byte or two changed, gone or twice there."""
    message = bytearray(draw(WRITTEN))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(message) - 1)) if message else 0
        change = draw(st.sampled_from(["cut", "set", "twice"]))
        if change == "cut":
            del message[at : at + draw(st.integers(1, 3))]
        elif change == "set":
            message[at : at + 1] = draw(st.sampled_from(ODD))
        else:
            message[at:at] = message[at : at + draw(st.integers(1, 9))]
    return bytes(message)


@LAW
@given(st.lists(st.none() | WRITTEN | damaged() | st.binary(max_size=12), max_size=6), st.floats(-10, 2e12))
def test_many_objects_are_read_as_each_by_itself(messages: list[Message], at_s: float) -> None:
    check(messages, TextSettings(max_bytes=200, max_chars=10), at_s)


@LAW
@given(st.lists(st.none() | PIECES.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=12)))
def test_many_plain_texts_are_read_as_each_by_itself(messages: list[Message]) -> None:
    check(messages, TextSettings(format="plain", max_bytes=30, max_chars=10))


@LAW
@given(st.lists(WRITTEN | damaged() | st.binary(max_size=12), max_size=6))
def test_the_loop_reads_the_texts_of_lines_and_returns_all_other_lines(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    points, others = plain_texts(data)
    lines = data.split(b"\n")
    texts = ["" if line in others else orjson.loads(line)["text"] for line in lines]
    assert points.tolist() == points_of(texts).tolist()


@pytest.mark.parametrize("form", ["json", "plain"])
def test_every_beginning_of_utf8_is_read_as_the_library_reads_it(form: str) -> None:
    sequences = [bytes([first, second, 0x80, 0x80][:length]) for first in range(128, 256)
                 for second in range(60, 256, 4) for length in (1, 2, 3, 4)]  # fmt: skip
    around = b'{"text": "a%sa"}' if form == "json" else b"a%sa"
    check([around % one for one in sequences], TextSettings(format=form))


def test_every_message_known_to_be_bad_is_refused_among_good_ones() -> None:
    for reason, message, limits in BAD:
        good = b"a" if limits.format == "plain" else b'{"text": "a"}'
        found = decoded([good, message, good], limits)
        assert found.reasons.tolist() == [READABLE, 1 + REASONS.index(reason), READABLE]
        assert [found.texts.text(number) for number in range(3)] == ["a", "", "a"]


def test_what_is_plain_is_left_to_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all of it would be as slow as before, and nobody would notice."""

    def never(*_: object) -> Text:
        raise AssertionError("looked at one by one")

    monkeypatch.setattr("stream.text.message_batch.decode", never)
    fields = [{"text": "天气\n\"好\" 𠮷", "source": "weibo", "id": 12, "ok": True, "no": None},
              {"ts": "2023-11-14T10:00:00+08:00", "text": "a"}, {"ts": 1.7e9, "text": "天", "src": "知乎"},
              {"text": "สวัสดี", "ts": 1_699_999_999_123}, {"text": "a", "ts": "2023-11-14 10:00:00.123456"}]  # fmt: skip
    messages = [write(one) for one in fields for write in (orjson.dumps, lambda one: json.dumps(one).encode())]
    found = decoded(messages, TextSettings())
    assert [found.texts.text(2 * at) for at in range(5)] == [one["text"] for one in fields]
    assert found.texts.at_s[[4, 6]].tolist() == [1.7e9, 1_699_999_999.123]
    assert plain_texts(b"\n".join(messages))[1] == []


def test_without_numba_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_choice", kernels._Choice())
    kernels.use("numpy")
    check([b'{"text": "a", "source": "s"}', None, b"{", b'{"text": "\\u5929", "ts": 1e9}'], TextSettings())
    points, others = plain_texts(b'{"text": "a"}')
    assert (points.tolist(), others) == ([0], [b'{"text": "a"}'])
