"""Public interface for other programs: `subscribe`, which yields new words as they are announced, and `__version__`."""

from typing import TYPE_CHECKING, Any

from stream.version import __version__

if TYPE_CHECKING:
    from stream.subscription import subscribe

__all__ = ["__version__", "subscribe"]


def __getattr__(name: str) -> Any:
    if name != "subscribe":
        raise AttributeError(f"module 'stream' has no attribute {name!r}")
    from stream.subscription import subscribe  # imports Kafka, so only when it is used

    return subscribe
