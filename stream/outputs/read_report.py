"""Reports on stderr what a command could and could not read, and derives the exit code.

What was left out is reported unless the command is quiet; failures and warnings always are.
"""

import sys
from collections.abc import Callable

from stream.outputs.terminal import visible
from stream.sources.read_tally import ReadTally
from stream.text.message import TextSettings

FAILED = 1


def teller(quiet: bool) -> Callable[[str], None]:
    """Return a function that prints a line on stderr, or does nothing if the command is quiet."""
    return (lambda line: None) if quiet else (lambda line: print(visible(line), file=sys.stderr))


def report(tally: ReadTally, settings: TextSettings, quiet: bool = False, only_with_hint: bool = False) -> int:
    """Print the report. Return the exit code: 1 if nothing, or nearly nothing, could be read."""
    lines = [] if quiet and not tally.failed else list(tally.summary())
    lines += [*tally.warnings(settings, only_with_hint), *tally.failure(settings)]
    for line in lines:
        print(visible(line), file=sys.stderr)
    return FAILED if tally.failed else 0
