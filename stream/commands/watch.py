"""Show new words in the terminal as they are announced.

    new-words watch --set kafka.bootstrap_servers=kafka:9092
    new-words watch --from latest --format json | jq -r .word

In a terminal it shows a live table, the newest event first, with the words of one story together; words that fade are
dimmed. In a pipe, or with --format lines, it prints a line for each event; --format json prints the events as they are
on the topic. Control and bidi characters are shown as numbers. It joins no consumer group and commits nothing, so
watching has no effect on others. Ends with Ctrl-C, or when the reader of a pipe closes it (`new-words watch | head`).
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stream.config.arguments import add_config_arguments
from stream.config.config import config_of
from stream.errors import BrokerError
from stream.events.events import EMERGED, FADED, Event, encode, first_word, joins
from stream.log.kafka import KafkaSource
from stream.outputs.event_consumer import POLL_S, EventSource
from stream.outputs.files import reader_gone
from stream.outputs.terminal import visible
from stream.trends.leaderboard import Leaderboard, Shown, by_story

BEGINNING, LATEST = "beginning", "latest"
PATIENCE_S = 60.0
WORDS = 200
MARGIN = 6  # lines of the terminal used for other things than words
BEFORE = 5  # characters of an example shown before the word
BELOW = "└ "  # before a word of the story above it
STYLES = {EMERGED: "bold", FADED: "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words watch`."""
    add = parser.add_argument
    add("--from", choices=(BEGINNING, LATEST), default=BEGINNING, dest="begin",
        help="start with the oldest event, or show only new ones (default %(default)s)")  # fmt: skip
    add("--format", choices=("table", "lines", "json"), help="(default: table in a terminal, else lines)")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Follow the events until Ctrl-C, or until Kafka has not answered for PATIENCE_S."""
    config = config_of(args)
    form = args.format or ("table" if sys.stdout.isatty() else "lines")
    kafka = KafkaSource(config.kafka, config.topics.new_words, None, f"{config.kafka.client_id}-watch")
    with closing(EventSource(kafka, args.begin == LATEST, keeps_place=True)) as source:
        events = events_of(source)
        if form == "table":
            show(events, Console(), Leaderboard(WORDS))
        else:
            for several in events:
                for event in several:
                    print(visible(encode(event).decode()) if form == "json" else line_of(event), flush=True)
                if reader_gone():  # also noticed while no event comes
                    break
    return 0


def events_of(source: EventSource, patience_s: float = PATIENCE_S) -> Iterator[list[Event]]:
    """Yield new events after each poll, perhaps none. Once Kafka has answered, retries for `patience_s`."""
    answered_s = float("-inf")
    while True:
        try:
            several = source.poll(POLL_S)
            answered_s = time.monotonic()
        except BrokerError as error:
            if time.monotonic() - answered_s > patience_s:
                raise
            print(f"new-words: {error}; trying again", file=sys.stderr)
            time.sleep(1)
            continue
        yield [one.event for one in several]


def show(events: Iterator[list[Event]], console: Console, board: Leaderboard) -> None:
    """Show a live table that is redrawn when events come."""
    with Live(
        table_of(board, console.height, console.width), console=console, auto_refresh=False, screen=False
    ) as live:
        for several in events:
            if several:
                board.add(several)
                live.update(table_of(board, console.height, console.width), refresh=True)


def table_of(board: Leaderboard, height: int, width: int) -> Table:
    """Return the table of the newest events and the columns that fit.

    The other words of a story are below its first.
    """
    words = sorted(board.snapshot(0.0, live=False).words, key=lambda one: -one.event.detected_at_s)
    rows = [(place, one) for story in by_story(words) for place, one in enumerate(story)]
    columns = [column for column in COLUMNS if width >= column.least_width]
    table = Table(title="new words, the newest event first; times are UTC", title_justify="left", expand=True)
    for column in columns:
        rest = column.name == "example"
        table.add_column(column.name, justify=column.justify, no_wrap=True, ratio=1 if rest else None)
    for place, one in rows[: max(1, height - MARGIN)]:
        cells = [Text(visible(column.cell(one))) for column in columns]  # a string might hold rich's own markup
        table.add_row(Text(BELOW) + cells[0] if place else cells[0], *cells[1:], style=STYLES.get(one.event.status, ""))
    return table


@dataclass(frozen=True, slots=True)
class Column:
    """A column, shown in terminals at least `least_width` characters wide."""

    name: str
    justify: Literal["left", "right"]
    least_width: int
    cell: Callable[[Shown], str]


COLUMNS = (
    Column("word", "left", 0, lambda one: one.event.word),
    Column("", "left", 0, lambda one: one.event.status),
    Column("texts", "right", 0, lambda one: str(one.event.count)),
    Column("score", "right", 50, lambda one: f"{one.event.score:.1f}"),
    Column("sources", "right", 90, lambda one: "" if one.event.sources is None else str(one.event.sources)),
    Column("first seen", "left", 90, lambda one: short(one.first_seen_s)),
    Column("at", "left", 60, lambda one: short(one.event.detected_at_s)),
    Column("example", "left", 76, lambda one: around(one.event)),
)


def around(event: Event) -> str:
    """Return the first example from shortly before the word on, so that a narrow column shows the word."""
    text = event.examples[0].text if event.examples else ""
    before = text.lower().find(event.word.lower()) - BEFORE
    return f"…{text[before + 1 :]}" if before > 0 else text


def short(at_s: float) -> str:
    """Return the time in UTC without the year."""
    return moment(at_s)[5:]


def line_of(event: Event) -> str:
    """Return one event as a readable line."""
    example = f"  {event.examples[0].text}" if event.examples else ""
    story = f", story of {first_word(event.story or '')}" if joins(event) else ""
    return visible(f"{moment(event.detected_at_s)}  {event.status:<8}{event.word}  {event.count} texts, "
                   f"score {event.score:.1f}{story}{example}")  # fmt: skip


def moment(at_s: float) -> str:
    """Return the time in UTC, to the second."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
