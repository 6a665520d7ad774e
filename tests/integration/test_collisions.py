"""Texts made to collide, by who knows our code: under a seed that the deployment drew they reach nobody's counts.

With the seed that everybody can read in the source both attacks worked: 44 texts had a burst announced under another
word, and 60 texts multiplied the count of a pair by three.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from sketches.hashing import DEFAULT_SEED, buckets, row_seeds
from sketches.pair_sketch import PairSketch
from stream.log.kafka import KafkaSource
from stream.log.topics import ensure_topics
from stream.segmentation.tally import pack, tally
from stream.simulation.simulate import SimulateSettings, simulate
from stream.state.chunks import OPEN
from stream.state.seed import first_seed
from stream.text.runs import Alphabet
from tests.chaos.oracle import folded_shards
from tests.chaos.reading import read_all
from tests.integration.service import Service
from tests.sketches.test_hashing import COLLIDING

pytestmark = pytest.mark.broker

VICTIM = "元宇宙"
BURST, INFLATING = 44, 60  # texts of each attack
PAIR, HONEST = ("我", "们"), 40  # a pair, and how many texts hold it once
SIMULATION = SimulateSettings(texts=2400, rate=5.0, seed=1, plant=("pulse",), share=0.06, vocabulary=1500)
SETTINGS = ("windows.length_s=30", "trends.min_texts=4", "trends.min_surprise=2", "trends.min_probability=0.1",
            "sketches.pair_width=131072")  # fmt: skip
SOURCE_PAIRS = 6000  # characters to choose pairs from: 36 million pairs, a few hundred in each cell


def inflating_texts(width: int, rows: int) -> Iterator[str]:
    """Texts of pairs of which each lands in a cell of the pair, in one row or another, by the public seed."""
    seeds = row_seeds(DEFAULT_SEED, rows)
    target = buckets(pack(*(np.array([ord(one)], np.uint32) for one in PAIR)), seeds, width)[:, 0]
    chars = np.arange(0x4E00, 0x4E00 + SOURCE_PAIRS, dtype=np.uint32)
    found: list[str] = []
    for left in chars[::2]:
        where = buckets(pack(np.full(len(chars), left, np.uint32), chars), seeds, width)
        found += [chr(left) + chr(chars[at]) for at in np.flatnonzero((where == target[:, None]).any(axis=0))]
    per_text = len(found) // INFLATING
    for number in range(INFLATING):
        yield "，".join(found[number * per_text : (number + 1) * per_text])


def values(attack: list[str]) -> Iterator[bytes]:
    """A stream that bursts at its end in words with the key of another, which stands in one text."""
    rows = list(simulate(SIMULATION))
    for one in rows:
        yield orjson.dumps({"ts": one.at_s, "text": one.text})
    at_s = rows[-1].at_s
    for number in range(HONEST):
        yield orjson.dumps({"ts": at_s, "text": f"{number}，{''.join(PAIR)}"})
    for text in attack:
        yield orjson.dumps({"ts": at_s, "text": text})
    yield orjson.dumps({"ts": at_s, "text": f"听说{VICTIM}了吗"})
    for number in range(BURST):
        word = COLLIDING[number % len(COLLIDING)]
        yield orjson.dumps({"ts": at_s + number, "text": f"第{number}次说{word}怎么样"})


def test_texts_made_to_collide_inflate_no_count_and_announce_no_other_word(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    with Service(kafka, topic_prefix, tmp_path, SETTINGS) as service:
        config, topics = service.config, service.config.topics
        attack = list(inflating_texts(config.sketches.pair_width, config.sketches.rows))
        assert inflated(config.sketches.seed, service, attack) > 3 * HONEST, "with the public seed it works"
        several = list(values(attack))
        ensure_topics(config.kafka, topics)
        service.start("all", "count,refresh,segment")
        service.produce((0, value) for value in several)
        seed = drawn_seed(service)
        assert seed not in (None, DEFAULT_SEED)
        with_seed = replace(config, sketches=replace(config.sketches, seed=seed))

        def counted() -> tuple[int, float]:
            shard = folded_shards(service.states(topics.pair_sketches), read_all(config, topics.tallies), with_seed)[0]
            texts = sum(totals["texts"] for totals in shard.totals.values())
            pair = pack(*(np.array([ord(one)], np.uint32) for one in PAIR))
            return texts, float(shard.sketch.pairs.estimate(pair)[0]) * shard.sketch.scale_at(shard.newest_s)

        service.wait(lambda: counted()[0] == len(several), "all texts counted")
        service.wait(lambda: bool(announced(service) & set(COLLIDING)), "the words that burst are announced")
        assert counted()[1] < 1.2 * HONEST
        assert VICTIM not in announced(service)
        assert service.stop("all") == 0


def inflated(seed: int | None, service: Service, attack: list[str]) -> float:
    """The estimate of the pair after the honest texts and the attack."""
    settings = service.config.sketches
    sketch = PairSketch(replace(settings, seed=seed))
    honest = ["".join(PAIR)] * HONEST
    sketch.add(tally(Alphabet(service.config.text.scripts).runs([*honest, *attack])), 0.0, 1.0)
    return float(sketch.pairs.estimate(pack(*(np.array([ord(one)], np.uint32) for one in PAIR)))[0])


def drawn_seed(service: Service) -> int | None:
    """What the service drew at its first start."""
    found: list[int | None] = [None]

    def asked() -> bool:
        opened = lambda topic, group: KafkaSource(service.config.kafka, topic, group, "test")  # noqa: E731
        found[0] = first_seed(opened, service.config.topics.strong_pairs, OPEN)
        return found[0] is not None

    service.wait(asked, "a seed")
    return found[0]


def announced(service: Service) -> set[str]:
    return {orjson.loads(value)["word"] for _, value, _ in service.values(service.config.topics.new_words) if value}
