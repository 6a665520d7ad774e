"""History into the baselines, once, before the service goes live: so its first day is no flood, and needs no warm-up.

    new-words backfill 'archive/*.jsonl.xz' --config config.yaml --until 2024-03-01T00:00:00Z
    new-words backfill postgresql://db/forum --query 'select body as text, created as ts from posts order by created'
    new-words run --config config.yaml

Sources are those of `ingest`. The texts of the past, in order of time, go through the whole pipeline on this machine
and not through topic raw-text. What they teach (which characters belong together, how often each word is usual, which
words were news already) is written as the states that `run` begins with. Nothing is announced; --events shows what
would have been. Use the same configuration as `run`, and history of the same stream at its full rate: against a tenth
of it everything would look ten times as frequent. A text without a time has no place in history and is left out.

`run` reads topic raw-text from its oldest text, so where that is not empty, --until must say where history ends and
the topic begins; else the texts in both count twice. A service that has run before is refused: it has a past of its
own. Doing it again before the first start replaces the history.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from stream.commands.export import moment
from stream.config.config import Config, add_config_arguments, config_of
from stream.embedded.backfill import Backfill
from stream.errors import UsageError
from stream.events.events import encode
from stream.metrics import Metrics
from stream.outputs.files import destination
from stream.outputs.progress import Progress
from stream.roles.context import Context, seeded
from stream.roles.refresher import HISTORY
from stream.sources.base import TextSource
from stream.sources.source_options import add_source_arguments, open_source
from stream.sources.word_list_files import KnownWords
from stream.state.seal_file import seal_of
from stream.text.message import Rejected, Text, decode

BATCH = 1000
UNTIMED = -1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `new-words backfill`."""
    add = parser.add_argument
    add_source_arguments(parser)
    add("--until", metavar="T", help="leave out texts from then on: an ISO 8601 time, or how long ago: 12h, 30d")
    add("--events", metavar="OUT", help="write there what would have been announced, as JSON lines")
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Read it all, then write the states."""
    config = config_of(args)
    until_s = _until_s(args)
    source = open_source(args, config.kafka, config.text.format, config.text.max_bytes + 1)
    edge = open_edge(config)
    config, known = edge.config, KnownWords(config.known_words)
    left_out: Counter[str] = Counter()
    try:
        history = Backfill(edge, known.lists)
        with destination(args.events or "/dev/null", "--events") as out:
            with Progress(source.total_bytes, quiet=args.quiet) as progress:
                for texts in _texts(source, config, until_s, left_out):
                    out.writelines(encode(event) + b"\n" for event in history.feed(texts))
                    progress.update(source.read_bytes, history.pipeline.totals.texts)
            out.writelines(encode(event) + b"\n" for event in history.end())
    finally:
        edge.sink.close()
    if not args.quiet:
        _show(history, config, left_out)
    return 0


def open_edge(config: Config) -> Context:
    """Kafka, with the topics the service needs."""
    from stream.log.kafka import KafkaSource
    from stream.log.kafka_sink import KafkaSink
    from stream.log.topics import ensure_topics

    ensure_topics(config.kafka, config.topics)
    client = f"{config.kafka.client_id}-backfill"
    edge = Context(
        config,
        lambda topic, group: KafkaSource(config.kafka, topic, group, client),
        KafkaSink(config.kafka, client),
        Metrics(CollectorRegistry(), 0),
        time.time,
        seal=seal_of(config.kafka),
    )
    return seeded(edge)


def _until_s(args: argparse.Namespace) -> float:
    until_s = float("inf") if args.until is None else moment(args.until, time.time())
    if until_s is None:
        raise UsageError(f"--until {args.until}: must be a time (2024-01-31T08:00+08:00) or how long ago (12h, 30d)")
    return until_s


def _texts(source: TextSource, config: Config, until_s: float, left_out: Counter[str]) -> Iterator[list[Text]]:
    """Batches of texts that have a place in history; the others are counted by reason."""
    offset = 0
    of_json = {json: replace(config.text, format="json" if json else "plain") for json in (True, False)}
    with closing(source.batches(None, BATCH)) as batches:
        for batch in batches:
            texts = []
            for line in batch.lines:
                item = decode(line, UNTIMED, time.time(), HISTORY, 0, offset, of_json[batch.json])
                offset += 1
                if isinstance(item, Text) and UNTIMED < item.at_s < until_s:
                    texts.append(item)
                else:
                    left_out[_why(item)] += 1
            yield texts


def _why(item: Text | Rejected) -> str:
    return item.reason if isinstance(item, Rejected) else "no_time" if item.at_s == UNTIMED else "after_until"


def _show(history: Backfill, config: Config, left_out: Counter[str]) -> None:
    totals, trends = history.pipeline.totals, history.pipeline.trends
    first, last = (datetime.fromtimestamp(at_s, UTC) for at_s in (history.first_s, history.newest_s))
    print(f"history: {totals.texts:,} texts, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, "
          f"{history.windows:,} windows; {len(trends.announced):,} words were news then and are no more",
          file=sys.stderr)  # fmt: skip
    if history.pipeline.windows.late:
        print(f"not in order of time: {history.pipeline.windows.late:,} texts came too late to count", file=sys.stderr)
    if not trends.warm:
        print(f"shorter than trends.warmup_windows ({config.trends.warmup_windows}): the service stays silent until "
              "so many windows have passed", file=sys.stderr)  # fmt: skip
    if left_out:
        listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(left_out.items()))
        print(f"left out: {listed}", file=sys.stderr)
