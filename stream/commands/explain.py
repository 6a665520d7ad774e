"""Why a word was or was not announced: its links, counts, past, neighbours, and the rule that stopped it.

    new-words explain 元宇宙 titles.jsonl.xz --config hotlist.yaml
    new-words explain 元宇宙 titles.jsonl.xz --at 2021-10-28
    new-words explain 元宇宙 posts.csv --column body --ts-column posted_at
    new-words explain 元宇宙 --url http://localhost:9464

A word is announced when it passes every rule, and the first rule that it fails stops it:

    unbroken, length          It must be one run of text, and not too long.
    announced, warmup         It was announced already; or nothing is announced yet (trends.warmup_windows).
    rare, usual               In too few texts (trends.min_texts); in no more than chance explains (min_surprise).
    seen                      Already in texts before the horizon (trends.novelty, novelty.memory_s).
    denied, known, quantity   On a list (known_words.*) or refused; only a number, date or amount.
    speaker, few_sources      The name of a source or of a person addressed; too few sources (min_sources).
    unlikely                  By its neighbours, links and parts more likely a fragment or a phrase than a word
                              (min_probability).
    fragment, rate            A part of an announced word; not among the best of a day (events_a_day).

With SOURCE (as for `replay`; --source-format is the format of its files) the texts are replayed and the word is
followed. The explanation is of the moment at which it stood out most, or of the time given by --at. With --url the
running service is asked, as of now; of several processes only the announcer can answer. A private server requires
server.token (best set in the environment: NEWWORDS_SERVER__TOKEN, or server.token_file). --format json prints the same
as JSON.
"""

import argparse
import sys
import time
from collections.abc import Iterator

import orjson

from stream.commands.export import moment
from stream.commands.replay import texts_of
from stream.config.arguments import add_config_arguments
from stream.config.config import config_of
from stream.embedded.pipeline import Pipeline
from stream.embedded.replay_clock import ReplayClock
from stream.embedded.word_trace import WordTrace
from stream.errors import UsageError
from stream.events.events import Neighbours, encode, iso
from stream.outputs.progress import Progress
from stream.outputs.read_report import report, teller
from stream.outputs.terminal import visible
from stream.sources.source_options import add_source_arguments, open_source
from stream.sources.word_list_files import KnownWords
from stream.trends.explain import Explanation, encode_explanation
from stream.web.explain_client import explanation_from
from stream.web.settings import token_of

MARKS = {True: "✓", False: "✕"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words explain`."""
    parser.add_argument("word", metavar="WORD")
    add_source_arguments(parser, "source-")
    parser.add_argument("--at", metavar="TIME", help="explain as of then: ISO 8601, UTC where it names no zone")
    parser.add_argument("--url", metavar="URL", help="ask the service that runs there, for example http://host:9464")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default %(default)s)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Explain one word."""
    at_s = None if args.at is None else moment(args.at, time.time())
    faults = [fault for wrong, fault in (
        (not args.word.strip(), "WORD: must not be empty"),
        (bool(args.url) == bool(args.sources), "SOURCE or --url: name what to ask, one of the two"),
        (args.at is not None and at_s is None, f"--at {args.at}: must be a time such as 2024-01-31T18:00:00+08:00"),
        (args.at is not None and args.url, "--at: goes with SOURCE; the service explains as of now"),
    ) if wrong]  # fmt: skip
    if faults:
        raise UsageError("\n".join(faults))
    if args.url:
        one = explanation_from(args.url, args.word.strip(), token_of(config_of(args).server))
        _print(encode_explanation(one) if args.format == "json" else list(_lines(one)))
        return 0
    inquiry, failed = _followed(args, at_s)
    if failed and not inquiry.texts:
        return failed
    one = inquiry.explanation
    if args.format == "json":
        found = {"occurrences": inquiry.occurrences, "texts_read": inquiry.texts,
                 "events": [orjson.Fragment(encode(event)) for event in inquiry.events]}  # fmt: skip
        _print(orjson.dumps(orjson.loads(encode_explanation(one)) | found))
    else:
        _print([*_lines(one), "", *_history(inquiry)])
    return failed


def _followed(args: argparse.Namespace, at_s: float | None) -> tuple[WordTrace, int]:
    config = config_of(args)
    source = open_source(args, config.kafka, config.text, config.text.max_bytes + 1)
    reading = ReplayClock(config.text)
    known = KnownWords(config.known_words, teller(args.quiet))
    inquiry = WordTrace(Pipeline(config, known.lists), args.word.strip(), at_s)
    with Progress(source.total_bytes, quiet=args.quiet) as progress:
        for texts in texts_of(source, reading):
            inquiry.feed(texts)
            progress.update(source.read_bytes, inquiry.texts)
            if inquiry.over:
                break
        inquiry.finish()
    return inquiry, report(reading.tally, reading.settings, args.quiet)


def _print(what: bytes | list[str]) -> None:
    lines = [what.decode()] if isinstance(what, bytes) else what
    sys.stdout.write("".join(f"{visible(line)}\n" for line in lines))


def _lines(one: Explanation) -> Iterator[str]:
    yield f"{one.word}, as of {iso(one.as_of_s)}"
    yield f"{one.verdict}."
    yield ""
    yield f"  links     {_chain(one)}"
    if len(one.pieces) > 1:
        yield f"  cut into  {' | '.join(one.pieces)}"
    yield f"  texts     {one.count}, expected {one.baseline:.1f}, score {one.score:.1f}, surprise 10^{one.surprise:.1f}"
    yield f"  earlier   {one.earlier} texts at most before the horizon"
    yield f"  a word    with a probability of {one.probability:.0%}"
    if one.first_seen_s is not None:
        yield f"  since     {iso(one.first_seen_s)}"
    yield f"  before    {_side(one.left)}"
    yield f"  after     {_side(one.right)}"
    if one.sources is not None:
        yield f"  sources   {one.sources}"
    for example in one.examples:
        yield f"  example   {example.text}"
    yield ""
    for check in one.checks:
        if check.passed is not None:
            yield f"  {MARKS[check.passed or check.rule == 'announced']} {check.rule:<12}{check.sentence}"
    if unasked := [check.rule for check in one.checks if check.passed is None]:
        yield f"  · not asked   {', '.join(unasked)}"


def _chain(one: Explanation) -> str:
    """Return the characters with the PMI of each link between them, and a bar where the word is cut."""
    if not one.links:
        return one.word
    parts = [one.links[0].left]
    for link in one.links:
        figure = "" if link.pmi is None else f"{link.pmi:.1f}"
        count = "" if link.count is None else f"×{link.count:.0f}"
        bond = {"strong": f"–{figure}{count}–", "token": ""}.get(link.state, f" |{figure}{count}| ")
        parts += [bond, link.right]
    return "".join(parts)


def _side(side: Neighbours) -> str:
    return f"{side.distinct} different" + (f", one of them {side.top_share:.0%}" if side.distinct else "")


def _history(inquiry: WordTrace) -> Iterator[str]:
    yield f"{inquiry.occurrences:,} of {inquiry.texts:,} texts read hold these characters in a row"
    for event in inquiry.events:
        yield (
            f"{iso(event.detected_at_s)} {event.status}: {event.count} texts, expected {event.baseline:.1f}, "
            f"score {event.score:.1f}"
        )
    if not inquiry.events:
        yield "never announced"
