"""Texts made to collide, by who knows our code: under a seed that the deployment drew they inflate nobody's counts.

With the seed that everybody can read in the source 60 texts multiplied the count of a pair by three.
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
from stream.state.chunks import OPEN
from stream.state.seed import first_seed
from stream.text.runs import Alphabet
from tests.chaos.oracle import folded_shards
from tests.chaos.reading import read_all
from tests.integration.service import Service

pytestmark = pytest.mark.broker

INFLATING = 60  # texts of the attack
PAIR, HONEST = ("我", "们"), 40  # a pair, and how many texts hold it once
AT_S = 1_700_000_000
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


def values(attack: list[str]) -> list[bytes]:
    """Honest texts with the pair, and then the others."""
    texts = [*(f"{number}，{''.join(PAIR)}" for number in range(HONEST)), *attack]
    return [orjson.dumps({"ts": AT_S, "text": text}) for text in texts]


def test_texts_made_to_collide_inflate_no_count(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    with Service(kafka, topic_prefix, tmp_path, ("sketches.pair_width=131072",)) as service:
        config, topics = service.config, service.config.topics
        attack = list(inflating_texts(config.sketches.pair_width, config.sketches.rows))
        assert inflated(config.sketches.seed, service, attack) > 3 * HONEST, "with the public seed it works"
        several = values(attack)
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
        assert counted()[1] < 1.2 * HONEST
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
