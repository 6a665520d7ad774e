"""The same pipeline embedded: texts of files or stdin in, events out. No broker.

    new-words simulate | new-words replay -
    new-words replay titles.jsonl.xz --config slow.yaml --events events.jsonl

A line is JSON {"text": …, "ts": …, "source": …}, or with `--set text.format=plain` a plain text; .xz, .gz and .zst are
unpacked. The clock is the text's own time (`ts`, ISO 8601 or seconds), so years replay in minutes; a text without one
gets the time of the text before it, plain lines come one a second. Events go to stdout or --events as JSON lines, a
progress bar and a closing table to stderr. Lines that cannot be read are counted by reason.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.table import Table

from stream.config import Config, add_config_arguments, config_of
from stream.errors import NewWordsError
from stream.io.files import LineReader, open_lines
from stream.io.known_words import KnownWords
from stream.io.progress import Progress
from stream.stages.events import Event, encode
from stream.stages.text import Rejected, Text, decode
from stream.workers.embedded import Embedded

BATCH = 1000
SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `new-words replay`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="files or globs, packed or not; - is stdin")
    parser.add_argument("--events", metavar="OUT", help="write events there instead of stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no closing table")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Replay the files; events as they become due."""
    config = config_of(args)
    lines = open_lines(args.files, config.text.max_bytes + 1)
    pipeline = Embedded(config, KnownWords(config.known_words).lists)
    rejected: Counter[str] = Counter()
    events: list[Event] = []
    with _opened(args.events) as out, Progress(lines.total_bytes, quiet=args.quiet) as progress:
        for event in _events(pipeline, lines, config, rejected, progress):
            out.write(encode(event) + b"\n")
            out.flush()
            events.append(event)
    if not args.quiet:
        _show(events, pipeline, rejected)
    return 0


def _events(
    pipeline: Embedded, lines: LineReader, config: Config, rejected: Counter[str], progress: Progress
) -> Iterator[Event]:
    count = 0
    for texts in texts_of(lines, config, rejected):
        yield from pipeline.feed(texts)
        count += len(texts)
        progress.update(lines.read_bytes, count)
    yield from pipeline.finish()


def texts_of(lines: LineReader, config: Config, rejected: Counter[str]) -> Iterator[list[Text]]:
    """Batches of readable texts; the others are counted by reason. Each line's number is its offset."""
    now_s, offset = 0.0, 0
    plain = config.text.format == "plain"
    for batch in lines.batches(BATCH):
        texts = []
        for line in batch:
            item = decode(line, now_s, float("inf"), "replay", 0, offset, config.text)
            offset += 1
            if isinstance(item, Rejected):
                rejected[item.reason] += 1
            else:
                texts.append(item)
                now_s = item.at_s + plain
        yield texts


@contextmanager
def _opened(path: str | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        return
    try:
        file = Path(path).open("wb")  # noqa: SIM115  only the opening is guarded; `with` follows
    except OSError as error:
        raise NewWordsError(f"--events {path}: {error.strerror}") from error
    with file:
        yield file


def _show(events: list[Event], pipeline: Embedded, rejected: Counter[str]) -> None:
    console = Console(stderr=True)
    emerged = [event for event in events if event.status == "emerged"]
    if emerged:
        best = sorted(emerged, key=lambda event: -event.score)[:SHOWN]
        title = f"{len(emerged)} new words" + (f", the {SHOWN} of greatest score" if len(emerged) > SHOWN else "")
        table = Table("word", "detected", "texts", "expected", "score", "example", title=title, title_justify="left")
        for event in sorted(best, key=lambda event: event.detected_at_s):
            moment = datetime.fromtimestamp(event.detected_at_s, UTC).strftime("%Y-%m-%d %H:%M")
            example = event.examples[0].text[:40] if event.examples else ""
            table.add_row(event.word, moment, str(event.count), f"{event.baseline:.1f}", f"{event.score:.1f}", example)
        console.print(table)
    totals = pipeline.totals
    console.print(f"{totals.texts:,} texts, {totals.pairs:,} pairs, {totals.refreshes:,} refreshes, "
                  f"{len(pipeline.model):,} strong pairs, {len(events)} events", highlight=False)  # fmt: skip
    if rejected:
        listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(rejected.items()))
        console.print(f"not readable: {listed}", highlight=False)
