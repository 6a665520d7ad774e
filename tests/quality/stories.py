"""Are words of one story one story? Replays of real titles, and random pairs of words to judge by reading.

    python -m tests.quality.stories                      (replays both streams, about five minutes each)
    python -m tests.quality.stories --events weibo.jsonl multi.jsonl

For each stream it prints how many words and stories there are, and by which share stories are fewer. Of the first it
draws, with a fixed seed, pairs of words of one story and pairs of words of one day and different stories, shows a text
of each word, and counts the verdicts that `judged_stories.jsonl` has: does the pair belong together, that is, are both
words about one event, work, match or affair? Pairs that nobody has judged are listed, to be judged and added there.
Needs ../shared/data.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path

from stream.events.events import EMERGED, Event, decode_event
from tests.quality.__main__ import DATA, ROOT, STREAMS

STREAM_NAMES = ("weibo", "multi")
JUDGED = Path(__file__).with_name("judged_stories.jsonl")
PAIRS = 60
Pair = tuple[Event, Event]


def main() -> int:
    """Print the figures and the pairs."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.stories", description=__doc__)
    parser.add_argument("--events", nargs=2, metavar="FILE", help="events of weibo and multi, instead of replays")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not options.events and not DATA.is_dir():
        parser.error(f"needs the real streams in {DATA}, which are not there")
    with tempfile.TemporaryDirectory() as folder:
        paths = options.events or [replayed(name, Path(folder)) for name in STREAM_NAMES]
        emerged = [emerged_in(Path(path)) for path in paths]
    for name, events in zip(STREAM_NAMES, emerged, strict=True):
        stories = {event.story for event in events}
        fewer = 1 - len(stories) / max(1, len(events))
        print(f"{name}: {len(events):,} words, {len(stories):,} stories: {fewer:.1%} fewer rows")
    verdicts = judged(JUDGED)
    for title, pairs in (("one story", within(emerged[0])), ("one day, different stories", between(emerged[0]))):
        drawn = random.Random(options.seed).sample(pairs, min(PAIRS, len(pairs)))
        show(f"{title}: {len(drawn)} of {len(pairs):,} pairs", drawn, verdicts)
    return 0


def replayed(name: str, folder: Path) -> str:
    """The file of events of a stream."""
    events, stream = folder / f"{name}.jsonl", STREAMS[name]
    command = [sys.executable, "-m", "stream", "replay", str(DATA / stream.file), "--quiet", "--events", str(events)]
    subprocess.run(command, check=True, cwd=ROOT)
    return str(events)


def emerged_in(path: Path) -> list[Event]:
    """The first event of each word."""
    events = map(decode_event, path.read_bytes().splitlines())
    return [event for event in events if event.status == EMERGED]


def within(events: Iterable[Event]) -> list[Pair]:
    """Every two words of one story."""
    return _pairs_of(events, lambda event: event.story)


def between(events: Iterable[Event]) -> list[Pair]:
    """Every two words that emerged on one day and are in different stories."""
    return [(one, other) for one, other in _pairs_of(events, lambda event: event.detected_at_s // 86_400)
            if one.story != other.story]  # fmt: skip


def _pairs_of(events: Iterable[Event], group: Callable[[Event], object]) -> list[Pair]:
    groups = defaultdict[object, list[Event]](list)
    for event in events:
        groups[group(event)].append(event)
    return [pair for several in groups.values() for pair in combinations(several, 2)]


def judged(path: Path) -> dict[frozenset[str], bool]:
    """Verdicts by the two words: whether they belong together."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return {frozenset(row["words"]): bool(row["together"]) for row in rows}


def show(title: str, pairs: Sequence[Pair], verdicts: dict[frozenset[str], bool]) -> None:
    """The verdicts counted, and every pair with its verdict and a text of each word."""
    said = [verdicts.get(frozenset(event.word for event in pair)) for pair in pairs]
    print(f"\n{title}: {said.count(True)} belong together, {said.count(False)} do not, {said.count(None)} not judged")
    for verdict, pair in zip(said, pairs, strict=True):
        mark = {True: "+", False: "-", None: "?"}[verdict]
        shown = "   |   ".join(f"{event.word}: {'; '.join(one.text for one in event.examples[:2])}" for event in pair)
        print(f"{mark} {shown}")


if __name__ == "__main__":
    sys.exit(main())
