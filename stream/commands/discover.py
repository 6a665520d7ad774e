"""The words of a text, by the article's batch job (苏剑林 2016, kexue.fm/archives/3913), exact.

    new-words discover novel.txt
    new-words discover 'titles/*.jsonl.xz' --min-count 20 --min-pmi 2 --output words.tsv
    new-words discover --url sqlite:///a.db --query 'select content from articles'
    new-words discover posts.jsonl --scores --min-link-pmi 4 --min-entropy 2 --min-length 2

Characters and pairs of neighbours are counted; a pair is strong if it occurs --min-count times and
ln(total * n_ab / (n_a * n_b)) >= --min-pmi; the text is cut wherever two neighbours are not a strong pair; pieces that
occur --min-count times are the words. Countable are U+4E00 to U+9FA5, 0-9, a-z and A-Z, as they are; whatever else
separates, the end of a line too. Result: `word<TAB>count`, the most frequent first, words of equal count in order of
code points. As in the article, words of one character are among them (--min-length 2 leaves them out).
Links, @names and markup are characters like any other; with --clean they are left out, as in the service (text.skip),
and letters and digits are never cut from one another.

With --scores there is a line of names first, and behind each count, of all occurrences of the word: link_pmi, the PMI
of its weakest link; left_entropy and right_entropy of its neighbours, in nats; freedom, the lesser share of occurrences
at the beginning or end of a run; unity, the least PMI of two parts it can be split into. --min-link-pmi, --min-entropy
(of both sides), --min-freedom and --min-unity leave out words with less; what a word of one character lacks is not
asked of it. The input is gone through once more for them.

Sources are those of `ingest`: files, stdin, databases, topics. The input is gone through twice: up to 67 million
characters of it stay in memory (134 MB), a longer one is read twice, and what of that comes from a pipe, a database or
Kafka is kept meanwhile in the temporary folder (TMPDIR). Batches are counted in as many threads as there are processors
(--jobs), with the same result for any number. Memory grows with the distinct pairs
(2.8 GB if all that there can be were there) and words (16 bytes each up to four characters, some 60 beyond), not with
the text. Broken UTF-8 separates; it is counted on stderr, as are lines that are not such JSON (left out) and lines over
8 MiB (only their beginning counts).
"""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from sketches import kernels
from stream.commands.discover_passes import Totals, again, strong_pairs, words_between
from stream.config.arguments import add_config_arguments, is_configured
from stream.corpus.discover import Codes, DiscoverSettings
from stream.corpus.scores import COLUMNS, Scores, ScoreSettings, WordScores
from stream.errors import SourceError, UsageError
from stream.log.settings import KafkaSettings
from stream.outputs.files import destination
from stream.outputs.progress import Progress
from stream.outputs.read_report import report
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.sources.read_tally import LEAST_SHARE, ReadTally
from stream.sources.source_options import add_source_arguments, open_source, source_faults
from stream.sources.two_pass import MAX_LINE_BYTES, Unread, rereadable
from stream.text.message import TextSettings

