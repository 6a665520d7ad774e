"""Write the words of a period to a file for segmenters, search engines, input methods or tables.

    new-words export --since 30d --output new.txt                        (jieba: jieba.load_userdict("new.txt"))
    new-words export --format ik --min-score 8 --output custom/new.dic
    new-words export --events events.jsonl --format csv --status emerged,rising,faded

Formats: jieba, ik (Elasticsearch), hanlp, rime, csv, parquet (needs pip install 'new-words[parquet]'). Words are read
from topic new-words up to its current end, or from event files written by `replay`. An event belongs to the period if
it was detected in it. The last event of a word in the period gives its status, the one of highest score its score and
count. Faded words are left out unless --status includes them, and those that reviewers refused or called part of
another word unless --verdict does; with --events, verdicts are those of store.path, if it is set. The file is replaced
in one step, so a program that reloads it never reads half of it.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of
from stream.errors import SourceError, UsageError
from stream.events.events import EMERGED, RISING, Event, decode_event
from stream.events.period_summary import STATUSES, PeriodSummary
from stream.outputs.dictionaries import FORMATS, made
from stream.outputs.files import destination
from stream.sources.files import open_lines
from stream.text.times import iso_s, when
from stream.verdicts.verdict import ACCEPTED, VERDICTS
from stream.verdicts.verdict_book import VerdictBook

NONE = "none"
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words export`."""
    add = parser.add_argument
    add("--format", choices=tuple(FORMATS), default="jieba", help="(default %(default)s)")
    add("--since", metavar="T", help="only events from this time on: 2024-01-31, an ISO 8601 time, or"
        " how long ago: 12h, 30d")  # fmt: skip
    add("--until", metavar="T", help="only events before this time")
    add("--status", default=f"{EMERGED},{RISING}", metavar="S,…", help=f"some of {', '.join(STATUSES)} "
        "(default %(default)s)")  # fmt: skip
    add("--verdict", default="", metavar="V,…", help="only words that reviewers gave one of these: "
        f"{', '.join((*VERDICTS, NONE))}; default: all but refused and part_of")  # fmt: skip
    add(
        "--min-score",
        type=float,
        default=0.0,
        metavar="X",
        help="only words that reached this score (default %(default)s)",
    )
    add("--events", nargs="+", metavar="FILE", help="read events from files instead of Kafka; - is stdin")
    add("--output", metavar="F", help="write to this file instead of stdout; it is replaced in one step")
    add("--quiet", action="store_true", help="no closing line")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Read the events, write the words. UsageError lists every bad option."""
    summary, statuses = asked(args, time.time())
    wanted = verdicts_asked(args.verdict)
    config = config_of(args)
    skipped, book = 0, VerdictBook()
    if args.events:
        for event in _of_files(args.events):
            summary.add(event)
    else:
        from stream.log.kafka import KafkaSource
        from stream.outputs.event_consumer import EventSource
        from stream.verdicts.verdict_follower import VerdictFollower

        verdicts = VerdictFollower(
            lambda: KafkaSource(config.kafka, config.topics.word_verdicts, None, f"{config.kafka.client_id}-export")
        )
        with closing(verdicts):
            verdicts.catch_up()
            book = verdicts.book
        source = EventSource(
            KafkaSource(config.kafka, config.topics.new_words, None, f"{config.kafka.client_id}-export")
        )
        try:
            for several in source.until_now():
                for one in several:
                    summary.add(one.event)
            skipped = source.unreadable
        finally:
            source.close()
    if args.events and config.store.path:
        book = _verdicts_in(config)
    entries = [one for one in summary.entries(statuses, args.min_score) if _said(book, one.word) in wanted]
    content, left_out = made(args.format, entries, _name(args.output))
    with destination(args.output) as out:
        out.write(content)
        out.flush()
    if not args.quiet:
        _show(len(entries) - left_out, args.format, left_out, skipped)
    return 0


def asked(args: argparse.Namespace, now_s: float) -> tuple[PeriodSummary, set[str]]:
    """Return an empty summary of the period, and the statuses asked for. Raises UsageError that lists every fault."""
    faults, period = [], {"since": float("-inf"), "until": float("inf")}
    for option in period:
        if (given := getattr(args, option)) is not None:
            at_s = moment(given, now_s)
            if at_s is None:
                faults.append(f"--{option} {given}: must be a time (2024-01-31T08:00+08:00) or how long ago (12h, 30d)")
            else:
                period[option] = at_s
    statuses = {status.strip() for status in args.status.split(",") if status.strip()}
    if not statuses or not statuses <= set(STATUSES):
        faults.append(f"--status {args.status}: must be some of {', '.join(STATUSES)}")
    if not faults and period["since"] >= period["until"]:
        faults.append(f"--since {args.since}: must be before --until {args.until}")
    if faults:
        raise UsageError("\n".join(faults))
    return PeriodSummary(period["since"], period["until"]), statuses


def verdicts_asked(given: str) -> set[str]:
    """Return the verdicts that a wanted word may have. Raises UsageError."""
    wanted = {one.strip() for one in given.split(",") if one.strip()} or {ACCEPTED, NONE}
    if not wanted <= {*VERDICTS, NONE}:
        raise UsageError(f"--verdict {given}: must be some of {', '.join((*VERDICTS, NONE))}")
    return wanted


def _said(book: VerdictBook, word: str) -> str:
    one = book.of(word)
    return one.verdict if one else NONE


def _verdicts_in(config: Config) -> VerdictBook:
    from stream.store.history import History
    from stream.store.words import verdicts_of

    with closing(History(config.store.path, config.store.events)) as history, history.reading() as connection:
        return VerdictBook(verdicts_of(connection))


def moment(given: str, now_s: float) -> float | None:
    """Seconds since 1970 UTC of an ISO 8601 time or a duration before now (12h, 30d); None if it is neither."""
    if given[-1:] in UNITS and given[:-1].isdecimal():
        try:
            return now_s - timedelta(**{UNITS[given[-1]]: int(given[:-1])}).total_seconds()
        except OverflowError:
            return None
    at_s = iso_s(given)
    return when(given) if at_s is None else at_s


def _of_files(paths: list[str]) -> Iterator[Event]:
    number = 0
    for number, line in enumerate(open_lines(paths), 1):
        if line.strip():
            try:
                yield decode_event(line)
            except ValueError as fault:
                raise SourceError(f"--events {' '.join(paths)}: line {number} is {fault}") from fault


def _name(output: str | None) -> str:
    """Return the name of the dictionary, which is that of the file, because Rime looks for NAME.dict.yaml."""
    return Path(output).name.split(".")[0] if output else "new_words"


def _show(words: int, form: str, left_out: int, skipped: int) -> None:
    print(f"{words:,} words as {form}", file=sys.stderr)
    if left_out:
        print(f"left out: {left_out:,} words that a file of {form} cannot hold", file=sys.stderr)
    if skipped:
        print(f"skipped: {skipped:,} records that are no events", file=sys.stderr)
