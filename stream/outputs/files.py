"""Where a command writes: stdout, or a file; one opener for all of them."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from stream.errors import NewWordsError
from stream.sources.base import is_regular


@contextmanager
def destination(path: str | None, option: str = "--output", whole: bool = True) -> Iterator[BinaryIO]:
    """Stdout without a path. A `whole` file appears, or replaces the one before, only when it is complete; others grow
    as they are written, for somebody may follow them. A device or pipe is written to as it is.
    Raises NewWordsError that names the option.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    final = part = Path(path)
    if whole and is_regular(path):
        final = final.resolve()  # what a link points at is replaced, not the link
        part = final.with_name(f".{final.name}.{os.getpid()}.part")
    try:
        file = part.open("wb")
    except OSError as error:
        raise NewWordsError(f"{option} {path}: {error.strerror}") from error
    try:
        with file:
            yield file
        if part != final:
            part.replace(final)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise NewWordsError(f"{option} {path}: {error.strerror}") from error
    finally:
        if part != final:
            part.unlink(missing_ok=True)


def reader_gone() -> bool:
    """Whether nobody reads stdout any more, as behind `new-words replay … | head`."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
