"""Texts are decoded as they were encoded, and other bytes are refused as unreadable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kept_texts import codec
from stream.kept_texts.codec import body_of, texts_of
from stream.range_log.messages import Range, UnreadableError
from stream.text.clean import cleaned
from stream.text.message import Text
from stream.text.text_batch import TextBatch

TEXTS = st.lists(
    st.tuples(st.text("天气真好𠮷a\x00 @：/.cnhttp", max_size=30), st.integers(1, 5), st.none() | st.text(max_size=3)),
    min_size=1, max_size=6,
)  # fmt: skip


def batch(texts: list[tuple[str, int, str | None]]) -> TextBatch:
    offsets = np.cumsum([step for _, step, _ in texts]).tolist()
    several = [Text(text, 1e9 + 0.25 * offset, source, "raw-text", 5, 99 + offset)
               for (text, _, source), offset in zip(texts, offsets, strict=True)]  # fmt: skip
    return cleaned(TextBatch.of(several))


@given(TEXTS)
def test_texts_are_read_back_as_they_were_kept(texts: list[tuple[str, int, str | None]]) -> None:
    kept = batch(texts)
    read = texts_of(Range(5, 1, 100, 1000), body_of(kept, 100), "raw-text")
    for column in ("written", "prose", "starts", "at_s", "sources", "offsets"):
        assert np.array_equal(getattr(read, column), getattr(kept, column)), column
    assert (read.topic, read.partition) == ("raw-text", 5)


def test_a_range_without_texts_has_no_body() -> None:
    assert body_of(batch([("天气", 1, None)]).between(0, 0), 0) == b""
    assert len(texts_of(Range(5, 1, 0, 9), b"", "raw-text")) == 0


def test_texts_that_would_unpack_to_more_than_is_held_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    body = body_of(batch([("天气真好", 1, None)]), 100)
    monkeypatch.setattr(codec, "MOST_BYTES", 10)
    with pytest.raises(UnreadableError, match="too large"):
        texts_of(Range(5, 1, 100, 1000), body, "raw-text")


@given(st.data())
def test_a_body_that_is_none_is_unreadable_and_nothing_else(data: st.DataObject) -> None:
    body = bytearray(body_of(batch([("天气真好", 1, "a"), ("看 http://t.cn/a", 2, None)]), 100))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = texts_of(Range(5, 1, 100, 1000), bytes(body), "raw-text")
    except UnreadableError:
        return
    assert len(read.starts) == len(read) + 1 == len(read.offsets) + 1
