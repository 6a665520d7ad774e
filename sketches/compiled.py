"""Loops compiled by numba, where it is installed; without it numpy does the same, in three times the time.

A module of numpy asks here for its module of loops at the moment it has work for it, so a process that counts and cuts
nothing never loads numba, which takes 115 MB, most of it pages of LLVM that processes share.
`tests/sketches/test_compiled.py` holds every loop to its numpy twin.
"""

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

numpy_only = False
"""Set where both are to be compared."""


def compiled(name: str) -> ModuleType | None:
    """The module of loops of that name; None without numba."""
    return None if numpy_only else _imported(name)


def kind() -> str:
    """What does the work, for whoever reads a log; loads nothing."""
    return "loops compiled by numba" if find_spec("numba") else "numpy (numba, if installed, is three times as fast)"


def is_kept(path: str) -> bool:
    """Whether what is compiled of this source is kept beside it, or may be; else each process compiles for itself."""
    return os.access(Path(path).parent, os.W_OK) or "NUMBA_CACHE_LOCATOR_CLASSES" in os.environ


@cache
def _imported(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
