"""The texts of a storm, derived from its seed: made-up texts with planted words, or real titles; some are late."""

import random
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from stream.simulation.simulate import SimulateSettings, planted, simulate
from stream.sources.files import open_lines
from stream.text.times import when

TITLES = Path(__file__).parents[3] / "shared" / "data" / "weibo_hot_dev.jsonl.xz"
LATE_SHARE = 0.03
LATEST = 1400  # places that a late text comes after its time: about three windows

SIMULATED = ("windows.length_s=60", "trends.min_texts=4", "trends.min_surprise=2", "trends.min_probability=0.2")
REAL = ("windows.length_s=172800", "sketches.half_life_s=5184000", "cohesion.min_count=3")


@dataclass(frozen=True, slots=True)
class Feed:
    """Records to be fed, the settings they need, and the words that were planted, if any."""

    kind: str
    values: list[bytes]
    settings: tuple[str, ...]
    planted: frozenset[str]


def feed(seed: int, texts: int) -> Feed:
    """Real titles at every second seed, if they are there."""
    rng = random.Random(seed)
    if seed % 2 and TITLES.is_file():
        skipped = rng.randrange(200_000)
        values = [titled(line) for line in islice(open_lines([str(TITLES)]), skipped, skipped + texts)]
        return Feed("real", delayed(values, rng), REAL, frozenset())
    simulation = SimulateSettings(texts=texts, rate=8.0, seed=seed, plant=("pulse", "shift"), copies=0.05)
    values = [orjson.dumps({"ts": one.at_s, "text": one.text, "source": one.source}) for one in simulate(simulation)]
    words = frozenset(one.word for one in planted(simulation))
    return Feed("made-up", delayed(values, rng), SIMULATED, words)


def titled(line: bytes | str) -> bytes:
    fields = orjson.loads(line)
    return orjson.dumps({"ts": when(fields["ts"]), "text": fields["text"]})


def delayed(values: list[bytes], rng: random.Random) -> list[bytes]:
    """Some of the texts come later than their time."""
    places = [place + (rng.random() < LATE_SHARE) * rng.randrange(LATEST) for place in range(len(values))]
    return [values[row] for row in sorted(range(len(values)), key=lambda row: places[row])]
