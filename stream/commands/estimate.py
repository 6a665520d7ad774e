"""Estimates from the stored counts: how often characters and pairs occur in the texts that the service has counted.

    new-words estimate 白鹭渡 天气
    new-words estimate 白鹭渡 --at 2024-01-01T10:30:00+08:00 --format json

It reads the last snapshot of the sketches with the hashing of the library Apache DataSketches (`count_min_sketch`), not
with our own: an independent check of what a running service has stored. For each adjacent pair of characters it prints
how often the pair and its two characters occur, decayed to --at (default: now), and their PMI, which decides whether
the pair is strong. Counts are estimates: never too small, sometimes too large. A snapshot is at most kafka.snapshot_s
old; texts counted since are not in it.
"""

import argparse
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from math import log

import orjson

from stream.config.arguments import add_config_arguments
from stream.config.config import config_of
from stream.errors import NewWordsError, UsageError
from stream.outputs.terminal import visible
from stream.service.assembly import open_source
from stream.state.chunks import Assembler
from stream.state.seal_file import seal_of
from stream.state.seed import first_seed
from stream.state.sketch_reader import StoredCounts, stored_counts
from stream.state.snapshots import read_states
from stream.tallies.shard import PREFIX
from stream.text.runs import fold_word
from stream.text.times import when


@dataclass(frozen=True, slots=True)
class PairEstimate:
    """Two neighbours: estimated counts of the pair, of each, and of all pairs, and their PMI (None if they never
    met).
    """

    pair: str
    count: float
    left: float
    right: float
    pairs_in_all: float
    pmi: float | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words estimate`."""
    parser.add_argument("words", nargs="+", metavar="WORD", help="words or texts: each pair of neighbours")
    parser.add_argument("--at", metavar="ISO", help="the time to decay the counts to (default: now)")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: %(default)s")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Read the stored sketches and print an estimate for each pair."""
    config = config_of(args)
    at_s = time.time() if args.at is None else when(args.at)
    if at_s is None:
        raise UsageError(f"--at {args.at}: must be a time such as 2024-01-31T18:00:00+08:00")
    seal, opened = seal_of(config.kafka), partial(open_source, config)
    seed = config.sketches.seed
    if seed is None:
        seed = first_seed(opened, config.topics.strong_pairs, seal) or config.sketches.fixed_seed
    with closing(opened(config.topics.pair_sketches, None)) as source:
        records = read_states(source, Assembler(seal=seal))
    shards = [record for name, record in records.items() if name.startswith(PREFIX)]  # they include what backfill wrote
    stored = [counts for record in shards or records.values() if (counts := stored_counts(record, seed))]
    if not stored:
        raise NewWordsError(f"{config.topics.pair_sketches}: holds no snapshot that can be read; the first is written "
                            f"within kafka.snapshot_s ({config.kafka.snapshot_s:g} s)")  # fmt: skip
    for word in args.words:
        _print(word, list(estimates(fold_word(word), stored, at_s)), args.format)
    return 0


def estimates(word: str, stored: Iterable[StoredCounts], at_s: float) -> Iterator[PairEstimate]:
    """Return one estimate for each adjacent pair of a word. A shard has its own pairs, and all characters."""
    shards = list(stored)
    in_all = sum(one.pairs_in_all(at_s) for one in shards)
    for left, right in pairwise(word):
        pair = sum(one.pair(left, right, at_s) for one in shards)
        first, second = (min(one.character(each, at_s) for one in shards) for each in (left, right))
        pmi = log(in_all * pair / (first * second)) if pair and first and second else None
        yield PairEstimate(left + right, pair, first, second, in_all, pmi)


def _print(word: str, found: list[PairEstimate], form: str) -> None:
    if form == "json":
        print(orjson.dumps({"word": word, "pairs": [asdict(one) for one in found]}).decode())
        return
    print(f"{visible(word)}: " + ("" if found else "one character, no pair"))
    for one in found:
        pmi = "never together" if one.pmi is None else f"PMI {one.pmi:.2f}"
        print(f"  {visible(one.pair)}  {one.count:,.1f} times, {visible(one.pair[0])} {one.left:,.1f}, "
              f"{visible(one.pair[1])} {one.right:,.1f}, of {one.pairs_in_all:,.0f} pairs: {pmi}")  # fmt: skip
