"""Record a reviewer's verdict on a word: accept, refuse, or part of another word. It takes effect at once, and lasts.

    new-words verdict 元宇宙 accept --note "term of 2021" --by mei
    new-words verdict 哈哈哈哈 refuse
    new-words verdict 三天三夜不 part-of 三天三夜
    new-words verdict 元宇宙 withdraw
    new-words verdict 元宇宙 accept --url https://words.example.org
    new-words verdict 元宇宙 accept --set store.path=words.sqlite --store

A refused word, or one that is part of another, leaves the page and the topic's state and is announced no more; with
trends.hold only accepted words are announced, and a held word is announced when it is accepted. The verdict is
written to topic word-verdicts; with --url the service writes it, which requires server.token (best set in the
environment: NEWWORDS_SERVER__TOKEN); with --store it is written to the store of a replay, for its next run.
The last verdict on a word counts.
"""

import argparse
import json
import sys
import time
from contextlib import closing
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from stream.config.arguments import add_config_arguments
from stream.config.config import Config, config_of
from stream.errors import SourceError, UsageError
from stream.verdicts.verdict import ACCEPTED, PART_OF, REFUSED, Verdict
from stream.web.settings import token_of

SAYINGS = {"accept": ACCEPTED, "refuse": REFUSED, "part-of": PART_OF, "withdraw": ""}
TIMEOUT_S = 15.0
MOST_BYTES = 1 << 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `new-words verdict`."""
    add = parser.add_argument
    add("word", metavar="WORD")
    add("saying", choices=tuple(SAYINGS), help="the verdict")
    add("other", metavar="OTHER", nargs="?", help="the word that it is part of")
    add("--note", default="", metavar="TEXT", help="the reason, shown to other reviewers")
    add("--by", default="", metavar="NAME", help="name of the reviewer")
    add("--url", metavar="URL", help="let the service at this address write it, instead of Kafka")
    add("--store", action="store_true", help="write to the file of store.path, instead of Kafka")
    add("--quiet", action="store_true", help="no closing line")
    add_config_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Write one verdict."""
    config = config_of(args)
    one = asked(args, time.time())
    if args.url:
        _to_service(args.url, one, config)
    elif args.store:
        _to_store(one, config)
    else:
        _to_topic(one, config)
    if not args.quiet:
        print(f"{one.word}: {one.verdict.replace('_', ' ') or 'no verdict any more'}{(one.of and f' {one.of}') or ''}",
              file=sys.stderr)  # fmt: skip
    return 0


def asked(args: argparse.Namespace, now_s: float) -> Verdict:
    """Return the verdict; an empty one withdraws it. Raises UsageError."""
    if args.url and args.store:
        raise UsageError("--url and --store: name one of the two")
    kind = SAYINGS[args.saying]
    one = Verdict(args.word.strip(), kind, round(now_s, 3), args.other, args.note, args.by)
    fault = one.fault() if kind else Verdict(one.word, ACCEPTED, 0.0, args.other).fault()
    if fault:
        raise UsageError(f"{args.word} {args.saying}: {fault}")
    return one


def _to_topic(one: Verdict, config: Config) -> None:
    from stream.log.kafka_sink import KafkaSink
    from stream.verdicts.verdict_writer import VerdictWriter

    sink = KafkaSink(config.kafka, f"{config.kafka.client_id}-verdict")
    with closing(VerdictWriter(sink, config.topics.word_verdicts)) as writer:
        writer.judge(one) if one.verdict else writer.withdraw(one.word)


def _to_store(one: Verdict, config: Config) -> None:
    from stream.store.history import History

    if not config.store.path:
        raise UsageError("--store: store.path names no file")
    with closing(History(config.store.path, config.store.events)) as history:
        history.judge(one) if one.verdict else history.withdraw(one.word)


def _to_service(url: str, one: Verdict, config: Config) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"--url {url}: must be http://host:port")
    said = {"verdict": one.verdict, "part_of": one.of, "note": one.note, "by": one.by}
    headers = {"Content-Type": "application/json", "User-Agent": "new-words"}
    if token := token_of(config.server):
        headers["Authorization"] = f"Bearer {token}"
    request = Request(f"{url.rstrip('/')}/api/verdicts/{quote(one.word, safe='')}", headers=headers,
                      data=json.dumps(said).encode() if one.verdict else None,
                      method="PUT" if one.verdict else "DELETE")  # fmt: skip
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:
            answer.read(MOST_BYTES)
    except HTTPError as error:
        with error:
            raise SourceError(f"{url}: {_reason(error)}") from error
    except OSError as error:
        raise SourceError(f"{url}: not written: {error}") from error


def _reason(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read(MOST_BYTES))["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"
