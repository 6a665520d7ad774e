"""Suggest a configuration for a stream, with a sentence for each key, and show what it would announce.

    new-words suggest titles.jsonl.xz > mine.yaml
    new-words suggest posts.csv --column content --ts-column created_at --preset posts
    new-words suggest kafka://broker:9092/raw-text
    new-words suggest --presets

Sources and options are those of `replay`. The latest texts (--megabytes of records) go through the whole pipeline, and
the output is YAML for --config: each key with its meaning and the reason for its value, and at the end, as a comment,
how many words a day would be announced with this configuration and with trends.events_a_day for half and for twice as
many, with samples. `new-words replay SOURCE --config mine.yaml` announces the same words. It writes only to stdout and
takes under a minute; of a longer source only the end is used, and the head of the YAML says so.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sketches import kernels
from stream.config.arguments import add_config_arguments
from stream.config.config import config_of
from stream.config.presets import described
from stream.errors import SourceError, UsageError
from stream.outputs.progress import Progress
from stream.outputs.read_report import report, teller
from stream.outputs.terminal import visible
from stream.sources.files import STDIN
from stream.sources.source_options import add_source_arguments, named_sources, open_source
from stream.sources.word_list_files import KnownWords
from stream.suggestion.choices import choices, fitted, rate
from stream.suggestion.first_look import FirstLook, busy_hours, duration, first_look
from stream.suggestion.recent import Recent, recent
from stream.suggestion.wishes import budgets, table
from stream.suggestion.yaml_block import yaml_of

MEGABYTES = 3.0  # of records; more takes longer than a minute on some streams

TABLE = (
    "What would be announced of these texts. The rate a day is that of their second half, for before there is hardly "
    "a past. To choose a line, set trends.events_a_day to its first column.",
    "",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words suggest`."""
    add_source_arguments(parser)
    parser.add_argument("--megabytes", type=float, default=MEGABYTES, metavar="M",
                        help="of the latest records to look at (default %(default)g)")  # fmt: skip
    parser.add_argument("--presets", action="store_true", help="list the presets, with what each sets, and end")
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Analyse the stream and print the configuration."""
    if args.presets:
        print(described(), end="")
        return 0
    if not args.megabytes > 0:
        raise UsageError(f"--megabytes {args.megabytes:g}: must be greater than 0")
    config = config_of(args)
    source = open_source(args, config.kafka, config.text, config.text.max_bytes + 1)
    kernels.load()
    with Progress(source.total_bytes, quiet=args.quiet, unit="records") as progress:
        latest = recent(source, config.text, int(args.megabytes * 1e6), progress.update)
    if report(latest.tally, latest.settings, args.quiet) or not latest.texts:
        raise SourceError("no text could be read, so nothing can be suggested")
    look = first_look(latest.texts, config.text.skip)
    guessed = latest.settings.field != config.text.field
    config = fitted(replace(config, text=latest.settings), look)
    lists = KnownWords(config.known_words, teller(args.quiet)).lists
    with Progress(None, quiet=args.quiet, unit="texts judged") as progress:
        several, found = budgets(config, lists, latest.texts, lambda done: progress.update(0, done))
    head = _head(named_sources(args), latest, look)
    told = choices(config, look, found, latest.is_json, guessed)
    print(yaml_of(map(visible, head), told, map(visible, [*TABLE, *table(several)])), end="")
    return 0


def _head(sources: list[str], latest: Recent, look: FirstLook) -> Iterator[str]:
    first, last = (datetime.fromtimestamp(at_s, UTC) for at_s in (look.first_s, look.last_s))
    only = len(sources) == 1 and "://" not in sources[0] and sources[0] != STDIN
    name = Path(sources[0]).name if only else "a stream"  # a URL may hold a password
    yield f"A first look at {name} by new-words suggest. Use it: new-words run --config FILE (replay, backfill too)."
    yield ("Nothing in it is needed: without it all is chosen from the stream as it comes. It shows what there is to "
           "choose, and what it would change.")  # fmt: skip
    yield ""
    part = (
        f"the latest {latest.kept:,} of {latest.records:,} records" if latest.kept < latest.records else "all records"
    )
    yield (f"Looked at: {part}, {look.texts:,} texts from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC; "
           f"{rate(look)}. Half of them are longer than {look.median_chars:,.0f} characters and one in ten is longer "
           f"than {look.long_chars:,.0f}.")  # fmt: skip
    begin, end = busy_hours(look.hours)
    rhythm = "They come at all hours" if (end - begin) % 24 == 0 else (
        f"Nine in ten come between {begin:02}:00 and {end:02}:00 UTC")  # fmt: skip
    yield f"{rhythm}; the longest pause is {duration(look.longest_pause_s)}."
