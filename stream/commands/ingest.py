"""Write texts from files, databases or another topic to the topic the service reads (topics.raw_text).

    new-words ingest 'archive/*.jsonl.xz' notes.txt
    new-words ingest posts.csv --column body --ts-column posted_at
    new-words simulate --realtime --rate 50 | new-words ingest -
    new-words ingest postgresql://me@db/forum --cursor id --resume forum.position \\
        --query 'select id, content as text, created as ts from posts'
    new-words ingest mongodb://localhost/forum --collection posts --text-field body --resume posts.position
    new-words ingest kafka://other:9092/posts --resume posts.position

SOURCE is one or more files, globs and - (stdin), or one database, or one topic up to its current end. A file is read
once, however many patterns match it. A line is a plain text or a JSON object; JSON may also be an array, or span
several lines. The configuration says which fields or columns are the text, its time and its source (text.field,
text.ts_field, text.source_field, text.zone); --column and similar options are short for these, and the messages are
written as the configuration says. A single column is the text. Messages are written in the configured `text.format`,
with the source as key; a line that the service can read is passed on unchanged. Lines that the service could not read
are left out and counted by reason, with examples; if nothing or nearly nothing is readable, the exit code is 1.

Only one batch is in memory: when Kafka is slow, reading waits. A batch is done when Kafka has acknowledged it. If Kafka
does not answer, the batch is sent again for up to --patience seconds. With --resume FILE the position after each batch
is stored in FILE and the next run continues there, also after kill -9: it first checks which messages had arrived, so
no text is lost or sent twice. This works for files (which may grow but not change), MongoDB, Kafka, and SQL with a
unique --cursor column. Stdin cannot be resumed.
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

from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of, load
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

MOST = 5000  # texts per batch: one acknowledgement, of some milliseconds, for about 100 ms of sending
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 4.0
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words ingest`."""
    add = parser.add_argument
    add_source_arguments(parser)
    add("--topic", metavar="T", help="write to this topic instead of topics.raw_text")
    add("--rate", type=float, metavar="R", help="send at most this many texts a second")
    add("--resume", metavar="FILE", help="store the position there and continue from it")
    add("--patience", type=float, default=60.0, metavar="S",
        help="seconds to retry while Kafka does not answer (default %(default)s)")  # fmt: skip
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Send everything, then print how much was sent. UsageError lists every bad option."""
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
            stop.handled(),
            closing(source.batches(position.cursor, most)) as batches,
            Progress(source.total_bytes, quiet=args.quiet) as progress,
        ):
            position.keep(position.cursor, delivery.mark, in_doubt=True)
            for batch in paced(batches, args.rate, time.monotonic, time.sleep):
                messages = encoder.messages(batch.lines, batch.json)
                with stop.finished():
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
    """Return the configuration with the topic of --topic. Raises UsageError that lists every fault of the options."""
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
    """Connect to Kafka, and create the topics of the service that are missing."""
    from stream.log.kafka_sink import KafkaSink
    from stream.log.topics import ensure_topics

    ensure_topics(config.kafka, config.topics, ["raw_text"])
    client_id = f"{config.kafka.client_id}-ingest"
    return KafkaSink(config.kafka, client_id), KafkaTail(config.kafka, client_id)


class Stop:
    """Ends reading at once on SIGINT or SIGTERM, but lets a batch that is being sent finish first."""

    def __init__(self) -> None:
        self.requested = False
        self._finishing = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Install handlers for both signals."""
        before = {which: signal.signal(which, self._request) for which in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for which, handler in before.items():
                signal.signal(which, handler)

    @contextmanager
    def finished(self) -> Iterator[None]:
        """A section that runs to its end. Raises KeyboardInterrupt after it if a signal came meanwhile."""
        self._finishing = True
        try:
            yield
        finally:
            self._finishing = False
        if self.requested:
            raise KeyboardInterrupt

    def _request(self, *_: Any) -> None:
        self.requested = True
        if not self._finishing:
            raise KeyboardInterrupt


def deliver(
    messages: Sequence[Message],
    delivery: DeduplicatedSend,
    patience_s: float,
    stop: Stop,
    now_s: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Send until all is acknowledged. Raises BrokerError after `patience_s`, or if a stop was requested."""
    began_s, wait_s = now_s(), FIRST_BACKOFF_S
    while True:
        try:
            delivery.send(messages)
            return
        except BrokerError:
            if stop.requested or now_s() - began_s + wait_s > patience_s:
                raise
        sleep(wait_s)
        wait_s = min(2 * wait_s, LAST_BACKOFF_S)


def paced(
    batches: Iterator[Batch], rate: float | None, now_s: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Batch]:
    """Delay batches so that at most `rate` texts a second pass; at most one second of delay is caught up."""
    due_s = now_s()
    for batch in batches:
        if rate is not None:
            if (wait_s := due_s - now_s()) > 0:
                sleep(wait_s)
            due_s = max(due_s, now_s() - 1.0) + len(batch.lines) / rate
        yield batch
