"""Run the same pipeline without Kafka: texts of any source in, events out.

    new-words simulate | new-words replay -
    new-words replay titles.jsonl.xz --config slow.yaml --events events.jsonl
    new-words replay titles.jsonl.xz --config slow.yaml --compare fast.yaml
    new-words simulate --realtime --rate 50 | new-words replay - --serve 8080
    new-words replay --url sqlite:///a.db --query 'select content as text, created as ts from articles order by created'

Sources are those of `ingest`. A line is JSON {"text": …, "ts": …, "source": …} or a plain text. Event time comes from
the texts (`ts`, ISO 8601 or seconds), so years replay in minutes; a text without a time gets that of the text before
it, and plain lines are one second apart. Events go to stdout or --events as JSON lines; a progress bar and closing
tables go to stderr: the words, how many candidates each rule stopped, and the values derived from the stream. Lines
that cannot be read are counted by reason. With --serve a browser shows the words as they come, and after the end until
Ctrl-C.

--compare runs a second configuration over the same texts, and the table shows side by side what each would have
announced, beginning with what only one of them did. A line of JSON is then a word and its event in each run, or null:
{"word": …, "this": …, "other": …}. The other file is read like --config, over the defaults. The environment applies to
both, --set to the first only: `--set trends.min_texts=8 --compare config.yaml` tries one setting.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from sketches import kernels
from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of, load
from stream.embedded.moderated import Moderated
from stream.embedded.pipeline import Pipeline
from stream.embedded.replay_clock import ReplayClock
from stream.errors import UsageError
from stream.events.events import Event, encode
from stream.outputs.files import destination
from stream.outputs.progress import Progress
from stream.outputs.read_report import report, teller
from stream.sources.base import TextSource
from stream.sources.source_options import add_source_arguments, open_source
from stream.sources.word_list_files import KnownWords
from stream.store.history import IN_MEMORY, History
from stream.text.message import Text

if TYPE_CHECKING:
    from stream.embedded.live_page import LivePage

AS_CONFIGURED = -2  # of --serve without a port
BATCH = 1000
COMPILED_BYTES = 1 << 18  # of input from which the compiled loops gain more time than loading them takes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words replay`."""
    add_source_arguments(parser)
    parser.add_argument("--events", metavar="OUT", help="write events there instead of stdout")
    parser.add_argument("--serve", metavar="PORT", type=int, nargs="?", const=AS_CONFIGURED,
                        help="show the page at server.host on this port, else on server.port")  # fmt: skip
    parser.add_argument("--compare", metavar="F", help="a second configuration: what it would have announced,"
                        " side by side with this one")  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no closing table")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Replay the texts, and write events as they become due."""
    config = config_of(args)
    other = None if args.compare is None else load(args.compare, os.environ, [])
    if other and other.text.fold != config.text.fold:
        raise UsageError("--compare: text.fold holds for the whole process, so it must be the same in both")
    if other and args.serve is not None:
        raise UsageError("--serve: the page shows one configuration; leave out --compare")
    source = open_source(args, config.kafka, config.text, config.text.max_bytes + 1)
    if source.total_bytes is None or source.total_bytes >= COMPILED_BYTES:
        kernels.load()
    if other:
        from stream.embedded.two_runs import side_by_side

        return side_by_side(source, (config, other), args.compare, args.events, args.quiet)
    pipeline = Pipeline(config, KnownWords(config.known_words, teller(args.quiet)).lists)
    reading = ReplayClock(config.text)
    events: list[Event] = []
    with (
        destination(args.events, "--events", whole=False) as out,
        _kept(config, args.serve) as history,
        _served(moderated := Moderated(pipeline, history), args.serve) as showcase,
    ):
        with Progress(source.total_bytes, quiet=args.quiet) as progress:
            for event in _events(showcase or moderated, source, reading, progress):
                out.write(encode(event) + b"\n")
                out.flush()
                events.append(event)
        if not args.quiet:
            from rich.console import Console  # for tables, as what follows: a tenth of a second that --quiet saves

            from stream.embedded.closing_table import show_closing

            console = Console(stderr=True)
            show_closing(events, pipeline, console)
            if moderated.held:
                console.print(f"held for reviewers: {moderated.held:,} events (trends.hold)", highlight=False)
        failed = report(reading.tally, reading.settings, args.quiet)
        if showcase:
            print("the page stays until Ctrl-C", file=sys.stderr, flush=True)
            with suppress(KeyboardInterrupt):
                for event in showcase.stay():
                    out.write(encode(event) + b"\n")
                    out.flush()
    return failed


@contextmanager
def _kept(config: Config, port: int | None) -> Iterator[History | None]:
    """Return the store, if it has a path; the page has one in any case."""
    path = config.store.path
    if not path and port is None:
        yield None
        return
    with closing(History(path, config.store.events if path else IN_MEMORY)) as history:
        yield history


@contextmanager
def _served(moderated: Moderated, port: int | None) -> "Iterator[LivePage | None]":
    if port is None:
        yield None
        return
    settings = moderated.pipeline.config.server
    if port != AS_CONFIGURED and not 0 <= port <= 65535:
        raise UsageError(f"--serve {port}: must be a port, 0 to 65535")
    chosen = port if port != AS_CONFIGURED else settings.port if settings.is_on else 0
    from stream.embedded.live_page import LivePage  # and with it the web server, which others do not need

    with closing(LivePage(moderated, chosen)) as showcase:
        host = "127.0.0.1" if settings.host in ("", "0.0.0.0") else settings.host
        print(f"the page is at http://{host}:{showcase.port}/", file=sys.stderr, flush=True)
        yield showcase


def _events(
    pipeline: "Moderated | LivePage", source: TextSource, reading: ReplayClock, progress: Progress
) -> Iterator[Event]:
    count = 0
    for texts in texts_of(source, reading):
        yield from pipeline.feed(texts)
        count += len(texts)
        progress.update(source.read_bytes, count)
    yield from pipeline.finish()


def texts_of(source: TextSource, reading: ReplayClock) -> Iterator[list[Text]]:
    """Yield batches of readable texts."""
    with closing(source.batches(None, BATCH)) as batches:
        for batch in batches:
            yield reading.texts(batch)
