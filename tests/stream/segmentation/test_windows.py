"""Each text is in the window of its time, in its order, even if it is late."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.segmentation.windows import WindowSettings
from stream.text.message import Text
from stream.text.text_batch import TextBatch

SETTINGS = WindowSettings(length_s=10.0)
TIMES = st.lists(st.floats(0, 95), max_size=20)


def batch(times: list[float]) -> TextBatch:
    return TextBatch.of([Text(f"天气{offset}", at_s, None, "t", 0, offset) for offset, at_s in enumerate(times)])


@given(TIMES)
def test_each_text_is_in_the_window_of_its_time_in_its_order(times: list[float]) -> None:
    windows = SETTINGS.by_window(batch(times))
    for number, texts in windows.items():
        assert np.all((texts.at_s >= number * 10) & (texts.at_s < number * 10 + 10))
        assert np.all(np.diff(texts.offsets) > 0)
    assert sorted(offset for texts in windows.values() for offset in texts.offsets.tolist()) == list(range(len(times)))


def test_windows_by_hand() -> None:
    windows = SETTINGS.by_window(batch([9.9, 10.0, 3.0, 25.0]))
    assert {number: texts.offsets.tolist() for number, texts in windows.items()} == {0: [0, 2], 1: [1], 2: [3]}
    assert windows[0].text(1) == "天气2"


def test_texts_of_one_window_are_not_copied() -> None:
    texts = batch([1.0, 2.0])
    assert SETTINGS.by_window(texts) == {0: texts}
    assert SETTINGS.by_window(batch([])) == {}


@pytest.mark.parametrize(("length_s", "faults"), [(0.0, 1), (-1.0, 1), (0.1, 0)])
def test_a_window_must_have_a_length(length_s: float, faults: int) -> None:
    assert len(WindowSettings(length_s).faults()) == faults
