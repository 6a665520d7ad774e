"""The words of a text, by the article's batch job (苏剑林 2016, kexue.fm/archives/3913), exact.

    new-words discover novel.txt
    new-words discover 'titles/*.jsonl.xz' --min-count 20 --min-pmi 2 --output words.tsv
    new-words discover --url sqlite:///a.db --query 'select content from articles'
    new-words discover posts.jsonl --scores --min-link-pmi 4 --min-entropy 2 --min-length 2

It counts characters and adjacent pairs. A pair is strong if it occurs --min-count times and
ln(total * n_ab / (n_a * n_b)) >= --min-pmi. The text is cut between two neighbours that are not a strong pair, and the
pieces that occur --min-count times are the words. Countable are U+4E00 to U+9FA5, 0-9, a-z and A-Z, without folding;
any other character separates, and so does the end of a line. The output is `word<TAB>count`, the most frequent first,
words of equal count in order of code points. As in the article, it includes words of one character (--min-length 2
leaves them out). Links, @names and markup are counted like any text; with --clean they are left out, as in the service
(text.skip), and adjacent letters and digits are never cut apart.

--scores prints a header, and after each count the scores of the word over all its occurrences: link_pmi, the PMI of its
weakest link; left_entropy and right_entropy of its neighbours, in nats; freedom, the lesser share of occurrences at the
beginning or end of a run; unity, the least PMI of two parts it can be split into. --min-link-pmi, --min-entropy (of
both sides), --min-freedom and --min-unity leave out words with lower scores; a filter is not applied to a word of one
character that has no such score. The input is read once more for the scores.

Sources are those of `ingest`: files, stdin, databases, topics. The input is read twice. Up to 67 million characters of
it are kept in memory (134 MB); a longer input is read again, after a copy in the temporary folder (TMPDIR) if it comes
from a pipe, a database or Kafka. Batches are counted in one thread for each processor (--jobs); the result is the same
for any number. Memory grows with the distinct pairs (2.8 GB for all possible ones) and words (16 bytes for one of up to
four characters, about 60 for a longer one), not with the text. Invalid UTF-8 separates; it is counted on stderr, and so
are lines without a text (left out) and lines over 8 MiB (only the beginning is read).
"""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from sketches import kernels
from stream.commands.discover.passes import Totals, again, strong_pairs, words_between
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
    "entropy": "the entropy of its neighbours, on either side",
    "freedom": "the share of occurrences that begin, or that end, a run",
    "unity": "the least PMI of two parts of it",
}
Word = tuple[str, int, Scores | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words discover`; defaults are those of DiscoverSettings."""
    usual = DiscoverSettings()
    add = parser.add_argument
    add_source_arguments(parser)
    add("--min-count", type=int, default=usual.min_count, metavar="N",
        help="least count of a strong pair, and of a word (default %(default)s)")  # fmt: skip
    add("--min-pmi", type=float, default=usual.min_pmi, metavar="X",
        help="least PMI of a strong pair, natural logarithm (default %(default)s)")  # fmt: skip
    add("--min-length", type=int, default=usual.min_length, metavar="N",
        help="least length of a word that is shown (default %(default)s)")  # fmt: skip
    add("--scores", action="store_true", help="print with each word how strongly it is linked and how freely it occurs")
    for name, help in FILTERS.items():
        add(f"--min-{name.replace('_', '-')}", type=float, metavar="X", help=f"leave out words below this: {help}")
    add("--clean", action="store_true", help="count prose only, composed; leave out what text.skip names (links, names,"
        " markup, …)")  # fmt: skip
    add("--jobs", type=int, default=0, metavar="N",
        help="number of threads; the result is the same for any (default 0: one a processor)")  # fmt: skip
    add("--output", metavar="F", help="write to this file instead of stdout; it is replaced in one step")
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Run both passes, then print the words. UsageError lists every bad option."""
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
    """Return Kafka and text settings; the configuration is imported only if something is configured."""
    if not is_configured(args, os.environ):
        return KafkaSettings(), TextSettings()
    from stream.config.config import config_of

    config = config_of(args)
    return config.kafka, config.text


def settings_of(args: argparse.Namespace) -> tuple[DiscoverSettings, ScoreSettings]:
    """Return the settings that the options ask for. Raises UsageError that lists every fault."""
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
    """Return the words that reach every minimum, with their scores."""
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
    """Return the exit code: 1 if nothing, or nearly nothing, had a text; then show the first such line."""
    if not unread.bad_json or unread.texts > LEAST_SHARE * (unread.bad_json + unread.texts):
        return 0
    tally = ReadTally(unread.texts)
    tally.reject("no_text", unread.shown, text)
    tally.rejected["no_text"] = unread.bad_json
    return report(tally, text)
