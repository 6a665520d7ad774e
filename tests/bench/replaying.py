"""`replay` with nothing configured against the article's loops over the same titles, the whole process of each."""

import json
import lzma
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from tests.bench.corpus import DATA, TITLES
from tests.bench.floor import taken
from tests.bench.table import Row

TEXTS, ROUNDS = 40_000, 3


def rows() -> Iterator[Row]:
    """Of the first titles: the horizon is full by then, and the memory of the past as good as empty."""
    with tempfile.TemporaryDirectory() as folder:
        titles, events = Path(folder, "titles.jsonl"), Path(folder, "events.jsonl")
        with lzma.open(DATA / f"{TITLES}.jsonl.xz", "rt", encoding="utf-8") as lines:
            titles.write_text("".join(islice(lines, TEXTS)), "utf-8")
        replay = [sys.executable, "-m", "stream", "replay", "--quiet", str(titles), "--events", str(events)]
        article = [sys.executable, "-m", "tests.bench.article", str(titles)]
        took = [(taken(replay).cpu_s, taken(article).cpu_s) for _ in range(ROUNDS)]
        found = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    ours, theirs = (median(each[at] for each in took) for at in (0, 1))
    ratio = median(mine / other for mine, other in took)
    yield Row(f"`replay` of {TEXTS:,} Weibo titles, {len(found):,} events, against the article's loops",
              f"{ours:.1f} : {theirs:.1f} s", ratio, 5, at_least=False)  # fmt: skip
    yield Row("Texts a second of processor there", f"{TEXTS / ours:,.0f}", TEXTS / ours, 10_000)
