"""The words announced come back from a trend state as they were, and a hundred thousand of them need little room."""

import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.config.memory_estimate import ANNOUNCED
from stream.rules.settings import TrendSettings
from stream.rules.word_lists import WordLists
from stream.state.trend_codec import STATUSES, record_of_trends, restore_trends
from stream.trends.trend_table import Announced, Trends

LAW = settings(max_examples=60, deadline=None)
KEYS = st.integers(0, 2**64 - 1)
WORDS = st.builds(
    Announced.of, st.text("天气iPhone１７", min_size=2, max_size=8), st.sampled_from(STATUSES),
    st.floats(0, 2e9), st.integers(0, 2**40), KEYS,
)  # fmt: skip


def trends() -> Trends:
    return Trends(TrendSettings(baseline_width=16), 60.0, WordLists.none(), 9001)


@LAW
@given(st.dictionaries(KEYS, WORDS, max_size=20))
def test_what_was_announced_comes_back_in_its_order(announced: dict[int, Announced]) -> None:
    written, read = trends(), trends()
    written.announced = announced
    restore_trends(read, record_of_trends(written, 1, []), 9001)
    assert list(read.announced.items()) == list(announced.items())


def test_how_a_word_is_written_is_held_only_where_it_is_not_the_word() -> None:
    assert [Announced.of(shown, "emerged", 0.0, 8, 1).shown for shown in ("天气", "iPhone17")] == ["", "iPhone17"]


def test_each_needs_no_more_than_the_memory_figure_says_also_while_it_is_written_or_read() -> None:
    number = 10_000
    tracemalloc.start()
    one = trends()
    one.announced = {key: Announced.of(chr(0x4E00 + key % 9999) * 4, "emerged", key * 1.5, 1000 + key % 1000, key)
                     for key in range(1 << 40, (1 << 40) + number)}  # fmt: skip
    record = record_of_trends(one, 1, [])
    peaks = [tracemalloc.get_traced_memory()[1]]
    del one
    tracemalloc.reset_peak()
    restore_trends(trends(), record, 9001)
    peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert ANNOUNCED / 2 < max(peaks) / number < ANNOUNCED * 1.1
