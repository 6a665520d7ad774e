"""A simulated stream of texts with planted new words, as JSON lines: for demos, load tests and trying out settings.

    new-words simulate --texts 40000 --truth planted.jsonl | new-words replay -
    new-words simulate --language en --seed 7 --output stream.jsonl

The texts are everyday Chinese (zh) or English (en), from sentence patterns and word lists of the command, and the
planted words are coined, such as 鹿眠书. With `made-up` the words themselves are drawn from the seed, so each seed is a
different language. One seed and language always give the same bytes. A line is
{"ts": "2024-01-01T08:00:00.777+08:00", "text": "…", "source": "source-03"}, in order of time. The texts come as a
Poisson process whose rate varies with the hour, over a background that never changes. Words are planted that no
earlier text holds:

    pulse   a burst that ends after 3 % of the stream
    ramp    a share that grows evenly from nothing to the end
    shift   a sudden change from nothing to a steady rate

A table on stderr shows at the end what was planted, and in how many texts; --truth writes it as JSON lines
{"word", "shape", "first_ts", "texts"}. `--plant` without a shape plants nothing: then any event is false.
With --realtime the texts come at an even pace with the present time, until --texts or Ctrl-C:

    new-words simulate --realtime --rate 50 --texts 1000000 | new-words ingest -
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, tzinfo

import orjson
from rich.console import Console
from rich.table import Table

from stream.errors import UsageError
from stream.outputs.files import destination
from stream.simulation.simulate import LANGUAGES, SHAPES, Planted, SimulatedText, SimulateSettings, planted, simulate

DEFAULT_START = "2024-01-01T08:00:00+08:00"
ASKED = ("texts", "rate", "plants", "share", "copies", "sources", "seed", "language")
"""Options that are settings as they are."""
LENGTHS = {"zh": "8-40", "en": "30-120", "made-up": "8-40"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words simulate`; defaults are those of SimulateSettings."""
    usual = SimulateSettings()
    add = parser.add_argument
    add("--texts", type=int, default=usual.texts, metavar="N", help="how many texts (default %(default)s)")
    add("--rate", type=float, default=usual.rate, metavar="R", help="texts/s, mean over a day (default %(default)s)")
    add("--rhythm", type=float, metavar="X",
        help=f"swing of the rate over a day, as a share of it (default {usual.rhythm}; in real time 0)")  # fmt: skip
    add("--language", choices=LANGUAGES, default="zh", help="what the texts are written in (default %(default)s)")
    add("--length", metavar="MIN-MAX", help="characters a text (default 8-40; of en 30-120)")
    add("--plant", nargs="*", default=list(usual.plant), metavar="SHAPE",
        help=f"shapes of planted words: {', '.join(SHAPES)} (default all three; none: nothing new)")  # fmt: skip
    add("--plants", type=int, default=usual.plants, metavar="K", help="words of each shape (default %(default)s)")
    add("--share", type=float, default=usual.share, metavar="X",
        help="share of texts with a word at the end of its ramp; a pulse begins at four times that, a shift is half"
        " (default %(default)s)")  # fmt: skip
    add("--copies", type=float, default=usual.copies, metavar="X",
        help="share of texts that are exact copies of an earlier one (default %(default)s)")  # fmt: skip
    add("--sources", type=int, default=usual.sources, metavar="N", help="how many sources (default %(default)s)")
    add("--seed", type=int, default=usual.seed, metavar="S", help="another seed, another stream (default %(default)s)")
    add("--start", metavar="ISO", help=f"time of the beginning (default {DEFAULT_START}; with --realtime, now)")
    add("--output", metavar="F", help="write there instead of stdout")
    add("--truth", metavar="F", help="write there what was planted, as JSON lines")
    add("--realtime", action="store_true", help="at the pace of the clock")


