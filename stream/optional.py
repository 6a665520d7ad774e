"""Imports optional libraries when they are needed, and says what to install if they are missing."""

import importlib
from typing import Any

from stream.errors import UsageError


def extra(module: str, what: str, name: str) -> Any:
    """Import the module of an optional extra. Raises UsageError that says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(f"{what} needs {module.partition('.')[0]}: {install(name)}") from error


def install(name: str) -> str:
    """Return the command that installs an extra."""
    return f"pip install 'new-words[{name}]'"
