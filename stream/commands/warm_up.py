"""Compile all numba loops in advance, so that the first run of a command does not wait for that.

    new-words warm-up

The compiled code is stored beside the installed package, for this processor and version, so one call after each
installation is enough. If nothing can be written there, or numba is not installed, the command says so. Without it, the
first command that counts much compiles the loops itself, which takes some seconds and is reported.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import sketches
from sketches.kernels import is_installed, keeps_compiled
from stream.corpus.discover import DiscoverSettings, PairCounts, WordCounts, coded
from stream.corpus.exact_counts import distinct, merged, met_by_both
from stream.corpus.sequence_counts import place_stretches
from stream.roles.jit_warm_up import warm_up
from stream.segmentation.tally import word_points

TEXT = "天气好，天气好天气好天气好，天气好天气好天气好天气好"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words warm-up`."""
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def main(args: argparse.Namespace) -> int:
    """Compile the loops, or load what is compiled already."""
    begun_s = time.perf_counter()
    if is_installed():
        warm_up()
        discover_once()
    if not args.quiet:
        print(said(is_installed(), keeps_compiled(str(Path(sketches.__file__))), time.perf_counter() - begun_s),
              file=sys.stderr)  # fmt: skip
    return 0


def discover_once() -> None:
    """Run both passes of `discover` over a few characters."""
    settings, codes = DiscoverSettings(min_count=1, min_pmi=-9.0), coded(word_points(TEXT))
    pairs = PairCounts()
    pairs.add(codes)
    words = WordCounts(pairs.strong(settings))
    words.add(codes)
    words.words(settings)
    text, ends = codes[:4], np.array([0, 2, 4])
    place_stretches(text, ends, np.zeros(8, np.int32), 2)  # else called first when there are very many long words
    keys, table = np.arange(2, dtype=np.uint64), np.zeros((4, 2), np.uint64)  # and these, with very many short ones
    merged(*distinct(keys), *distinct(keys))
    met_by_both(table, table.copy(), 0, 1)


def said(numba: bool, kept: bool, took_s: float) -> str:
    """Return one sentence on what was prepared."""
    if not numba:
        return "numba is not installed: pip install 'new-words[fast]' makes reading and counting three times as fast"
    where = "kept for the next run" if kept else "not kept, for nothing can be written where new-words is installed"
    return f"compiled in {took_s:.1f} s, {where}"
