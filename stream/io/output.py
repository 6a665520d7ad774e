"""Where a command writes to: stdout, or a file that appears when it is whole."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from stream.errors import NewWordsError
from stream.io.rereadable import is_regular


@contextmanager
def destination(path: str | None, option: str = "--output") -> Iterator[BinaryIO]:
    """Stdout for None; a file is replaced at the end, all or nothing; a device or pipe is written to as it is.

    Raises NewWordsError, which names the option, if it cannot be written.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    final = part = Path(path)
    if is_regular(path):
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
        raise NewWordsError(f"{option} {path}: {error.strerror}") from error
    finally:
        if part != final:
            part.unlink(missing_ok=True)
