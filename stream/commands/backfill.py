"""Give a new service its past from an archive, so that it needs no warm-up and announces no old words.

    new-words backfill 'archive/*.jsonl.xz' --config config.yaml --until 2024-03-01T00:00:00Z
    new-words backfill postgresql://db/forum --query 'select body as text, created as ts from posts order by created'
    new-words run --config config.yaml

Sources are those of `ingest`. Past texts, in order of time, go through the whole pipeline in this process, not through
topic raw-text. The result (strong pairs, memory of the past, words already announced) is written as the state that
`run` starts from. Nothing is published; --events writes what would have been. Use the configuration of `run`, and the
history of the same stream at its full rate: compared with a tenth of the past, every word would seem ten times as
frequent. Texts without a time are left out.

`run` reads topic raw-text from its oldest text. If the topic is not empty, --until must say where history ends and the
topic begins; otherwise texts in both are counted twice. A service that has already run is refused, because it has a
past of its own. Before the first start of the service, another backfill replaces the history.
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
from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of
from stream.embedded.backfill import Backfill
from stream.errors import UsageError
from stream.events.events import encode
from stream.metrics import Metrics
from stream.outputs.files import destination
from stream.outputs.progress import Progress
from stream.outputs.read_report import report, teller
from stream.roles.context import Context, seeded
from stream.roles.refresher import HISTORY
from stream.sources.base import TextSource
from stream.sources.read_tally import UNTIMED, ReadTally
from stream.sources.source_options import add_source_arguments, open_source
from stream.sources.word_list_files import KnownWords
from stream.state.seal_file import seal_of
from stream.text.message import Text

BATCH = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words backfill`."""
    add = parser.add_argument
    add_source_arguments(parser)
    add("--until", metavar="T", help="leave out texts from this time on: ISO 8601, or how long ago: 12h, 30d")
    add("--events", metavar="OUT", help="write what would have been announced there, as JSON lines")
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Read all texts, then write the state."""
    config = config_of(args)
    until_s = _until_s(args)
    source = open_source(args, config.kafka, config.text, config.text.max_bytes + 1)
    edge = open_edge(config)
    config, known = edge.config, KnownWords(config.known_words, teller(args.quiet))
    left_out: Counter[str] = Counter()
    tally = ReadTally()
    try:
        history = Backfill(edge, known.lists)
        with destination(args.events or "/dev/null", "--events") as out:
            with Progress(source.total_bytes, quiet=args.quiet) as progress:
                for texts in _texts(source, config, until_s, left_out, tally):
                    out.writelines(encode(event) + b"\n" for event in history.feed(texts))
                    progress.update(source.read_bytes, history.pipeline.totals.texts)
            if report(tally, config.text, args.quiet):
                return 1
            out.writelines(encode(event) + b"\n" for event in history.end())
    finally:
        edge.sink.close()
    if not args.quiet:
        _show(history, config, left_out)
    return 0


def open_edge(config: Config) -> Context:
    """Connect to Kafka, create missing topics and agree on the hash seed."""
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


def _texts(
    source: TextSource, config: Config, until_s: float, left_out: Counter[str], tally: ReadTally
) -> Iterator[list[Text]]:
    """Yield batches of texts with a time before --until; count the others by reason."""
    offset = 0
    of_json = {json: replace(config.text, format="json" if json else "plain") for json in (True, False)}
    latest_s = time.time() + config.text.max_ahead_s
    with closing(source.batches(None, BATCH)) as batches:
        for batch in batches:
            texts = []
            for line in batch.lines:
                item = tally.read(line, UNTIMED, HISTORY, offset, of_json[batch.json])
                offset += 1
                if isinstance(item, Text):
                    if UNTIMED < item.at_s < until_s and item.at_s <= latest_s:
                        texts.append(item)
                    else:
                        left_out["no_time" if item.at_s == UNTIMED else "after_until"] += 1
            yield texts


def _show(history: Backfill, config: Config, left_out: Counter[str]) -> None:
    totals, trends = history.pipeline.totals, history.pipeline.trends
    first, last = (datetime.fromtimestamp(at_s, UTC) for at_s in (history.first_s, history.newest_s))
    print(f"history: {totals.texts:,} texts, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, "
          f"{len(trends.announced):,} words were announced then and are known now",
          file=sys.stderr)  # fmt: skip
    if not trends.warm:
        print(f"shorter than trends.warmup_windows ({config.trends.warmup_windows}): the service stays silent until "
              "so many windows have passed", file=sys.stderr)  # fmt: skip
    if left_out:
        listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(left_out.items()))
        print(f"left out: {listed}", file=sys.stderr)
