"""The entry point: command line -> one command and its exit code.

Only the module of the command is imported. An expected error (`stream.errors`) is one line on stderr; any other
exception is a bug, which keeps its traceback and Python's exit code 1.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from sketches.kernels import tell_when_compiling
from stream.errors import NewWordsError
from stream.version import __version__

COMMANDS = (
    ("run", "the service on Kafka"),
    ("replay", "the same pipeline on files or stdin, no broker"),
    ("suggest", "the configuration that fits a stream, with reasons, and what it would announce"),
    ("discover", "all words of a corpus, exact, as a batch job"),
    ("ingest", "texts from files, stdin or a database into Kafka"),
    ("simulate", "a simulated stream with planted new words"),
    ("watch", "follow the new words in the terminal"),
    ("explain", "why a word was or was not announced"),
    ("export", "the words of a period for segmenters, search engines, input methods, tables"),
    ("push", "new words to a webhook, signed, at least once"),
    ("verdict", "record a reviewer's verdict on a word: accept, refuse, part of another"),
    ("fit", "fit the word model to words that you judged"),
    ("backfill", "give a new service its past from an archive"),
    ("estimate", "counts of characters and pairs, from the stored sketches"),
    ("warm-up", "compile in advance what the first run would compile"),
)
COMPILING = "new-words: compiling with numba, some seconds; new-words warm-up does it beforehand"
INTERRUPTED = 130  # as shells say it of Ctrl-C: 128 + SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code: 0 done, 1 runtime failure, 2 wrong usage or configuration, 130 interrupted."""
    asked = list(sys.argv[1:] if argv is None else argv)
    try:
        args = parser_for(asked).parse_args(asked)
        if not getattr(args, "quiet", False):
            tell_when_compiling(lambda: print(COMPILING, file=sys.stderr, flush=True))
        code: int = args.main(args)
        if argv is None:  # else the interpreter would look for garbage once more before it ends, a tenth of a short run
            gc.freeze()
        if sys.stdout:
            sys.stdout.flush()  # a reader that has gone is noticed here, not at the interpreter's end
        return code
    except NewWordsError as error:
        for line in str(error).splitlines() or [type(error).__name__]:
            print(f"new-words: {line}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        from stream.outputs.files import reader_gone  # no earlier, for --help needs none of it

        if not reader_gone():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still buffered
        return 0


def parser_for(asked: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser that knows the names of all commands, and the options of the requested one."""
    parser = argparse.ArgumentParser(prog="new-words", description="Finds trending new words in a stream of texts.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = next((word for word in asked if not word.startswith("-")), None)
    for name, summary in COMMANDS:
        path = f"stream.commands.{name.replace('-', '_')}"
        if find_spec(path) is None:
            continue
        module = import_module(path) if name == wanted else None
        one = commands.add_parser(
            name,
            help=summary,
            description=module.__doc__ if module else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module:
            module.add_arguments(one)
            one.set_defaults(main=module.main)
    return parser


if __name__ == "__main__":
    sys.exit(main())
