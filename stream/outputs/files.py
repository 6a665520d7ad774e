"""Where a command writes: stdout, or a file; one opener for all of them."""

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from stream.errors import NewWordsError
from stream.sources.base import is_regular
from stream.whole_file import whole_file


@contextmanager
def destination(path: str | None, option: str = "--output", whole: bool = True) -> Iterator[BinaryIO]:
    """Stdout without a path. A `whole` file appears, or replaces the one before, only when it is complete; others grow
    as they are written, for somebody may follow them. A device or pipe is written to as it is.
    Raises NewWordsError that names the option.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    try:
        # What a link points at is replaced, not the link.
        opened = whole_file(Path(path).resolve()) if whole and is_regular(path) else Path(path).open("wb")  # noqa: SIM115
        with opened as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise NewWordsError(f"{option} {path}: {error.strerror}") from error


def reader_gone() -> bool:
    """Whether nobody reads stdout any more, as behind `new-words replay … | head`."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
