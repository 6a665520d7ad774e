"""At most so many events a day, and those that stand out most."""

from hypothesis import given
from hypothesis import strategies as st

from stream.rules.daily_limit import DAY_S, MEMORY, DailyLimit
from stream.state.trend_codec import record_of_trends, restore_trends
from tests.stream.trends.trend_tables import SETTINGS, model_of, trends_of

HEARD = st.lists(st.tuples(st.integers(0, 30), st.floats(0, 9), st.floats(0, 30_000)), max_size=60)


def announced(budget: DailyLimit, heard: list[tuple[int, float, float]]) -> list[float]:
    """When words were announced; each of `heard` is key, score and the seconds since the one before."""
    now_s, when_s = 0.0, []
    for key, score, later_s in heard:
        now_s += later_s
        budget.hear(key, score, now_s)
        if budget.has_room(score, now_s):
            budget.spend(now_s)
            when_s.append(now_s)
    return when_s


@given(HEARD, st.integers(1, 5))
def test_no_day_has_more_events_than_the_budget(heard: list[tuple[int, float, float]], a_day: int) -> None:
    when_s = announced(DailyLimit(a_day), heard)
    assert all(sum(start <= at_s < start + DAY_S for at_s in when_s) <= a_day for start in when_s)


@given(HEARD)
def test_without_a_budget_there_is_room_for_all(heard: list[tuple[int, float, float]]) -> None:
    assert len(announced(DailyLimit(0), heard)) == len(heard)


def test_a_word_below_the_best_of_the_day_waits_until_they_have_had_it() -> None:
    budget = DailyLimit(2)
    for key, score in enumerate((5.0, 9.0, 7.0, 3.0)):
        budget.hear(key, score, 100.0)
    assert budget.threshold(100.0) == 7.0
    assert [budget.has_room(score, 100.0) for score in (9.0, 7.0, 5.0)] == [True, True, False]
    budget.hear(0, 5.0, 100.0 + DAY_S)
    assert budget.threshold(100.0 + DAY_S) == 0.0
    assert budget.has_room(5.0, 100.0 + DAY_S)


def test_the_words_heard_are_bounded() -> None:
    budget = DailyLimit(1)
    for key in range(MEMORY + 5):
        budget.hear(key, 1.0, 0.0)
    assert len(budget.heard) == MEMORY
    assert min(budget.heard) == 5


def test_a_restart_knows_what_was_spent() -> None:
    trends, _ = trends_of([["天气真好"]], model_of(["天气"]), SETTINGS)
    trends.budget = DailyLimit(1)
    trends.budget.hear(7, 4.0, 50.0)
    trends.budget.spend(50.0)
    other, _ = trends_of([], model_of([]), SETTINGS)
    other.budget = DailyLimit(1)
    restore_trends(other, record_of_trends(trends, 1, []), 1)
    assert other.budget.heard == {7: (50.0, 4.0)}
    assert not other.budget.has_room(9.0, 60.0)
