"""The golden flow: a made-up stream through the whole pipeline."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import jsonschema
import orjson

from stream.config.config import Config, load
from stream.embedded.pipeline import Pipeline
from stream.events.events import Event, encode, event_schema
from stream.simulation.simulate import SimulateSettings, planted, simulate
from stream.text.message import Text

README = Path(__file__).parents[3] / "README.md"


def texts(settings: SimulateSettings) -> list[Text]:
    return [Text(one.text, one.at_s, one.source, "replay", 0, offset) for offset, one in enumerate(simulate(settings))]


def events_of(stream: Iterable[Text], config: Config) -> list[Event]:
    pipeline = Pipeline(config)
    return [*pipeline.feed(stream), *pipeline.finish()]


SHOWN = SimulateSettings(language="zh")
"""What `new-words simulate` writes unless told otherwise, and README shows."""


@cache
def golden() -> tuple[Event, ...]:
    return tuple(events_of(texts(SHOWN), Config()))


def test_planted_words_are_found_in_time_and_nothing_else() -> None:
    truth = {word.word: word for word in planted(SHOWN)}
    emerged = {event.word: event for event in golden() if event.status == "emerged"}
    assert truth.keys() == emerged.keys()
    for word in truth:
        assert emerged[word].count <= 15
        assert (emerged[word].novelty, emerged[word].earlier) == ("unseen", 0)


def test_a_stream_without_news_announces_nothing() -> None:
    config = load(None, {}, ["cohesion.refresh_s=30"])
    assert not events_of(texts(SimulateSettings(plant=(), seed=1, language="zh")), config)


def test_a_language_of_rare_words_announces_one_of_ten_thousand_texts_at_most() -> None:
    """Made-up words that come once in thousands of texts are new to whoever has read six hours of them."""
    settings = SimulateSettings(plant=(), seed=1, language="made-up")
    found = {event.word for event in events_of(texts(settings), load(None, {}, ["cohesion.refresh_s=30"]))}
    assert len(found) <= settings.texts / 10_000


def test_every_event_is_valid_against_the_schema() -> None:
    for event in golden():
        jsonschema.validate(orjson.loads(encode(event)), event_schema())


def test_a_word_emerges_once() -> None:
    emerged = [event.word for event in golden() if event.status == "emerged"]
    assert len(emerged) == len(set(emerged))


def test_the_readme_shows_an_event_of_this_very_stream() -> None:
    shown = [line for line in README.read_text("utf-8").splitlines() if line.startswith('{"schema"')]
    assert shown
    assert set(shown) <= {encode(event).decode() for event in golden()}
    given = [orjson.loads(line)["text"] for line in README.read_text("utf-8").splitlines() if line.startswith('{"ts"')]
    assert given
    assert set(given) <= {text.text for text in texts(SHOWN)}


def test_how_texts_are_batched_does_not_change_the_events() -> None:
    config = load(None, {}, ["sketches.pair_width=65536", "finder.memory_width=65536"])
    stream = texts(SimulateSettings(texts=3000, rate=2.0, plant=("shift",), share=0.1))
    whole = events_of(stream, config)
    pipeline = Pipeline(config)
    pieces: list[Event] = []
    for first in range(0, len(stream), 37):
        pieces += pipeline.feed(stream[first : first + 37])
    pieces += pipeline.finish()
    assert whole
    assert pieces == whole


def test_before_the_past_is_known_nothing_is_announced() -> None:
    """All words of a stream are new at its beginning."""
    config = load(None, {}, ["sketches.pair_width=65536", "finder.memory_width=65536"])
    assert events_of(texts(SimulateSettings(texts=300)), config) == []


def test_a_warm_up_lets_nothing_through() -> None:
    settings = SimulateSettings(texts=3000, rate=2.0, plant=("shift",), share=0.1)
    config = load(None, {}, ["trends.warmup_windows=999", "finder.memory_width=65536"])
    assert events_of(texts(settings), config) == []


def test_what_went_through_is_counted() -> None:
    pipeline = Pipeline(load(None, {}, ["finder.memory_width=65536", "sketches.pair_width=65536"]))
    stream = [Text(f"天气{'好' * (at % 3)}", 100.0 + at, None, "replay", 0, at) for at in range(200)]
    assert [*pipeline.feed(stream), *pipeline.finish()] == []
    totals = pipeline.totals
    assert (totals.texts, totals.copies) == (200, 197)
    assert totals.characters == sum(2 + at % 3 for at in range(200))
    assert totals.pairs == totals.characters - 200
    assert totals.looks > 0
    assert pipeline.trends.first_s == 100.0


def test_an_old_word_that_bursts_is_announced_as_revived_only_if_configured() -> None:
    """鹿眠书 is in six texts of the past, then in forty within the horizon."""
    settings = SimulateSettings(texts=6000, rate=20.0, plant=(), seed=3, language="zh")
    stream = []
    for number, text in enumerate(texts(settings)):
        old, burst = number in range(300, 900, 100), number in range(5000, 5400, 10)
        with_it = f"{text.text}鹿眠书" if number % 20 else f"鹿眠书{text.text}"
        stream.append(text._replace(text=with_it) if old or burst else text)
    for novelty, expected in (("unseen", set()), ("any", {("鹿眠书", "revived")})):
        config = load(None, {}, [f"trends.novelty={novelty}", "finder.memory_width=65536", "sketches.pair_width=65536"])
        found = events_of(stream, config)
        assert {
            (one.word, one.novelty) for one in found if one.word == "鹿眠书" and one.status == "emerged"
        } == expected
