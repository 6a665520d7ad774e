"""Texts from where they live into the topic the service reads (topics.raw_text).

    new-words ingest 'archive/*.jsonl.xz' notes.txt
    new-words ingest posts.csv --column body --ts-column posted_at
    new-words simulate --realtime --rate 50 | new-words ingest -
    new-words ingest postgresql://me@db/forum --cursor id --resume forum.position \\
        --query 'select id, content as text, created as ts from posts'
    new-words ingest mongodb://localhost/forum --collection posts --text-field body --resume posts.position
    new-words ingest kafka://other:9092/posts --resume posts.position

SOURCE is files, globs (a file is read once, however often it is named) and - (stdin); or one database; or one topic, to
its present end. A line is a JSON object with "text", and where it has them "ts" and "source", or a plain text. Of a
table (CSV, Parquet, SQL) the column "text" is the text, "ts" its time and "source" who wrote it, or say which; an only
column is the text. Texts go out as `text.format` of the config says; lines of that format as they are, with the source
as key. What the service could not read is left out and counted by reason.

Nothing is held but a batch: when Kafka is slow, reading waits. A batch is done when Kafka has acknowledged it; while
Kafka is away it is tried again, for --patience seconds. With --resume FILE the position behind each batch is kept
there, and the next run goes on from it, also after kill -9: it first looks in the topic for what had arrived, so no
text is lost and none comes twice. So for files (they may grow, but not change), MongoDB, Kafka, and SQL with a unique
--cursor column; stdin has no position to go on from.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from stream.config.config import Config, add_config_arguments, config_of, load
from stream.errors import BrokerError, UsageError
from stream.ingest.checkpoint import Checkpoint
from stream.ingest.deduplicated_send import DeduplicatedSend, KafkaTail, Tail
from stream.ingest.encode import Encoder, Message
from stream.log.protocol import Sink
from stream.outputs.progress import Progress
from stream.outputs.read_report import report
from stream.sources.base import Batch, topic_name
from stream.sources.files import STDIN
from stream.sources.source_options import add_source_arguments, open_source, source_faults

MOST = 5000  # texts a batch: an acknowledgement takes milliseconds, so many of them some 100
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 4.0
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `new-words ingest`."""
    add = parser.add_argument
    add_source_arguments(parser)
    add("--topic", metavar="T", help="instead of topics.raw_text")
    add("--rate", type=float, metavar="R", help="at most so many texts a second")
    add("--resume", metavar="FILE", help="keep the position there, and go on from it")
    add("--patience", type=float, default=60.0, metavar="S",
        help="seconds to try again while Kafka is away (default %(default)s)")  # fmt: skip
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Send it all, then say how much. UsageError lists every bad option."""
    config = configured(args)
    encoder = Encoder(load(args.config, os.environ, args.overrides).text, config.text)
    source = open_source(args, config.kafka, config.text, config.text.max_bytes + 1)
    if source.name == topic_name(config.kafka.bootstrap_servers, config.topics.raw_text):
        raise UsageError(f"SOURCE: is the topic that is written to, {config.topics.raw_text}")
    position = Checkpoint(args.resume, source.name)
    sink, tail = open_sink(config)
    delivery = DeduplicatedSend(sink, tail, config.topics.raw_text, position.mark, position.in_doubt)
    most = MOST if args.rate is None else max(1, min(MOST, int(args.rate / 10)))
    sent, stop = 0, Stop()
    try:
        with (
            stop.heard(),
            closing(source.batches(position.cursor, most)) as batches,
            Progress(source.total_bytes, quiet=args.quiet) as progress,
        ):
            position.keep(position.cursor, delivery.mark, in_doubt=True)
            for batch in paced(batches, args.rate, time.monotonic, time.sleep):
                messages = encoder.messages(batch.lines, batch.json)
                with stop.held():
                    deliver(messages, delivery, args.patience, stop, time.monotonic, time.sleep)
                    position.keep(batch.cursor, delivery.mark, in_doubt=True)
                    sent += len(messages)
                    progress.update(source.read_bytes, sent)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        position.keep(position.cursor, delivery.mark, delivery.in_doubt)
        sink.close()
        if not args.quiet:
            print(f"{sent:,} texts sent to {config.topics.raw_text}{position}", file=sys.stderr)
        failed = report(encoder.tally, config.text, args.quiet, only_with_hint=True)
    return failed


def configured(args: argparse.Namespace) -> Config:
    """The configuration, its topic the one asked for. Raises UsageError that lists every fault of the options."""
    config = config_of(args)
    rules = (
        (args.resume and STDIN in args.sources, "--resume: stdin has no position to go on from"),
        (args.resume and args.query and not args.cursor, "--resume: needs --cursor, a unique column of the query"),
        (args.rate is not None and not args.rate > 0, f"--rate {args.rate}: must be greater than 0"),
        (not args.patience >= 0, f"--patience {args.patience}: must not be negative"),
    )
    faults = source_faults(args) + [fault for is_wrong, fault in rules if is_wrong]
    topics = replace(config.topics, raw_text=config.topics.raw_text if args.topic is None else args.topic)
    faults += [f"--topic {args.topic}: {reason}" for _, reason in topics.faults()]
    if faults:
        raise UsageError("\n".join(faults))
    return replace(config, topics=topics)


def open_sink(config: Config) -> tuple[Sink, Tail]:
    """Kafka, with the topics the service needs."""
    from stream.log.kafka_sink import KafkaSink
    from stream.log.topics import ensure_topics

    ensure_topics(config.kafka, config.topics)
    client_id = f"{config.kafka.client_id}-ingest"
    return KafkaSink(config.kafka, client_id), KafkaTail(config.kafka, client_id)


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
    messages: Sequence[Message],
    delivery: DeduplicatedSend,
    patience_s: float,
    stop: Stop,
    now_s: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Return when all of it is acknowledged. Raises BrokerError when patience is at its end, or a stop asked for."""
    began_s, wait_s = now_s(), FIRST_BACKOFF_S
    while True:
        try:
            delivery.send(messages)
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
            due_s = max(due_s, now_s() - 1.0) + len(batch.lines) / rate
        yield batch
