"""Questions to the store, by hand: ranges, filters, pages, curves, and counts."""

import pytest

from stream.events.events import encode
from stream.store.history import History
from stream.store.words import (
    ORDERS,
    WordFilter,
    curve_span,
    curves_of,
    events_after,
    events_of,
    find_words,
    last_number,
    range_of,
    tally,
    timeline,
)
from stream.trends.leaderboard import Shown, Snapshot
from stream.verdicts.verdict import ACCEPTED, PART_OF, REFUSED, Verdict
from tests.stream.events.event_samples import bare_event as event


@pytest.fixture(scope="module")
def history() -> History:
    """甲 rises and fades, 乙 is accepted, 丙 refused, 丁 part of 甲."""
    one = History()
    one.add([
        encode(event("甲", 100.0, "emerged", 8, 5.0)), encode(event("甲", 200.0, "rising", 30, 9.0)),
        encode(event("甲", 300.0, "faded", 1, 0.0)), encode(event("乙", 150.0, "emerged", 12, 7.0)),
        encode(event("丙", 160.0, "emerged", 11, 8.0)), encode(event("丁", 170.0, "emerged", 10, 6.0)),
        encode(event("iPhone14", 180.0, "emerged", 9, 4.0)),
    ])  # fmt: skip
    for verdict in (
        Verdict("乙", ACCEPTED, 1.0, by="mei"),
        Verdict("丙", REFUSED, 1.0),
        Verdict("丁", PART_OF, 1.0, "甲"),
    ):
        one.judge(verdict)
    shown = (Shown(event("甲"), 0.0, 1, 1.0, (1, 2, 3, 4, 5, 6)), Shown(event("乙"), 0.0, 1, 1.0, (7, 8)))
    one.follow(Snapshot(1.0, True, 60.0, 600.0, shown))
    return one


def words(history: History, **wanted: object) -> list[str]:
    with history.reading() as connection:
        return [one.word for one in find_words(connection, WordFilter(**wanted)).words]  # type: ignore[arg-type]


def test_without_a_filter_all_but_the_refused_and_the_parts_come_best_first(history: History) -> None:
    assert words(history) == ["甲", "乙", "iPhone14"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"since_s": 200.0}, ["甲"]),
        ({"until_s": 160.0}, ["乙", "甲"]),
        ({"since_s": 400.0}, []),
        ({"text": "IPHONE"}, ["iPhone14"]),
        ({"text": "甲"}, ["甲"]),
        ({"text": "%"}, []),
        ({"statuses": ("emerged",)}, ["乙", "iPhone14"]),
        ({"statuses": ("emerged", "faded")}, ["甲", "乙", "iPhone14"]),
        ({"until_s": 250.0, "statuses": ("rising",)}, ["甲"]),
        ({"verdicts": ("refused",)}, ["丙"]),
        ({"verdicts": ("part_of", "accepted")}, ["乙", "丁"]),
        ({"verdicts": ("none",)}, ["甲", "iPhone14"]),
        ({"novelty": "revived"}, []),
        ({"story": "x"}, []),
        ({"key": "IPHONE14"}, ["iPhone14"]),
    ],
)
def test_filters(history: History, wanted: dict[str, object], found: list[str]) -> None:
    assert words(history, **wanted) == found


def test_a_word_of_a_range_has_its_last_status_and_its_best_figures_in_it(history: History) -> None:
    with history.reading() as connection:
        (one,) = find_words(connection, WordFilter(until_s=250.0, key="甲")).words
    assert (one.status, one.count, one.score, one.announced_s, one.detected_s, one.events) == (
        "rising", 30, 9.0, 100.0, 200.0, 2)  # fmt: skip


def test_a_verdict_comes_with_the_word(history: History) -> None:
    with history.reading() as connection:
        (one,) = find_words(connection, WordFilter(key="乙")).words
    assert (one.verdict, one.by, one.judged_s) == ("accepted", "mei", 1.0)


@pytest.mark.parametrize("order", ORDERS)
def test_pages_follow_one_another_without_a_gap(history: History, order: str) -> None:
    with history.reading() as connection:
        wanted = WordFilter(verdicts=("none", "accepted", "refused", "part_of"))
        whole = find_words(connection, wanted, order)
        found, after = [], None
        while True:
            page = find_words(connection, wanted, order, 2, after)
            assert page.total == 5
            found += page.words
            if (after := page.after) is None:
                break
    assert found == list(whole.words)


def test_the_life_of_a_word_is_its_events_newest_first(history: History) -> None:
    with history.reading() as connection:
        assert len(events_of(connection, "甲")) == 3
        assert events_of(connection, "甲", 1) == [encode(event("甲", 300.0, "faded", 1, 0.0))]
        assert events_of(connection, "无") == []


def test_events_that_came_later_have_greater_numbers(history: History) -> None:
    with history.reading() as connection:
        assert [number for number, _ in events_after(connection, 5)] == [6, 7]
        assert last_number(connection) == 7


def test_curves_are_added_up_into_so_many_steps(history: History) -> None:
    with history.reading() as connection:
        assert curve_span(connection, ["甲", "乙"], WordFilter()) == (240_000, 600_000, 60_000)
        assert curve_span(connection, ["甲"], WordFilter(300.0, 420.0)) == (300_000, 420_000, 60_000)
        assert curve_span(connection, ["无"], WordFilter()) is None
        wanted = ["甲", "乙", "无"]
        assert curves_of(connection, wanted, 240_000, 120_000, 3) == [[3, 7, 11], [0, 0, 15], [0, 0, 0]]


def test_counts(history: History) -> None:
    with history.reading() as connection:
        assert range_of(connection) == (100.0, 300.0)
        assert timeline(connection, 100.0, 50.0, 4) == [1, 4, 0, 0]
        counted = tally(connection, WordFilter())
        assert range_of(History().reading().__enter__()) is None
    assert counted["status"] == {"faded": 1, "emerged": 2}
    assert counted["verdict"] == {"none": 2, "accepted": 1}
    assert counted["events"] == {"emerged": 5, "rising": 1, "faded": 1}
