"""How far a source was read and its texts were sent, in a small file that outlives the process.

One JSON object: {"source": what it belongs to, "cursor": where to go on, "mark": what `delivery` must not forget,
"in_doubt": whether more may have been sent}. It is replaced whole, and synced to disk, so a crash leaves the position
of one batch or of the one before, never half of one. Only its owner may read it: it names a source, and where from a
query or a filter it may hold what others need not see.
"""

from pathlib import Path
from typing import Any

import orjson

from stream.errors import NewWordsError, UsageError
from stream.ingest.deduplicated_send import Mark
from stream.whole_file import PRIVATE, whole_file


class Checkpoint:
    """`cursor` is where to go on, None = at the beginning. Without a path nothing is kept.

    Raises UsageError if the file is none of ours or belongs to another source.
    """

    def __init__(self, path: str | None, source: str) -> None:
        self._path, self._source = path, source
        self.cursor: Any = None
        self.mark: Mark | None = None
        self.in_doubt = False
        if path is not None:
            self._read(path)
        self._resumed = self.cursor is not None

    def __str__(self) -> str:
        return f", from the position in {self._path}" if self._resumed else ""

    def keep(self, cursor: Any, mark: Mark, in_doubt: bool) -> None:
        """Everything up to `cursor` is done; behind it something may have been sent."""
        self.cursor, self.mark, self.in_doubt = cursor, mark, in_doubt
        if self._path is None:
            return
        kept = {"source": self._source, "cursor": cursor, "mark": mark, "in_doubt": in_doubt}
        try:
            with whole_file(Path(self._path), PRIVATE, is_synced=True) as file:
                file.write(orjson.dumps(kept, option=orjson.OPT_NON_STR_KEYS))
        except OSError as error:
            raise NewWordsError(f"--resume {self._path}: {error.strerror}") from error

    def _read(self, path: str) -> None:
        try:
            kept = orjson.loads(Path(path).read_bytes())
            source, self.cursor, self.in_doubt = kept["source"], kept["cursor"], bool(kept["in_doubt"])
            mark = kept["mark"]
            floors = {int(partition): int(offset) for partition, offset in mark["floors"].items()}
            self.mark = Mark(str(mark["sender"]), str(mark["topic"]), int(mark["number"]), floors)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"--resume {path}: {getattr(error, 'strerror', None) or 'is no position'}") from error
        if source != self._source:
            raise UsageError(f"--resume {path}: is a position in {source}, not in {self._source}")
