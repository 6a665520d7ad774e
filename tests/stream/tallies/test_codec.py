"""A tally is decoded as it was encoded, and other bytes are refused as unreadable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches.pair_sketch import Tally
from stream.range_log.messages import Range, UnreadableError
from stream.segmentation.tally import tally
from stream.tallies import codec
from stream.tallies.codec import body_of, tally_of
from stream.tallies.columns import unpacked
from stream.tallies.tally import RangeTally
from stream.text.runs import Alphabet

HAN = Alphabet(("han", "latin", "digit"))
TEXTS = st.lists(st.text(st.sampled_from("天气真好，冰墩墩abc12 𠮷"), max_size=30), max_size=8)
OF = Range(5, 7 << 32, 3, 10, newest_s=119.5)


def counted(*windows: list[str]) -> RangeTally:
    counts = tuple((60.0 * number, tally(HAN.runs(texts))) for number, texts in enumerate(windows))
    return RangeTally(5, 3, 10, 119.5, {"texts": 7, "not_utf8": 1}, counts)


def same(one: Tally, other: Tally) -> bool:
    columns = ("chars", "char_counts", "pairs", "pair_counts")
    return all(np.array_equal(getattr(one, column), getattr(other, column)) for column in columns) and (
        one.total == other.total
    )


@given(st.lists(TEXTS, max_size=3))
def test_a_tally_is_read_back_as_it_was_counted(windows: list[list[str]]) -> None:
    one = counted(*windows)
    read = tally_of(OF, body_of(one))
    assert (read.partition, read.begin, read.end, read.newest_s, read.totals) == (5, 3, 10, 119.5, one.totals)
    assert [at_s for at_s, _ in read.windows] == [at_s for at_s, _ in one.windows]
    assert all(same(mine, theirs) for (_, mine), (_, theirs) in zip(one.windows, read.windows, strict=True))


def test_a_share_is_read_back_with_the_number_of_all_pairs() -> None:
    one = counted(["天气真好天气真好"]).share(1, 3)
    ((_, counts),) = tally_of(OF, body_of(one)).windows
    assert counts.total == 7
    assert same(counts, one.windows[0][1])


def test_shares_add_up_to_the_whole() -> None:
    one = counted(["天气真好冰墩墩abc天气真好"])
    shares = [one.share(number, 3).windows[0][1] for number in range(3)]
    assert sorted(pair for share in shares for pair in share.pairs.tolist()) == one.windows[0][1].pairs.tolist()
    assert all(np.array_equal(share.chars, one.windows[0][1].chars) for share in shares)


def test_a_tally_that_would_unpack_to_more_than_is_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    body = body_of(counted(["天气真好"]))
    monkeypatch.setattr(codec, "MOST_BYTES", 10)
    with pytest.raises(UnreadableError, match="too large"):
        tally_of(OF, body)


@given(st.data())
def test_a_body_that_is_none_is_unreadable_and_nothing_else(data: st.DataObject) -> None:
    """Its checksum is right, so another program has written it."""
    body = bytearray(body_of(counted(["天气真好"], ["冰墩墩"])))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = tally_of(OF, bytes(body))
    except UnreadableError:
        return
    for _, counts in read.windows:
        assert all((items[1:] > items[:-1]).all() for items in (counts.chars, counts.pairs))


def test_numbers_whose_sum_wraps_around_allocate_nothing() -> None:
    """2^62 pairs for each of four characters add up to none."""
    chars, many, none = np.array([97, 1, 1, 1], np.uint64), np.full(4, 1 << 62, np.uint64), np.zeros(0, np.uint64)
    with pytest.raises(ValueError, match="pairs"):
        unpacked([chars, chars, many, none, none], 0.0)
