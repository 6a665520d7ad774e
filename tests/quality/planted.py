"""`make planted SEEDS=100`: made-up streams with a pulse, a ramp and a shift in each; how many are found, how soon.

    python -m tests.quality.planted --seeds 100

Every seed is a stream of its own made-up language, or with `--language zh` of everyday Chinese (40,000 texts, some 5.5
hours), through the embedded pipeline with the default configuration. Any other event is a false one. Ends with 1 if the
targets are missed.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import median

from rich.progress import track

from stream.config.config import Config
from stream.embedded.pipeline import Pipeline
from stream.simulation.simulate import DAY_S, LANGUAGES, SHAPES, SimulateSettings, planted, simulate
from stream.text.message import Text

TARGET_FOUND, TARGET_FALSE = 0.95, 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One stream: texts with each word up to its event (by shape, 0: not found), false events, and how long it was."""

    delays: dict[str, int]
    false: list[str]
    days: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.quality.planted", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--language", choices=LANGUAGES, default="made-up")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    with ProcessPoolExecutor() as pool:
        heard = list(track(pool.map(partial(hear, language=options.language), seeds), "planted words", len(seeds)))
    met = True
    for shape in SHAPES:
        delays = [one.delays[shape] for one in heard if one.delays[shape]]
        met &= len(delays) >= TARGET_FOUND * len(heard)
        print(f"{shape}: found in {len(delays)} of {len(heard)} streams; texts up to its event: median "
              f"{median(delays or [0]):g}, most {max(delays or [0])}")  # fmt: skip
    false, days = sum(len(one.false) for one in heard), sum(one.days for one in heard)
    print(f"false events: {false} in {days:.1f} days, {false / days:.2f} a day ({', '.join(_all(heard)) or 'none'})")
    return 0 if met and false <= TARGET_FALSE * days else 1


def hear(seed: int, language: str) -> Heard:
    """One stream through the pipeline."""
    settings = SimulateSettings(seed=seed, language=language)
    truth = {word.word: word.shape for word in planted(settings)}
    texts = [Text(one.text, one.at_s, one.source, "replay", 0, number) for number, one in enumerate(simulate(settings))]
    pipeline = Pipeline(Config())
    events = [event for event in (*pipeline.feed(texts), *pipeline.finish()) if event.status == "emerged"]
    delays = dict.fromkeys(SHAPES, 0)
    for event in events:
        if event.word in truth:
            held = sum(event.word in text.text for text in texts if text.at_s <= event.detected_at_s)
            delays[truth[event.word]] = held
    false = [event.word for event in events if event.word not in truth]
    return Heard(delays, false, (texts[-1].at_s - texts[0].at_s) / DAY_S)


def _all(heard: list[Heard]) -> Iterator[str]:
    return (f"{word}" for one in heard for word in one.false)


if __name__ == "__main__":
    sys.exit(main())