def main(args: argparse.Namespace) -> int:
    """Write the stream, then report what was planted in it. UsageError lists every bad option."""
    settings, zone = settings_of(args, time.time())
    texts: Iterable[SimulatedText] = simulate(settings)
    if args.realtime:
        texts = paced(texts, settings.start_s, time.monotonic, time.sleep)
    written = 0
    with destination(args.output, whole=False) as out:
        try:
            for line in lines(texts, zone):
                out.write(line)
                if args.realtime:
                    out.flush()
                written += 1
            out.flush()
        except KeyboardInterrupt:
            if not args.realtime:
                raise
        except BrokenPipeError:  # the reader has seen enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    truth = planted(settings, written)
    if args.truth:
        with destination(args.truth, "--truth") as out:
            out.writelines(truth_line(word, zone) for word in truth)
    _show(truth, written, zone)
    return 0


def settings_of(args: argparse.Namespace, now_s: float) -> tuple[SimulateSettings, tzinfo]:
    """Return the settings and the zone of the times. Raises UsageError that lists every fault."""
    faults: list[str] = []
    start = _start(args, now_s, faults)
    zone = start.tzinfo or UTC
    length = LENGTHS[args.language] if args.length is None else args.length
    shortest, longest = _range(length, faults)
    asked = {key: getattr(args, key) for key in ASKED}
    rhythm = args.rhythm
    if rhythm is None:  # in real time, the rate asked for is expected at any hour
        rhythm = 0.0 if args.realtime else SimulateSettings().rhythm
    settings = SimulateSettings(
        **asked,
        rhythm=rhythm,
        plant=tuple(args.plant),
        shortest=shortest,
        longest=longest,
        start_s=round(start.replace(tzinfo=zone).timestamp(), 3),
    )
    for key, reason in dict.fromkeys(settings.faults()):
        option, value = ("length", length) if key in ("shortest", "longest") else (key, getattr(args, key))
        faults.append(f"--{option} {value}: {key} {reason}")
    if faults:
        raise UsageError("\n".join(faults))
    return settings, zone


def _start(args: argparse.Namespace, now_s: float, faults: list[str]) -> datetime:
    """Return when the stream begins; a fault is added to `faults`."""
    if args.start or not args.realtime:
        try:
            return datetime.fromisoformat(args.start or DEFAULT_START)
        except ValueError:
            faults.append(f"--start {args.start}: must be ISO 8601, for example {DEFAULT_START}")
    return datetime.fromtimestamp(now_s).astimezone()


def _range(length: str, faults: list[str]) -> tuple[int, int]:
    """`8-40` -> (8, 40); a fault is added to `faults`."""
    shortest, _, longest = length.partition("-")
    if shortest.isdecimal() and longest.isdecimal():
        return int(shortest), int(longest)
    faults.append(f"--length {length}: must be two numbers, for example 8-40")
    return 8, 40


def lines(texts: Iterable[SimulatedText], zone: tzinfo) -> Iterator[bytes]:
    """Yield one JSON line for each text."""
    for text in texts:
        ts = datetime.fromtimestamp(text.at_s, zone).isoformat(timespec="milliseconds")
        yield orjson.dumps({"ts": ts, "text": text.text, "source": text.source}) + b"\n"


def truth_line(word: Planted, zone: tzinfo) -> bytes:
    """Return one JSON line of the truth file."""
    ts = datetime.fromtimestamp(word.first_at_s, zone).isoformat(timespec="milliseconds")
    return orjson.dumps({"word": word.word, "shape": word.shape, "first_ts": ts, "texts": word.texts}) + b"\n"


def paced(
    texts: Iterable[SimulatedText], start_s: float, now_s: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[SimulatedText]:
    """Yield each text no sooner after the first call than it comes after `start_s`; late texts are not skipped."""
    began_s = now_s()
    for text in texts:
        wait_s = (text.at_s - start_s) - (now_s() - began_s)
        if wait_s > 0:
            sleep(wait_s)
        yield text


def _show(truth: list[Planted], written: int, zone: tzinfo) -> None:
    table = Table("word", "shape", "first text", "texts", title=f"planted in {written:,} texts", title_justify="left")
    table.columns[-1].justify = "right"
    for word in truth:
        moment = datetime.fromtimestamp(word.first_at_s, zone).isoformat(sep=" ", timespec="seconds")
        table.add_row(word.word, word.shape, moment, f"{word.texts:,}")
    Console(stderr=True).print(table if truth else f"planted in {written:,} texts: nothing")
