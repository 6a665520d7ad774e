"""Public interface for other programs: `subscribe`, which yields new words as they are announced, `read_events`, which
reads them as a table, and `__version__`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stream.version import __version__

if TYPE_CHECKING:
    from stream.frames import read_events
    from stream.subscription import subscribe

__all__ = ["__version__", "read_events", "subscribe"]
_HOMES = {"read_events": "stream.frames", "subscribe": "stream.subscription"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stream' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)  # imports Kafka, so only when it is used
