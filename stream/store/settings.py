"""Settings of the section `store`: the path of the file, and how many events it keeps."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where announced words are kept; an empty path is a store in memory."""

    path: str = ""
    events: int = 200_000

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = []
        if self.path and not Path(self.path).parent.is_dir():
            wrong.append(("path", "must be a file in a folder that is there"))
        if self.path and Path(self.path).is_dir():
            wrong.append(("path", "must be a file, not a folder"))
        if self.events < 100:
            wrong.append(("events", "must be at least 100"))
        return wrong
