"""Texts from where they live into the topic the service reads (topics.raw_text).

    new-words ingest 'archive/*.jsonl.xz' notes.txt
    new-words simulate --realtime --rate 50 | new-words ingest - --format json
    new-words ingest sqlite:///articles.db --query 'select id, content as text, created as ts from articles' \\
        --cursor id --resume articles.position
    new-words ingest mongodb://localhost/forum --collection posts --text-field body --resume posts.position

SOURCE is files, globs (a file is read once, however often it is named) and - (stdin), or one database. A line is a JSON
object with "text", and where it has them "ts" and "source", or a plain text. In SQL a column "text" is the text, "ts"
its time and "source" who wrote it (the only column may be called anything); in MongoDB say which fields. Texts go out
as `text.format` of the config says; lines of that format as they are, with the source as key. What the service could
not read is left out and counted by reason.

Nothing is held but a batch: when Kafka is slow, reading waits. A batch is done when Kafka has acknowledged it; while
Kafka is away it is tried again, for --patience seconds. With --resume FILE the position behind each batch is kept
there, and the next run goes on from it: no text is lost, and after Ctrl-C or SIGTERM none comes twice; after a crash or
a lost acknowledgement the texts of one batch may. SQL needs a unique --cursor column for that; stdin has no position.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from stream.config import Config, add_config_arguments, config_of
from stream.errors import BrokerError, UsageError
from stream.io.files import STDIN
from stream.io.log import Sink
from stream.io.mongo_source import MongoFields, open_mongo
from stream.io.position import Position
from stream.io.progress import Progress
from stream.io.sql_source import SqlTexts
from stream.io.text_sources import Batch, Encoder, FileTexts, TextSource

MOST = 5000  # texts a batch: an acknowledgement takes milliseconds, so many of them some 100
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 4.0
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `new-words ingest`."""
    add, fields = parser.add_argument, MongoFields()
    add("sources", nargs="+", metavar="SOURCE", help="files, globs, -; or one database URL")
    add("--topic", metavar="T", help="instead of topics.raw_text")
    add("--format", choices=("auto", "json", "plain"), default="auto",
        help="of the lines; auto: json for .jsonl and .ndjson, packed or not, plain for others and stdin")  # fmt: skip
    add("--query", metavar="SQL", help="what to read from the database")
    add("--cursor", metavar="COLUMN", help="unique column of the query to order it by and to resume from")
    add("--collection", metavar="C", help="what to read from MongoDB")
    add("--filter", default="", metavar="JSON", help="which documents of it (default all)")
    add("--text-field", default=fields.text, metavar="F", help="(default %(default)s)")
    add("--ts-field", default=fields.ts, metavar="F", help="(default %(default)s)")
    add("--source-field", default=fields.source, metavar="F", help="(default %(default)s)")
    add("--rate", type=float, metavar="R", help="at most so many texts a second")
    add("--resume", metavar="FILE", help="keep the position there, and go on from it")
    add("--patience", type=float, default=60.0, metavar="S",
        help="seconds to try again while Kafka is away (default %(default)s)")  # fmt: skip
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Send it all, then say how much. UsageError lists every bad option."""
    config = configured(args)
    encoder = Encoder(config.text)
    source = open_source(args, encoder)
    position = Position(args.resume, source.name)
    sink = open_sink(config)
    most = MOST if args.rate is None else max(1, min(MOST, int(args.rate / 10)))
    sent, stop = 0, Stop()
    try:
        with (
            stop.heard(),
            closing(source.batches(position.cursor, most)) as batches,
            Progress(source.total_bytes, quiet=args.quiet) as progress,
        ):
            for batch in paced(batches, args.rate, time.monotonic, time.sleep):
                with stop.held():
                    deliver(batch, sink, config.topics.raw_text, args.patience, stop, time.monotonic, time.sleep)
                    position.keep(batch.cursor)
                    sent += len(batch.messages)
                    progress.update(source.read_bytes, sent)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        sink.close()
        if not args.quiet:
            _show(sent, config.topics.raw_text, encoder, position)
    return 0


def configured(args: argparse.Namespace) -> Config:
    """The configuration, its topic the one asked for. Raises UsageError that lists every fault of the options."""
    config = config_of(args)
    databases = [source for source in args.sources if is_url(source)]
    mongo = [source for source in databases if is_mongo(source)]
    rules = (
        (len(databases) > 0 and len(args.sources) > 1, "SOURCE: a database goes alone"),
        (args.sources.count(STDIN) > 1, f"SOURCE {STDIN}: stdin can be named once only"),
        (len(databases) > len(mongo) and not args.query, "--query: must say what to read from the database"),
        (len(databases) == len(mongo) and args.query, "--query: needs a database, such as sqlite:///articles.db"),
        (len(databases) == len(mongo) and args.cursor, "--cursor: goes with --query"),
        (mongo and not args.collection, "--collection: must say what to read from MongoDB"),
        (not mongo and (args.collection or args.filter), "--collection, --filter: need a mongodb:// source"),
        (args.resume and STDIN in args.sources, "--resume: stdin has no position to go on from"),
        (args.resume and args.query and not args.cursor, "--resume: needs --cursor, a unique column of the query"),
        (args.rate is not None and not args.rate > 0, f"--rate {args.rate}: must be greater than 0"),
        (not args.patience >= 0, f"--patience {args.patience}: must not be negative"),
    )
    faults = [fault for is_wrong, fault in rules if is_wrong]
    topics = replace(config.topics, raw_text=config.topics.raw_text if args.topic is None else args.topic)
    faults += [f"--topic {args.topic}: {reason}" for _, reason in topics.faults()]
    if faults:
        raise UsageError("\n".join(faults))
    return replace(config, topics=topics)


def is_url(source: str) -> bool:
    """Whether a source is a database rather than a file."""
    scheme, sign, _ = source.partition("://")
    return bool(sign) and scheme.replace("+", "").replace("_", "").isalnum()


def is_mongo(source: str) -> bool:
    """Whether it is MongoDB; other databases speak SQL."""
    return source.startswith(("mongodb://", "mongodb+srv://"))


def open_source(args: argparse.Namespace, encoder: Encoder) -> TextSource:
    """The one source the options describe."""
    first = args.sources[0]
    if is_mongo(first):
        fields = MongoFields(args.text_field, args.ts_field, args.source_field)
        return open_mongo(first, args.collection, fields, args.filter, encoder)
    if is_url(first):
        return SqlTexts(first, args.query, args.cursor, encoder)
    return FileTexts(args.sources, args.format, encoder)


def open_sink(config: Config) -> Sink:
    """Kafka, with the topics the service needs."""
    from stream.io.kafka_log import KafkaSink
    from stream.io.topics import ensure_topics

    ensure_topics(config.kafka, config.topics)
    return KafkaSink(config.kafka, f"{config.kafka.client_id}-ingest")


class Stop:
    """SIGINT and SIGTERM end the reading at once, and what is held after its end: no batch is left half done."""

    def __init__(self) -> None:
        self.asked = False
        self._held = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to both signals."""
        before = {which: signal.signal(which, self._hear) for which in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for which, handler in before.items():
                signal.signal(which, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """What must come to its end. Raises KeyboardInterrupt behind it, if asked."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self.asked:
            raise KeyboardInterrupt

    def _hear(self, *_: Any) -> None:
        self.asked = True
        if not self._held:
            raise KeyboardInterrupt


def deliver(
    batch: Batch,
    sink: Sink,
    topic: str,
    patience_s: float,
    stop: Stop,
    now_s: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Return when all of it is acknowledged. Raises BrokerError when patience is at its end, or a stop asked for."""
    began_s, wait_s = now_s(), FIRST_BACKOFF_S
    while True:
        try:
            for message in batch.messages:
                sink.send(topic, message.key, message.value)
            sink.flush()
            return
        except BrokerError:
            if stop.asked or now_s() - began_s + wait_s > patience_s:
                raise
        sleep(wait_s)
        wait_s = min(2 * wait_s, LAST_BACKOFF_S)


def paced(
    batches: Iterator[Batch], rate: float | None, now_s: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Batch]:
    """Each batch no sooner than `rate` texts a second allow; no more than a second of a pause is made good."""
    due_s = now_s()
    for batch in batches:
        if rate is not None:
            if (wait_s := due_s - now_s()) > 0:
                sleep(wait_s)
            due_s = max(due_s, now_s() - 1.0) + len(batch.messages) / rate
        yield batch


def _show(sent: int, topic: str, encoder: Encoder, position: Position) -> None:
    print(f"{sent:,} texts sent to {topic}{position}", file=sys.stderr)
    if encoder.rejected:
        listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(encoder.rejected.items()))
        print(f"left out: {listed}", file=sys.stderr)
