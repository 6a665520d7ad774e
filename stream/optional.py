"""Libraries that only some users need: imported when they are wanted, and named when they are not there."""

import importlib
from typing import Any

from stream.errors import UsageError


def extra(module: str, what: str, name: str) -> Any:
    """The module of an optional extra. Raises UsageError with the one line that says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(f"{what} needs {module.partition('.')[0]}: {install(name)}") from error


def install(name: str) -> str:
    """How an extra is installed."""
    return f"pip install 'new-words[{name}]'"
