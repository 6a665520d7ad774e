"""A tally on the topic is the tally that was counted, and what is none of ours is refused with a reason."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches.pair_sketch import Tally
from stream.config.config import Config
from stream.log.memory import MemoryLog, MemorySource
from stream.segmentation.tally import with_triples
from stream.tallies import messages
from stream.tallies.columns import unpacked
from stream.tallies.messages import (
    MOST_EPOCH,
    Checkpoint,
    Marker,
    Part,
    UnreadableError,
    checkpoint_message,
    marker_message,
    read_message,
    tally_messages,
    tally_of,
)
from stream.tallies.recount import Recount
from stream.tallies.tally import RangeTally
from stream.text.runs import Alphabet

HAN = Alphabet(("han", "latin", "digit"))
TEXTS = st.lists(st.text(st.sampled_from("天气真好，冰墩墩abc12 𠮷"), max_size=30), max_size=8)


def tally(*windows: list[str], begin: int = 3, end: int = 10) -> RangeTally:
    counted = tuple((60.0 * number, with_triples(HAN.runs(texts))) for number, texts in enumerate(windows))
    return RangeTally(5, 7 << 32, begin, end, 119.5, {"texts": 7, "not_utf8": 1}, counted)


def parts_of(one: RangeTally) -> list[Part]:
    parts = [read_message(*message) for message in tally_messages(one)]
    assert all(isinstance(part, Part) for part in parts)
    return parts  # type: ignore[return-value]


def same(one: Tally, other: Tally) -> bool:
    columns = ("chars", "char_counts", "pairs", "pair_counts", "triples", "triple_counts")
    return all(np.array_equal(getattr(one, column), getattr(other, column)) for column in columns) and (
        one.total == other.total
    )


@given(st.lists(TEXTS, max_size=3))
def test_a_tally_is_read_back_as_it_was_written(windows: list[list[str]]) -> None:
    one = tally(*windows)
    read = tally_of(parts_of(one))
    assert replace(read, windows=()) == replace(one, windows=())
    assert [at_s for at_s, _ in read.windows] == [at_s for at_s, _ in one.windows]
    assert all(same(mine, theirs) for (_, mine), (_, theirs) in zip(one.windows, read.windows, strict=True))


def test_a_share_is_read_back_with_the_number_of_all_pairs() -> None:
    one = tally(["天气真好天气真好"]).share(1, 3)
    (_, counts), *_ = tally_of(parts_of(one)).windows
    assert counts.total == 7
    assert same(counts, one.windows[0][1])


def test_a_large_tally_comes_in_parts_that_a_broker_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "PAYLOAD_BYTES", 50)
    one = tally(["天气真好冰墩墩"], ["真好，天气"])
    values = [value for _, value in tally_messages(one)]
    assert len(values) > 2
    assert all(len(value) <= 50 + messages.HEADER.size + messages.DIGEST_BYTES for value in values)
    assert len(tally_of(parts_of(one)).windows) == 2


def test_markers_and_checkpoints_are_read_back() -> None:
    for marker in (Marker(3, 5 << 32, 1 << 61), Marker(0, 0, 0, restart=0), Marker(1, 2, 3, restart=99)):
        assert read_message(*marker_message(marker)) == marker
    checkpoint = Checkpoint({0: (1 << 40, 17), 300: (0, 0)})
    assert read_message(*checkpoint_message(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"5", None, "too short"),
        (b"5", b"", "too short"),
        (b"5", bytes(100), "other version"),
        (b"6", None, "too short"),
    ],
)
def test_what_is_no_message_of_ours_is_refused(key: bytes, value: bytes | None, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_message(key, value)


@given(st.data())
def test_a_changed_byte_is_noticed(data: st.DataObject) -> None:
    ((key, value),) = tally_messages(tally(["天气真好"]))
    at = data.draw(st.integers(0, len(value) - 1))
    changed = bytearray(value)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnreadableError):
        read_message(key, bytes(changed))
    with pytest.raises(UnreadableError, match="bad checksum"):
        read_message(b"6", value)  # the tally of another partition


def test_a_tally_that_would_unpack_to_more_than_is_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = parts_of(tally(["天气真好"]))
    monkeypatch.setattr(messages, "MOST_BYTES", 10)
    with pytest.raises(UnreadableError, match="too large"):
        tally_of(parts)


@given(st.data())
def test_a_body_that_is_none_is_unreadable_and_nothing_else(data: st.DataObject) -> None:
    """Its checksum is right, so another program has written it."""
    (part,) = parts_of(tally(["天气真好"], ["冰墩墩"]))
    body = bytearray(part.payload)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = tally_of([replace(part, payload=bytes(body))])
    except UnreadableError:
        return
    for _, counts in read.windows:
        assert all((items[1:] > items[:-1]).all() for items in (counts.chars, counts.pairs, counts.triples))


def test_an_epoch_that_no_group_reaches_is_refused() -> None:
    """It would outrank every honest owner for ever, and the one after it could not be written."""
    key, value = marker_message(Marker(3, MOST_EPOCH, 7))
    with pytest.raises(UnreadableError, match="contradicts itself"):
        read_message(key, value)
    assert read_message(*marker_message(Marker(3, MOST_EPOCH - 1, 7))) == Marker(3, MOST_EPOCH - 1, 7)


def test_numbers_whose_sum_wraps_around_allocate_nothing() -> None:
    """2^62 pairs for each of four characters add up to none."""
    chars = np.array([97, 1, 1, 1], np.uint64)
    many, none = np.full(4, 1 << 62, np.uint64), np.zeros(0, np.uint64)
    with pytest.raises(ValueError, match="pairs"):
        unpacked([chars, chars, many, none, none, none, none, none], 0.0)


def test_what_a_tally_says_of_texts_that_are_not_there_is_not_waited_for() -> None:
    log = MemoryLog()
    log.create("raw-text")
    for number in range(5):
        log.append("raw-text", None, b'{"text": "%d"}' % number, partition=0)
    missing = RangeTally(0, 1, 0, 1 << 61, 0.0)
    config = Config()
    recount = Recount(MemorySource(log, "raw-text"), "raw-text", 0, missing, 0, config.text, config.windows)
    steps = [recount.step(0.0, 1e9) for _ in range(3)]
    assert recount.done and recount.at == 5
    assert sum(tally.totals["texts"] for tally in steps if tally) == 5
