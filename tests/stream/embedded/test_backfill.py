"""A backfilled service on its first day is like one on its tenth: it announces what is new, and only that.

A stationary made-up stream of twenty days, the first ten of which are history. Every day has a word of its own that
nobody used before; one more comes up in history and stays for good, so it is no news afterwards. All workers run on a
log in memory, by the clock of the texts.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

import numpy as np
import orjson
import pytest
from prometheus_client import CollectorRegistry

from stream.config.config import Config, load
from stream.embedded.backfill import Backfill
from stream.embedded.pipeline import Pipeline
from stream.errors import NewWordsError
from stream.events.events import Event, decode_event
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.refresher import HISTORY, Refresher
from stream.roles.segmenter import Segmenter
from stream.rules.word_lists import WordLists
from stream.simulation.simulate import SimulateSettings, simulate
from stream.state.announcer_codec import SNAPSHOT, snapshot_of
from stream.state.chunks import StateRecord
from stream.state.snapshots import StateLog
from stream.tallies.shard import Shard
from stream.text.message import Text
from tests.chaos.oracle import folded_shards

DAY_S = 43_200.0  # 24 windows; the stream knows nothing of days
DAYS, PAST = 20, 10
STEP_S = 1800.0
WORDS = [chr(0x9000 + 2 * day) + chr(0x9001 + 2 * day) + chr(0x9100 + day) for day in range(DAYS)]
STAYS = "饕餮纹"
SIMULATION = SimulateSettings(texts=int((DAYS + 1) * DAY_S * 0.02), rate=0.02, plant=(), rhythm=0.0, vocabulary=600)
CONFIG = load(None, {}, [
    "windows.length_s=1800", "sketches.half_life_s=432000", "sketches.pair_width=32768", "sketches.char_width=4096",
    "cohesion.min_count=4", "cohesion.refresh_s=1800", "finder.memory_width=65536", "finder.pairs=65536",
])  # fmt: skip


@cache
def stream() -> tuple[Text, ...]:
    """Word `WORDS[d]` is in each tenth text for two hours of day d; STAYS in some 30th since day 2."""
    random, texts = np.random.default_rng(5), []
    for offset, one in enumerate(simulate(SIMULATION)):  # a day more than is wanted, for it comes at random
        day, second = divmod(one.at_s - SIMULATION.start_s, DAY_S)
        if day >= DAYS:
            break
        word = ""
        if 18_000 <= second < 25_200 and offset % 10 == 0:
            word = WORDS[int(day)]
        elif day >= 2 and random.random() < 1 / 30:
            word = STAYS
        at = int(random.integers(0, len(one.text)))
        texts.append(Text(one.text[:at] + word + one.text[at:], one.at_s, None, "raw-text", 0, offset))
    return tuple(texts)


def day_of(at_s: float) -> int:
    return int((at_s - SIMULATION.start_s) // DAY_S)


def past() -> list[Text]:
    return [text for text in stream() if day_of(text.at_s) < PAST]


def live() -> list[Text]:
    return [text for text in stream() if day_of(text.at_s) >= PAST]


class Town:
    """The service on a log in memory; its clock is that of the texts."""

    def __init__(self, config: Config = CONFIG) -> None:
        self.now_s = SIMULATION.start_s
        self.log, self.config = MemoryLog(lambda: self.now_s), config
        topics = config.topics
        for key in topics.__slots__:
            if not key.endswith("_partitions"):
                self.log.create(getattr(topics, key), 2 if key in ("raw_text", "new_words") else 1)

    def edge(self) -> Context:
        metrics = Metrics(CollectorRegistry(), 0)
        return Context(self.config, lambda topic, group: MemorySource(self.log, topic, group), MemorySink(self.log),
                    metrics, lambda: self.now_s)  # fmt: skip

    def backfill(self, texts: Iterable[Text]) -> list[Event]:
        history = Backfill(self.edge(), WordLists.none())
        return [*history.feed(texts), *history.end()]

    def run(self, texts: Iterable[Text]) -> None:
        """As a stream: a quarter of an hour of texts, then every worker."""
        edge = self.edge()
        workers: list[Worker] = [Counter(edge), Refresher(edge), Segmenter(edge)]
        workers.append(Announcer(edge, WordLists.none(), lambda now_s: None))
        for _, several in groupby(texts, lambda text: text.at_s // STEP_S):
            for text in several:
                self.now_s = text.at_s
                value = orjson.dumps({"text": text.text, "ts": text.at_s})
                self.log.append(self.config.topics.raw_text, None, value)
            for _ in range(2):  # what one writes in the first round, the one before it in the flow reads in the second
                self.now_s += 30
                for worker in workers:
                    while worker.run_once(0.0):
                        pass
        for worker in workers:
            worker.close()
        edge.sink.close()

    def events(self) -> Iterator[Event]:
        for partition in self.log.partitions(self.config.topics.new_words):
            for record in partition.records:
                yield decode_event(record.value or b"")

    def by_day(self) -> dict[int, list[str]]:
        """Words that emerged, by day of the service: 1, 2 …"""
        days: dict[int, list[str]] = {day: [] for day in range(1, DAYS - PAST + 1)}
        for event in self.events():
            if event.status == "emerged":
                days[day_of(event.detected_at_s) - PAST + 1].append(event.word)
        return days


@cache
def backfilled() -> tuple[list[Event], Town]:
    town = Town()
    quiet = town.backfill(past())
    town.run(live())
    return quiet, town


def test_the_first_day_of_a_backfilled_service_is_like_its_tenth() -> None:
    quiet, town = backfilled()
    assert set(WORDS[2:PAST]) <= {event.word for event in quiet}, "what was news in the past was not learned"
    days = town.by_day()
    assert {day: [word for word in words if word in WORDS] for day, words in days.items()} == {
        day: [WORDS[PAST + day - 1]] for day in range(1, DAYS - PAST + 1)
    }
    false = [word for words in days.values() for word in words if word not in WORDS]
    assert days[1] == [WORDS[PAST]] and len(false) <= 1, "chance has at most one word in ten days"
    events = [day_of(event.detected_at_s) - PAST + 1 for event in town.events()]
    assert events.count(1) <= events.count(10)


def test_history_is_a_record_of_its_own_and_what_is_counted_is_a_fold_of_the_log() -> None:
    first_day = [text for text in live() if day_of(text.at_s) == PAST]
    plain, town = Town(), Town()
    town.backfill(past()[:2000])
    before = states(town, "pair_sketches")
    for one in (plain, town):
        one.run(first_day)
    assert before == {HISTORY: states(town, "pair_sketches")[HISTORY]}
    (one,), (other,) = tallies(plain), tallies(town)
    assert one.totals == other.totals
    assert one.sketch.pairs.total == other.sketch.pairs.total > 0


def tallies(town: Town) -> list[Shard]:
    """What the tallies alone add up to."""
    return folded_shards({}, town.log.partitions(CONFIG.topics.tallies)[0].records, CONFIG)


def test_history_may_be_done_again_until_the_service_has_run() -> None:
    half = past()[: len(past()) // 2]
    once, twice = Town(), Town()
    once.backfill(half)
    twice.backfill(past())
    twice.backfill(half)
    for topic in ("pair_sketches", "trend_state"):
        (first,), (second,) = states(once, topic).values(), states(twice, topic).values()
        assert (first.parts, first.meta) == (second.parts, second.meta)
    with pytest.raises(NewWordsError, match="pair-sketches: the service has counted texts already"):
        backfilled()[1].backfill(half)


def test_a_trend_state_of_the_service_is_enough_to_refuse() -> None:
    town = Town()
    town.backfill(past()[:100])
    edge, topic = town.edge(), CONFIG.topics.trend_state
    trends = StateLog(edge.sink, topic)
    trends.resume(SNAPSHOT, edge.states(topic, SNAPSHOT.__eq__, HISTORY)[SNAPSHOT])
    trends.write([snapshot_of(Pipeline(CONFIG).trends, 9)])
    with pytest.raises(NewWordsError, match="trend-state: the service has a past of its own already"):
        town.backfill(past()[:100])


def test_a_backfill_without_texts_is_refused() -> None:
    town = Town()
    with pytest.raises(NewWordsError, match="no history was written"):
        town.backfill([])
    assert states(town, "pair_sketches") == states(town, "trend_state") == {}


def states(town: Town, topic: str) -> dict[str, StateRecord]:
    return town.edge().states(getattr(town.config.topics, topic), lambda _: True, HISTORY)
