"""New words in a program of yours: `subscribe` to them as they come (`stream.subscription`), or `read_events` as a
table (`stream.frames`).
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
    return getattr(import_module(_HOMES[name]), name)  # Kafka is imported by those only who ask for it
