"""The statistics of a stream equal those counted by hand."""

import pytest

from stream.suggestion.first_look import first_look
from stream.text.message import SKIP, Text

DAY_S = 86_400.0


def text(at_s: float, written: str, source: str | None = None) -> Text:
    return Text(written, at_s, source, "replay", 0, 0)


def test_rate_length_copies_scripts_and_sources() -> None:
    texts = [text(day * DAY_S, f"今天天气{'好坏冷热干湿阴晴'[day]} abc", f"who{day % 2}") for day in range(8)]
    look = first_look([*texts, text(8 * DAY_S, texts[0].text)], SKIP)
    assert (look.texts, look.days, look.longest_pause_s) == (9, 8.0, DAY_S)
    assert look.copies == pytest.approx(1 / 9)
    assert (look.sources, look.with_source, look.loudest) == (2, pytest.approx(8 / 9), pytest.approx(4 / 9))
    assert dict(look.scripts).keys() == {"han", "latin"}
    assert sum(share for _, share in look.scripts) == pytest.approx(1)
    assert look.hours[0] == 1.0


def test_links_and_names_are_skipped() -> None:
    look = first_look([text(0.0, "看这里https://example.org/aaaa"), text(1.0, "看那里呀")], SKIP)
    assert 0.5 < look.skipped < 0.9


def test_a_single_text_is_enough() -> None:
    look = first_look([text(5.0, "!!!")], SKIP)
    assert (look.scripts, look.sources, look.copies) == ((), 0, 0.0)
