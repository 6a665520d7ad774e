"""How far a source was read, in a small file that outlives the process.

One JSON object: {"source": what it belongs to, "cursor": where to go on}. It is replaced whole, and synced to disk, so
a crash leaves the position of one batch or of the one before, never half of one.
"""

import os
from pathlib import Path
from typing import Any

import orjson

from stream.errors import NewWordsError, UsageError


class Position:
    """`cursor` is where to go on, None = at the beginning. Without a path nothing is kept.

    Raises UsageError if the file is none of ours or belongs to another source.
    """

    def __init__(self, path: str | None, source: str) -> None:
        self._path, self._source = path, source
        self.cursor = None if path is None else self._read(path)
        self._resumed = self.cursor is not None

    def __str__(self) -> str:
        return f", from the position in {self._path}" if self._resumed else ""

    def keep(self, cursor: Any) -> None:
        """Everything up to `cursor` is done."""
        self.cursor = cursor
        if self._path is None:
            return
        final = Path(self._path)
        part = final.with_name(f".{final.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                file.write(orjson.dumps({"source": self._source, "cursor": cursor}))
                file.flush()
                os.fsync(file.fileno())
            part.replace(final)
        except OSError as error:
            raise NewWordsError(f"--resume {self._path}: {error.strerror}") from error

    def _read(self, path: str) -> Any:
        try:
            kept = orjson.loads(Path(path).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, orjson.JSONDecodeError) as error:
            raise UsageError(f"--resume {path}: {getattr(error, 'strerror', None) or 'is no position'}") from error
        if not isinstance(kept, dict) or set(kept) != {"source", "cursor"}:
            raise UsageError(f"--resume {path}: is no position")
        if kept["source"] != self._source:
            raise UsageError(f"--resume {path}: is a position in {kept['source']}, not in {self._source}")
        return kept["cursor"]
