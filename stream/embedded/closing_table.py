"""The tables at the end of a replay: the words, how many candidates each rule stopped, derived values, and warnings.

They show why a replay announced nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text as Cell

from stream.embedded.pipeline import Pipeline
from stream.events.events import EMERGED, Event
from stream.finder.finder import ENOUGH_TEXTS
from stream.outputs.terminal import visible
from stream.trends.gate import RULES

SHOWN = 20


def show_closing(events: Sequence[Event], pipeline: Pipeline, console: Console) -> None:
    """Print all tables."""
    emerged = [event for event in events if event.status == EMERGED]
    if emerged:
        console.print(_words(emerged))
    totals = pipeline.totals
    console.print(f"{totals.texts:,} texts, {totals.copies:,} of them copies, {totals.pairs:,} pairs, "
                  f"{totals.refreshes:,} refreshes, {len(pipeline.model):,} strong pairs, {totals.looks:,} looks, "
                  f"{len(events)} events", highlight=False)  # fmt: skip
    console.print(_funnel(pipeline, len(emerged)))
    for line in (*_chosen(pipeline), *warnings_of(pipeline)):
        console.print(Cell(visible(line)))


def _words(emerged: Sequence[Event]) -> Table:
    best = sorted(emerged, key=lambda event: -event.score)[:SHOWN]
    title = f"{len(emerged)} new words" + (f", the {SHOWN} of greatest score" if len(emerged) > SHOWN else "")
    table = Table("word", "detected", "texts", "expected", "score", "example", title=title, title_justify="left")
    for event in sorted(best, key=lambda event: event.detected_at_s):
        moment = datetime.fromtimestamp(event.detected_at_s, UTC).strftime("%Y-%m-%d %H:%M")
        example = event.examples[0].text[:40] if event.examples else ""
        cells = (event.word, moment, str(event.count), f"{event.baseline:.1f}", f"{event.score:.1f}", example)
        table.add_row(*(Cell(visible(cell)) for cell in cells))  # a string might hold rich's own markup
    return table


def _funnel(pipeline: Pipeline, emerged: int) -> Table:
    """Return the counts of candidates at each step; a candidate that was judged several times counts each time."""
    trends = pipeline.trends
    table = Table("candidates", "", "the last of them", title="what became of candidates", title_justify="left")
    for step, several in trends.passed.items():
        table.add_row(step, f"{several:,}", "")
    for rule in RULES:
        if several := trends.stopped[rule]:
            examples = ", ".join(trends.stopped_words[rule])
            table.add_row(f"stopped: {rule}", f"{several:,}", Cell(visible(examples)))
    table.add_row("announced", f"{emerged:,}", "")
    return table


def _chosen(pipeline: Pipeline) -> Iterator[str]:
    for one in pipeline.finder.chosen():
        yield f"{one.key}: {one.value} ({one.reason})"


def warnings_of(pipeline: Pipeline) -> list[str]:
    """Return warnings about settings that cannot suit the stream."""
    trends, settings = pipeline.trends, pipeline.config.trends
    if trends.first_s is None:
        return []
    span_s, judged = trends.as_of_s - trends.first_s, sum(trends.stopped.values())
    least = trends.gate.bounds.texts
    return [f"warning: {fault}" for holds, fault in (
        (pipeline.totals.texts > 1 and span_s == 0,
         "all texts have the same time, so nothing can be new: is text.ts_field right?"),
        (not trends.warm,
         f"the warm-up is longer than the stream: trends.warmup_windows = {settings.warmup_windows} of "
         f"windows.length_s = {pipeline.config.windows.length_s:g} s, and {span_s:.0f} s of texts"),
        (pipeline.finder.memory_texts < ENOUGH_TEXTS,
         f"only {pipeline.finder.memory_texts} distinct texts are older than the horizon; {ENOUGH_TEXTS} are needed "
         "before anything is new"),
        (judged > 0 and trends.stopped["rare"] == judged,
         f"no candidate was in {least} texts of a horizon (trends.min_texts)"),
    ) if holds]  # fmt: skip
