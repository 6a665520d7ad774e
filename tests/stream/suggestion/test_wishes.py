"""The suggestion states what a replay announces, with the configuration and with each other rate."""

from dataclasses import replace
from functools import cache

import pytest

from stream.config.config import Config
from stream.embedded.pipeline import Pipeline
from stream.rules.word_lists import WordLists
from stream.simulation.simulate import SimulateSettings, simulate
from stream.suggestion.recorded_looks import Word
from stream.suggestion.wishes import Budget, budgets, table
from stream.text.message import Text

CONFIG = Config(sketches=replace(Config().sketches, pair_width=65536))


@cache
def texts() -> tuple[Text, ...]:
    stream = simulate(SimulateSettings(texts=4000, rate=0.02, plants=2, share=0.05))
    return tuple(Text(one.text, one.at_s, one.source, "replay", 0, at) for at, one in enumerate(stream))


@cache
def stated() -> tuple[Budget, ...]:
    several, _ = budgets(CONFIG, WordLists.none(), texts())
    return tuple(several)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_it_is_what_a_replay_announces(number: int) -> None:
    one = stated()[number]
    pipeline = Pipeline(replace(CONFIG, trends=replace(CONFIG.trends, events_a_day=one.events_a_day)))
    events = [*pipeline.feed(texts()), *pipeline.finish()]
    emerged = [(event.word, event.detected_at_s) for event in events if event.status == "emerged"]
    assert emerged
    assert [(word.word, round(word.at_s, 3)) for word in one.words] == emerged


def test_a_wish_for_fewer_announces_no_more() -> None:
    _, fewer, more = stated()
    assert fewer.events_a_day == pytest.approx(more.events_a_day / 4, rel=0.05)
    assert len(fewer.words) <= len(more.words)


def test_a_sample_goes_from_the_surest_to_the_least_sure() -> None:
    words = tuple(Word(f"word{at}", 0.0, float(at), 0.5) for at in range(100))
    sample = Budget(1.0, words, 1.0).sample
    assert (sample[0], sample[-1], len(sample)) == ("word99", "word0", 9)


def test_the_table_has_a_line_for_each_budget() -> None:
    lines = table([Budget(0.0, (Word("新词", 0.0, 1.0, 0.9),), 2.5), Budget(1.25, (), 0.0)])
    assert [line.split()[0] for line in lines] == ["events_a_day", "1.25", "0"]
    assert "新词" in lines[2]
