"""Reviewing without a broker: stored verdicts apply to the next run, and new ones at once."""

from pathlib import Path

import pytest

from stream.config.config import load
from stream.embedded.moderated import Moderated
from stream.embedded.pipeline import Pipeline
from stream.events.events import Event
from stream.simulation.simulate import SimulateSettings, simulate
from stream.store.history import History
from stream.text.message import Text
from stream.verdicts.verdict import ACCEPTED, REFUSED, Verdict

SIMULATION = SimulateSettings(texts=3000, plant=("shift", "pulse"), share=0.1, vocabulary=1500)
STREAM = [Text(one.text, one.at_s, one.source, "replay", 0, at) for at, one in enumerate(simulate(SIMULATION))]
SETTINGS = ("trends.warmup_windows=5", "sketches.pair_width=65536", "cohesion.refresh_s=30")


def run(history: History | None, *settings: str) -> tuple[Moderated, list[Event]]:
    moderated = Moderated(Pipeline(load(None, {}, [*SETTINGS, *settings])), history)
    return moderated, [*moderated.feed(STREAM), *moderated.finish()]


@pytest.fixture(scope="module")
def words() -> list[str]:
    _, events = run(None)
    found = list(dict.fromkeys(one.word for one in events))
    assert len(found) >= 2
    return found


def test_a_refused_word_is_not_announced_and_the_others_are_as_before(words: list[str], tmp_path: Path) -> None:
    history = History(str(tmp_path / "store"))
    history.judge(Verdict(words[0], REFUSED, 0.0))
    _, events = run(history)
    assert list(dict.fromkeys(one.word for one in events)) == words[1:]


def test_held_words_wait_in_the_store_and_are_announced_when_accepted_even_by_a_later_run(
    words: list[str], tmp_path: Path
) -> None:
    history = History(str(tmp_path / "store"))
    first, events = run(history, "trends.hold=true")
    assert (events, first.held > 0) == ([], True)
    assert {one.word for one in first.newly_held()} == set(words)
    (due,) = first.judge(Verdict(words[0], ACCEPTED, 0.0))
    assert (due.word, due.status) == (words[0], "emerged")
    assert first.judge(Verdict(words[0], ACCEPTED, 0.0)) == []
    history.close()
    later = Moderated(Pipeline(load(None, {}, [*SETTINGS, "trends.hold=true"])), History(str(tmp_path / "store")))
    assert [one.word for one in later.judge(Verdict(words[1], ACCEPTED, 0.0))] == [words[1]]
    later.withdraw(words[1])
    assert later.judge(Verdict(words[1], REFUSED, 0.0)) == []
