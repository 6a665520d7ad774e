"""Store how far a source was read and sent, in a small file that survives the process.

One JSON object: {"source": the source it belongs to, "cursor": where to continue, "mark": the state of
`deduplicated_send`, "in_doubt": whether more may have been sent}. The file is replaced in one step and synced to disk,
so after a crash it holds the position of the last batch or of the one before. Only its owner may read it, as the name
of the source may contain a query.
"""

from pathlib import Path
from typing import Any

import orjson

from stream.errors import NewWordsError, UsageError
from stream.ingest.deduplicated_send import Mark
from stream.whole_file import PRIVATE, whole_file


class Checkpoint:
    """`cursor` is where to continue, None for the beginning. Without a path nothing is stored.

    Raises UsageError if the file is not a position or belongs to another source.
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
        """Store that everything up to `cursor` is done; `in_doubt` if messages after it may have been sent."""
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
