"""Bytes -> a file that appears whole or not at all, and that nobody else had a hand in while it was written.

What is written goes into a part beside it, `.NAME.PID.part`, made anew: a link or a file that somebody planted under
that name is not followed and not taken over, for in a folder that others may write to it would be theirs to choose.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE, SHARED = 0o600, 0o666  # the second as the umask allows


@contextmanager
def whole_file(path: Path, mode: int = SHARED, is_synced: bool = False) -> Iterator[BinaryIO]:
    """Replaces `path` when what stands in the block has ended well. Raises OSError.

    A part that a process of the same number left behind is deleted first.
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
