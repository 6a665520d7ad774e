"""`from stream import subscribe`: new words as they come, in a program of yours (`stream.subscription`)."""

from typing import TYPE_CHECKING, Any

from stream.version import __version__

if TYPE_CHECKING:
    from stream.subscription import subscribe

__all__ = ["__version__", "subscribe"]


def __getattr__(name: str) -> Any:
    if name != "subscribe":
        raise AttributeError(f"module 'stream' has no attribute {name!r}")
    from stream.subscription import subscribe  # Kafka is imported by those only who ask for it

    return subscribe
