"""The words of a period, worked out by hand, and independence of the order of events."""

from hypothesis import given
from hypothesis import strategies as st

from stream.events.events import Event
from stream.events.period_summary import COLUMNS, PeriodSummary, by_story
from tests.stream.events.event_samples import event


def words(lexicon: PeriodSummary, *args: object) -> list[str]:
    return [one.word for one in lexicon.entries(*args)]  # type: ignore[arg-type]


def filled(*events: Event, since_s: float = 0.0, until_s: float = 1e9) -> PeriodSummary:
    lexicon = PeriodSummary(since_s, until_s)
    for one in events:
        lexicon.add(one)
    return lexicon


def test_the_last_event_says_the_status_and_the_best_one_the_figures() -> None:
    (entry,) = filled(
        event("元宇宙", 100, count=8, score=6.0, sources=3, first_seen_s=40),
        event("元宇宙", 900, count=40, score=21.0, sources=9, first_seen_s=300, status="rising"),
        event("元宇宙", 5000, count=2, score=-1.0, sources=None, first_seen_s=4900, status="faded"),
    ).entries()
    assert (entry.status, entry.count, entry.score, entry.sources) == ("faded", 40, 21.0, 9)
    assert (entry.first_seen_s, entry.announced_s, entry.updated_s) == (40, 100, 5000)


def test_a_period_has_its_beginning_but_not_its_end() -> None:
    several = [event("甲乙", at_s) for at_s in (99, 100, 199, 200)]
    (entry,) = filled(*several, since_s=100, until_s=200).entries()
    assert (entry.announced_s, entry.updated_s) == (100, 199)
    assert filled(event("甲乙", 99), since_s=100).entries() == []


def test_words_are_chosen_by_their_last_status_and_best_score() -> None:
    lexicon = filled(
        event("甲乙", 1, score=9.0), event("甲乙", 2, status="faded", score=0.0), event("丙丁", 3, score=5.0),
        event("戊己", 4, score=9.0, count=30),
    )  # fmt: skip
    assert words(lexicon) == ["戊己", "丙丁", "甲乙"]
    assert words(lexicon, ("emerged", "rising")) == ["戊己", "丙丁"]
    assert words(lexicon, ("emerged", "faded"), 9.0) == ["戊己", "甲乙"]


def test_a_row_has_every_column_and_times_that_can_be_read() -> None:
    row = filled(event("甲乙", 90.5)).entries()[0].row()
    assert tuple(row) == COLUMNS
    assert (row["announced"], row["first_seen"]) == ("1970-01-01T00:01:30.500Z", "1970-01-01T00:00:30.500Z")


@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), st.integers(0, 99), st.integers(1, 9)), max_size=12), st.data())
def test_events_of_different_words_may_come_in_any_order(
    drawn: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    several = [event(word * 2, at_s, count=count) for word, at_s, count in drawn]
    shuffled = data.draw(st.permutations(range(len(several))))
    order = sorted(range(len(several)), key=lambda at: (several[at].word, at))
    mixed = iter(order)
    by_place = dict(zip(sorted(shuffled, key=lambda at: several[at].word), mixed, strict=True))
    assert filled(*(several[by_place[at]] for at in shuffled)).entries() == filled(*several).entries()


def test_a_word_stays_in_the_story_of_its_first_event_and_stories_stand_together() -> None:
    entries = filled(
        event("涿州", 1, count=30, story="涿州@t"), event("桂花", 2, count=20, story="桂花@t"),
        event("旧词", 3, count=19), event("洪水", 4, count=10, story="涿州@t"),
        event("洪水", 5, count=9, story="别的@t"), event("老词", 6, count=5),
    ).entries()  # fmt: skip
    assert {one.word: one.story for one in entries} == {
        "涿州": "涿州@t", "洪水": "涿州@t", "桂花": "桂花@t", "旧词": "", "老词": "",
    }  # fmt: skip
    assert [one.word for one in by_story(entries)] == ["涿州", "洪水", "桂花", "旧词", "老词"]
