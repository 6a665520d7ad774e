"""What a storm feeds, by its seed: made-up texts with planted words, or real titles; some of them late.

A *case* fixes what can be held against the outcome beyond pairs and texts, which are always exact:

- `fixed`: the model is given and never changes, so the words of every window are known;
- `kept`: all windows of the horizon are cut again with every model, so a successor has much to read again, and the
  words of these windows are those of one of the last models;
- `usual`: the newest of them.

A window holds some 480 texts.
"""

import random
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from stream.simulation.simulate import SimulateSettings, planted, simulate
from stream.sources.files import open_lines
from stream.text.times import when

TITLES = Path(__file__).parents[3] / "shared" / "data" / "weibo_hot_dev.jsonl.xz"
CASES = ("usual", "kept", "fixed")
HORIZON = 8
RECUT = 5
LATE_SHARE = 0.03
LATEST = 1400  # places that a late text comes after its time: about three windows

SIMULATED = ("windows.length_s=60", "trends.warmup_windows=6", "trends.min_texts=6", "trends.max_chance=1")
REAL = ("windows.length_s=172800", "sketches.half_life_s=5184000", "cohesion.min_count=3", "trends.min_texts=4",
        "trends.min_score=2.5", "trends.warmup_windows=6")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feed:
    """Records to be fed, the settings they need, and the words that were planted, if any."""

    case: str
    kind: str
    values: list[bytes]
    settings: tuple[str, ...]
    planted: frozenset[str]


def feed(seed: int, texts: int) -> Feed:
    """Real titles at every second seed, if they are there."""
    rng = random.Random(seed)
    case = CASES[seed % len(CASES)]
    settings = (f"trends.horizon={HORIZON}", f"windows.recut={HORIZON if case == 'kept' else RECUT}",
                f"trends.max_link_age={1e9 if case == 'fixed' else 2.5}")  # fmt: skip
    if seed % 2 and TITLES.is_file():
        skipped = rng.randrange(200_000)
        values = [titled(line) for line in islice(open_lines([str(TITLES)]), skipped, skipped + texts)]
        return Feed(case, "real", delayed(values, rng), (*settings, *REAL), frozenset())
    simulation = SimulateSettings(texts=texts, rate=8.0, seed=seed, plant=("pulse", "shift"), copies=0.05)
    values = [orjson.dumps({"ts": one.at_s, "text": one.text, "source": one.source}) for one in simulate(simulation)]
    words = frozenset(one.word for one in planted(simulation))
    return Feed(case, "made-up", delayed(values, rng), (*settings, *SIMULATED), words)


def titled(line: bytes | str) -> bytes:
    fields = orjson.loads(line)
    return orjson.dumps({"ts": when(fields["ts"]), "text": fields["text"]})


def delayed(values: list[bytes], rng: random.Random) -> list[bytes]:
    """Some of the texts come later than their time."""
    places = [place + (rng.random() < LATE_SHARE) * rng.randrange(LATEST) for place in range(len(values))]
    return [values[row] for row in sorted(range(len(values)), key=lambda row: places[row])]
