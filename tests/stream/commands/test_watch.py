"""How the terminal shows events; an integration test reads them from a real topic."""

import io
import time
from collections.abc import Iterator

import pytest
from rich.console import Console

from stream.commands import watch
from stream.commands.watch import around, events_of, line_of, show, table_of
from stream.errors import BrokerError
from stream.events.examples import Example
from stream.outputs.event_consumer import EventSource, ReceivedEvent
from stream.trends.leaderboard import Leaderboard
from tests.stream.events.event_samples import event

HOSTILE = event("甲[red]乙", 50.0, examples=(Example("[bold]\x1b[2J\u202e不\n", "t", 0, 0),))


def shown(board: Leaderboard, height: int = 40, width: int = 140) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    console.print(table_of(board, height, width))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def board_of(*words: str) -> Leaderboard:
    board = Leaderboard(100)
    board.add(event(word, float(at)) for at, word in enumerate(words))
    return board


def test_a_line_has_time_status_word_count_and_example() -> None:
    one = event("元宇宙", 1_700_000_000.0, count=12, score=9.25)
    assert line_of(one) == "2023-11-14 22:13:20  emerged 元宇宙  12 texts, score 9.2  谈元宇宙。"


def test_the_event_of_a_word_names_the_story_it_joins() -> None:
    one = event("洪水", 1_700_000_000.0, count=12, score=9.25, story="涿州@2023-11-14T22:00:00Z")
    assert line_of(one) == "2023-11-14 22:13:20  emerged 洪水  12 texts, score 9.2, story of 涿州  谈洪水。"


def test_the_words_of_a_story_stand_below_the_one_with_the_newest_event() -> None:
    board = Leaderboard(100)
    stories = {"涿州": "涿州@t", "桂花": "桂花@t", "洪水": "涿州@t"}
    board.add(event(word, float(at), story=story) for at, (word, story) in enumerate(stories.items()))
    lines = [line for line in shown(board).splitlines() if any(word in line for word in stories)]
    assert [line.split()[1 if "└" in line else 0].strip("│") for line in (one.strip("│ ") for one in lines)] == [
        "洪水", "涿州", "桂花",
    ]  # fmt: skip
    assert ["└" in line for line in lines] == [False, True, False]


def test_control_sequences_in_a_text_are_shown_as_numbers() -> None:
    assert line_of(HOSTILE).endswith("  [bold]\\u001b[2J\\u202e不\\u000a")
    board = Leaderboard(10)
    board.add([HOSTILE])
    table = shown(board)
    assert "甲[red]乙" in table
    assert "[bold]\\u001b[2J\\u202e不\\u000a" in table
    assert "\x1b[2J" not in table


def test_the_newest_event_is_first_and_only_rows_that_fit_are_shown() -> None:
    table = shown(board_of("一一", "二二", "三三", "一一"), height=watch.MARGIN + 2)
    assert table.index("一一") < table.index("三三")
    assert "二二" not in table


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_a_narrow_terminal_shows_fewer_columns_and_none_truncated(width: int) -> None:
    table = shown(board_of("窘拐嘶雇"), width=width)
    assert all(cell in table for cell in ("窘拐嘶雇", "emerged", "texts"))
    assert "…" not in table
    assert ("谈窘拐嘶雇。" in table) == (width >= 76)


def test_an_example_is_shown_from_shortly_before_the_word() -> None:
    def example_of(text: str) -> str:
        return around(event("元宇宙", examples=(Example(text, "t", 0, 0),)))

    assert example_of("一二三四元宇宙好") == "一二三四元宇宙好"
    assert example_of("一二三四五六七八九元宇宙好") == "…六七八九元宇宙好"
    assert example_of("全角字不在此") == "全角字不在此"
    assert around(event("元宇宙", examples=())) == ""


def test_the_table_is_drawn_again_when_there_is_news() -> None:
    console = Console(file=io.StringIO(), width=100, height=30, force_terminal=True)
    show(iter([[], [event("甲乙")], [], [event("丙丁", 5.0)]]), console, Leaderboard(10))
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    assert drawn.index("甲乙") < drawn.index("丙丁") < drawn.rindex("甲乙")


class Away(EventSource):
    """Fails, hears, fails for ever."""

    def __init__(self) -> None:
        self.polls = 0

    def poll(self, timeout_s: float) -> list[ReceivedEvent]:
        self.polls += 1
        if self.polls == 2:
            return [ReceivedEvent(event("甲乙"), 0, 0)]
        raise BrokerError("away")


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    yield


@pytest.mark.usefixtures("no_pauses")
def test_a_missing_broker_is_an_error_at_the_start_and_retried_later(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = Away()
    with pytest.raises(BrokerError):
        next(events_of(source))
    events = events_of(source)
    assert [one.word for one in next(events)] == ["甲乙"]
    with pytest.raises(BrokerError):
        next(events)
    assert capsys.readouterr().err.count("away; trying again") == 6
