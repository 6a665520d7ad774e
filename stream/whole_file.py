"""Writes a file that appears whole or not at all, and that no other user can interfere with while it is written.

The content goes to a new file beside it, `.NAME.PID.part`. An existing link or file of that name is not followed or
reused, because in a folder that others may write to, they could have planted it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE, SHARED = 0o600, 0o666  # the second as the umask allows


@contextmanager
def whole_file(path: Path, mode: int = SHARED, is_synced: bool = False) -> Iterator[BinaryIO]:
    """Replace `path` when the `with` block ends without an exception. Raises OSError.

    A part left behind by a process with the same number is deleted first.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
            yield file
            if is_synced:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise
