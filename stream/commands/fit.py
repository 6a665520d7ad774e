"""Fit the word model to words that you judged: it learns from them which strings of your stream are words.

    new-words fit judged.jsonl posts.jsonl.xz --out mine.json
    new-words fit --verdicts words.sqlite posts.jsonl.xz --out mine.json
    new-words fit --verdicts topic kafka://broker:9092/raw-text --out mine.json
    new-words run --set finder.weights=mine.json

WORDS has JSON lines {"word": …, "accepted": true} or CSV rows word,accepted. --verdicts uses the verdicts of reviewers
instead: from the file of store.path, or with `topic` from word-verdicts. SOURCE is the stream in which the words were
found, with the options of `replay`. It goes through the finder once, and the fit starts from the weights that ship with
the package; how far it may leave them is chosen by words that a fit did not see, so a few words change little. It
prints precision, recall and F1 of the judged words before the fit, and after it for words that the fit did not see.
With fewer than 40 words, or 8 of a kind, nothing is written. The same words and texts give the same file.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sketches import kernels
from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of
from stream.config.weights_file import encode_weights, word_model_of
from stream.embedded.replay_clock import ReplayClock
from stream.errors import NewWordsError, UsageError
from stream.fitting.judged_rows import Collector, JudgedRows
from stream.fitting.judged_words import of_file, of_verdicts
from stream.fitting.refit import Refit, Score, bounds_of, refit, too_few
from stream.outputs.files import destination
from stream.outputs.progress import Progress
from stream.outputs.read_report import report
from stream.sources.source_options import add_source_arguments, open_source
from stream.verdicts.verdict import Verdict

BATCH = 1000
TOPIC = "topic"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words fit`."""
    add = parser.add_argument
    add("words", metavar="WORDS", help="judged words: JSON lines or CSV; left out with --verdicts")
    add_source_arguments(parser)
    add("--verdicts", metavar="STORE", help=f"judged words from a store of the desk, or from the {TOPIC} word-verdicts")
    add("--out", required=True, metavar="FILE", help="write the weights to this file, for finder.weights")
    add("--quiet", action="store_true", help="no progress bar, no closing lines")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Read the words and the texts, fit, and write the weights."""
    if args.verdicts:
        args.sources = [args.words, *args.sources]
    config = config_of(args)
    judged = of_verdicts(_verdicts(args.verdicts, config)) if args.verdicts else of_file(args.words)
    if not judged:
        raise UsageError(f"{args.verdicts or args.words}: no judged word is in it")
    rows, failed = _rows(args, config, judged)
    if failed:
        return failed
    if fault := too_few(rows):
        raise NewWordsError(f"not fitted: {fault} ({len(judged)} were given)")
    fitted = refit(rows, word_model_of(""), bounds_of(config.trends))
    with destination(args.out, "--out") as out:
        out.write(encode_weights(fitted.model, _about(rows, fitted)))
    if not args.quiet:
        _show(rows, len(judged), fitted)
    return 0


def _rows(args: argparse.Namespace, config: Config, judged: dict[str, bool]) -> tuple[JudgedRows, int]:
    source = open_source(args, config.kafka, config.text, config.text.max_bytes + 1)
    kernels.load()
    reading, collector = ReplayClock(config.text), Collector(config, judged)
    with Progress(source.total_bytes, quiet=args.quiet) as progress, closing(source.batches(None, BATCH)) as batches:
        for batch in batches:
            collector.feed(reading.texts(batch))
            progress.update(source.read_bytes, collector.texts)
        rows = collector.finish()
    return rows, report(reading.tally, reading.settings, args.quiet)


def _verdicts(where: str, config: Config) -> Sequence[Verdict]:
    if where == TOPIC:
        from stream.log.kafka import KafkaSource
        from stream.verdicts.verdict_follower import VerdictFollower

        client = f"{config.kafka.client_id}-fit"
        topic = config.topics.word_verdicts
        with closing(VerdictFollower(lambda: KafkaSource(config.kafka, topic, None, client))) as follower:
            follower.catch_up()
            return list(follower.book.verdicts.values())
    from stream.store.history import History
    from stream.store.words import verdicts_of

    if not Path(where).is_file():
        raise UsageError(f"--verdicts {where}: there is no such store")
    with closing(History(where, config.store.events)) as history, history.reading() as connection:
        return verdicts_of(connection)


def _about(rows: JudgedRows, fitted: Refit) -> dict[str, object]:
    accepted = int(rows.accepted.sum())
    return {"words": len(rows.words), "accepted": accepted, "penalty": fitted.penalty,
            "before": _figures(fitted.before), "after": _figures(fitted.after)}  # fmt: skip


def _figures(one: Score) -> dict[str, float]:
    return {"precision": round(one.precision, 4), "recall": round(one.recall, 4), "f1": round(one.f1, 4)}


def _show(rows: JudgedRows, given: int, fitted: Refit) -> None:
    accepted = int(rows.accepted.sum())
    lines = [f"{len(rows.words):,} of {given:,} judged words were candidates here, {accepted:,} of them accepted",
             f"{'':<34}precision  recall    F1"]  # fmt: skip
    for name, one in (("with the shipped weights", fitted.before), ("fitted, words it did not see", fitted.after)):
        lines.append(f"{name:<34}{one.precision:9.2f}{one.recall:8.2f}{one.f1:6.2f}")
    if not fitted.penalty:
        lines.append("the judged words ask for nothing that the shipped weights do not do: these were written")
    print("\n".join(lines), file=sys.stderr)
