"""Run two configurations over the same texts and compare what each would announce: `replay --compare`.

Both pipelines process each batch in turn, so the texts are read once and may come from a pipe. Cost: twice the time and
memory of a replay.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text as Cell

from stream.config.config import Config
from stream.embedded.pipeline import Pipeline
from stream.embedded.replay_clock import ReplayClock
from stream.events.events import Event
from stream.events.run_diff import Compared, compare, encode_compared
from stream.outputs.files import destination
from stream.outputs.progress import Progress
from stream.outputs.read_report import report, teller
from stream.outputs.terminal import visible
from stream.sources.base import TextSource
from stream.sources.word_list_files import KnownWords

BATCH = 1000
SHOWN = 20


class Run:
    """One configuration with its pipeline and the events it announced."""

    def __init__(self, config: Config, say: Callable[[str], None]) -> None:
        self.reading = ReplayClock(config.text)
        self.pipeline = Pipeline(config, KnownWords(config.known_words, say).lists)
        self.events: list[Event] = []


def side_by_side(
    source: TextSource, configs: tuple[Config, Config], name: str, out: str | None, quiet: bool = False
) -> int:
    """Replay with both configurations, print a line for each word, then a table; `name` is that of the second.

    Return the exit code: 1 if one of them could read nothing, or nearly nothing.
    """
    this, other = runs = [Run(config, teller(quiet)) for config in configs]
    with destination(out, "--events") as lines:
        with Progress(source.total_bytes, quiet=quiet) as progress, closing(source.batches(None, BATCH)) as batches:
            for batch in batches:
                for run in runs:
                    run.events += run.pipeline.feed(run.reading.texts(batch))
                progress.update(source.read_bytes, this.pipeline.totals.texts)
            for run in runs:
                run.events += run.pipeline.finish()
        compared = compare(this.events, other.events)
        lines.writelines(encode_compared(one) + b"\n" for one in compared)
    if not quiet:
        show(compared, Path(name).name, Console(stderr=True))
    failed = 0
    for run, whose in zip(runs, ("as configured", name), strict=True):
        if not quiet and run.reading.tally.rejected:
            print(f"{whose}:", file=sys.stderr)
        failed |= report(run.reading.tally, run.reading.settings, quiet)
    return failed


def show(compared: Sequence[Compared], name: str, console: Console) -> None:
    """Print a table: words that only one run announced, then words of both, by time.

    Of each group it shows the SHOWN words with the best scores.
    """
    only_this = [one for one in compared if one.other is None]
    only_other = [one for one in compared if one.this is None]
    both = [one for one in compared if one.this and one.other]
    title = (
        f"{len(compared)} words: {len(only_this)} only as configured, {len(only_other)} only by {name}, "
        f"{len(both)} by both"
    )
    table = Table(title=visible(title), title_justify="left")
    for column in ("word", "as configured", "texts", visible(name), "texts", "example"):
        table.add_column(Cell(column), no_wrap=column != "example")
    for group in (only_this, only_other, both):
        best = sorted(group, key=lambda one: -one.score)[:SHOWN]
        for one in sorted(best, key=lambda one: one.first_s):
            table.add_row(*map(Cell, map(visible, _row(one))))
        if len(group) > SHOWN:
            table.add_row(f"… and {len(group) - SHOWN:,} of lower score")
        table.add_section()
    console.print(table)


def _row(one: Compared) -> tuple[str, ...]:
    first = one.this or one.other
    example = first.examples[0].text[:40] if first and first.examples else ""
    return (one.word, *_figures(one.this), *_figures(one.other), example)


def _figures(event: Event | None) -> tuple[str, str]:
    if event is None:
        return "", ""
    return datetime.fromtimestamp(event.detected_at_s, UTC).strftime("%Y-%m-%d %H:%M"), str(event.count)