WRITTEN = 1 << 14  # words written at once
SHARED_BYTES = 1 << 20  # of input from which a second thread pays
COMPILED_BYTES = 24 << 20  # of input from which the compiled loops gain more time than loading them takes
FILTERS = {
    "link_pmi": "the PMI of its weakest link",
    "entropy": "the entropy of its neighbours, on both sides",
    "freedom": "the share of occurrences that begin or end a run, on both sides",
    "unity": "the PMI of any two parts of it",
}
Word = tuple[str, int, Scores | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `new-words discover`; defaults are those of DiscoverSettings."""
    usual = DiscoverSettings()
    add = parser.add_argument
    add_source_arguments(parser)
    add("--min-count", type=int, default=usual.min_count, metavar="N",
        help="least count of a strong pair, and of a word (default %(default)s)")  # fmt: skip
    add("--min-pmi", type=float, default=usual.min_pmi, metavar="X",
        help="least PMI of a strong pair, natural logarithm (default %(default)s)")  # fmt: skip
    add("--min-length", type=int, default=usual.min_length, metavar="N",
        help="least length of a word that is shown (default %(default)s)")  # fmt: skip
    add("--scores", action="store_true", help="with each word how well it holds together and how free it stands")
    for name, help in FILTERS.items():
        add(f"--min-{name.replace('_', '-')}", type=float, metavar="X", help=f"only words with that much of {help}")
    add("--clean", action="store_true", help="count prose only, composed; leave out what text.skip names (links, names,"
        " markup, …)")  # fmt: skip
    add("--jobs", type=int, default=0, metavar="N",
        help="threads that count, with the same result for any number (default 0: one a processor)")  # fmt: skip
    add("--output", metavar="F", help="write there instead of stdout, all or nothing")
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Both passes, then the words. UsageError lists every bad option."""
    collects = gc.isenabled()
    gc.disable()  # nothing here refers to itself, and each collection would go through a million words
    try:
        return _discover(args)
    finally:
        if collects:
            gc.enable()


def _discover(args: argparse.Namespace) -> int:
    (settings, filters), (kafka, text) = settings_of(args), _configured(args)
    scoring = args.scores or filters.asked
    opened = open_source(args, kafka, text, MAX_LINE_BYTES)
    with rereadable(opened, text, args.clean) as source, destination(args.output) as out:
        if (source.total_bytes or 0) >= 2 * COMPILED_BYTES:
            kernels.load()
        jobs = args.jobs or _jobs(source.total_bytes)
        total_bytes = source.total_bytes and source.total_bytes * (2 + scoring) // 2
        with Progress(total_bytes, "lines", quiet=args.quiet) as progress:
            strong, totals, kept = strong_pairs(source, settings, jobs, progress)
            words = words_between(again(source, kept, progress, 1), strong, jobs)
            if words.chars != totals.chars:
                raise SourceError("the input changed between its two readings; nothing was written")
            found: list[Word] = [(word, count, None) for word, count in words.words(settings)]
            if scoring:
                found = _scored(found, again(source, kept, progress, 2), filters)
        _write(out, found, args.scores)
    if not args.quiet:
        _show(source.unread, totals, strong, len(found))
    return _failed(source.unread, text)


def _jobs(total_bytes: int | None) -> int:
    """One for each processor, unless there is so little to read that one is done before the others have begun."""
    return len(os.sched_getaffinity(0)) if total_bytes is None or total_bytes >= 2 * SHARED_BYTES else 1


def _configured(args: argparse.Namespace) -> tuple[KafkaSettings, TextSettings]:
    """Kafka and text settings; the configuration is imported only where something is configured."""
    if not is_configured(args, os.environ):
        return KafkaSettings(), TextSettings()
    from stream.config.config import config_of

    config = config_of(args)
    return config.kafka, config.text


def settings_of(args: argparse.Namespace) -> tuple[DiscoverSettings, ScoreSettings]:
    """The settings the options ask for. Raises UsageError that lists every fault."""
    settings = DiscoverSettings(args.min_count, args.min_pmi, args.min_length, whole_tokens=args.clean)
    filters = ScoreSettings(**{name: getattr(args, f"min_{name}") for name in FILTERS})
    wrong = [*settings.faults(), *filters.faults()]
    faults = [f"--{key.replace('_', '-')} {getattr(args, key)}: {reason}" for key, reason in wrong]
    faults += source_faults(args)
    if args.jobs < 0:
        faults.append(f"--jobs {args.jobs}: must be at least 1, or 0 for one for each processor")
    if args.output is not None and Path(args.output).is_dir():
        faults.append(f"--output {args.output}: is a directory")
    if faults:
        raise UsageError("\n".join(faults))
    return settings, filters


def _scored(found: Sequence[Word], texts: Iterable[Callable[[], Codes]], filters: ScoreSettings) -> list[Word]:
    """The words with their scores, those that have enough of everything."""
    scores = WordScores([word for word, _, _ in found])
    for read in texts:
        scores.add(read())
    scored = zip(found, scores.scores(), strict=True)
    return [(word, count, one) for (word, count, _), one in scored if filters.passes(one)]


def _write(out: BinaryIO, words: list[Word], with_scores: bool) -> None:
    try:
        if with_scores:
            out.write(("\t".join(["word", "count", *COLUMNS]) + "\n").encode())
        for first in range(0, len(words), WRITTEN):
            lines = [f"{word}\t{count}{_columns(scores) if with_scores else ''}\n"
                     for word, count, scores in words[first : first + WRITTEN]]  # fmt: skip
            out.write("".join(lines).encode())
        out.flush()
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _columns(scores: Scores | None) -> str:
    values = (getattr(scores, column) for column in COLUMNS)
    return "".join("\t" if value is None else f"\t{value:.3f}" for value in values)


def _show(unread: Unread, totals: Totals, strong: AdjacencyBitmap, words: int) -> None:
    print(
        f"{totals.chars:,} characters, {totals.pairs:,} pairs, {len(strong):,} strong; {words:,} words", file=sys.stderr
    )
    if str(unread):
        print(f"not read: {unread}", file=sys.stderr)


def _failed(unread: Unread, text: TextSettings) -> int:
    """The exit code: 1 if nothing, or nearly nothing, had a text; then the first such line is shown."""
    if not unread.bad_json or unread.texts > LEAST_SHARE * (unread.bad_json + unread.texts):
        return 0
    tally = ReadTally(unread.texts)
    tally.reject("no_text", unread.shown, text)
    tally.rejected["no_text"] = unread.bad_json
    return report(tally, text)
