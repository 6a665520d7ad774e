"""Open what a command writes to: stdout or a file."""

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
    """Stdout if there is no path. A `whole` file is created or replaced only when complete; other files grow while they
    are written, so that they can be followed. Devices and pipes are opened directly.
    Raises NewWordsError that names the option.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    try:
        # A symbolic link is followed: its target is replaced.
        opened = whole_file(Path(path).resolve()) if whole and is_regular(path) else Path(path).open("wb")  # noqa: SIM115
        with opened as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise NewWordsError(f"{option} {path}: {error.strerror}") from error


def reader_gone() -> bool:
    """Whether the reader of stdout is gone, as with `new-words replay … | head`."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
