"""Choose which implementation of an array function runs: numpy, or a loop compiled by numba.

A kernel is an ordinary function over arrays, written with numpy and decorated with `@kernel("module")`. Where numba is
installed, the function of the same name in that module runs instead; it takes the same arguments and gives the same
result, to the bit (`tests/sketches/test_kernels.py` holds each to its twin). It may return None for a case it does not
handle; then numpy runs after all. Callers call the decorated function and never ask which one runs.

Cost: one dictionary look-up a call. Loading numba takes .4 s of processor and 115 MB, so a process loads it when its
kernels have been given `PAYS_FROM` elements, or at once if it calls `load`; before that numpy does the work.
"""

import os
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

PAYS_FROM = 1 << 23  # elements: over all kernels an element passes, numpy takes 20 to 60 ns longer
Mode = Literal["auto", "numba", "numpy"]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])
every: dict[tuple[str, str], Callable[..., Any]] = {}
"""The kernels of all modules imported so far, by module and name of the loop."""


def kernel(module: str) -> Callable[[Kernel], Kernel]:
    """Let the function of the same name in `module` run instead of the decorated one, if numba is installed and
    worthwhile.

    The first argument is an array or anything else with a length, which says how much work there is.
    """

    def decorated(plain: Kernel) -> Kernel:
        name = plain.__name__

        @wraps(plain)
        def run(*args: Any) -> Any:
            if _choice.is_numba or _choice.pays(len(args[0])):
                twin = _choice.twin(module, name)
                result = None if twin is None else twin(*args)
                if result is not None:
                    return result
            return plain(*args)

        every[module, name] = run
        return cast(Kernel, run)

    return decorated


def use(mode: Mode) -> Mode:
    """Set which implementation runs from now on, for tests and measurements; return the previous choice."""
    before, _choice.mode = _choice.mode, mode
    _choice.is_numba = mode == "numba" or (mode == "auto" and _choice.is_loaded)
    return before


def load() -> None:
    """Use numba from now on, however little work there is. Without numba this does nothing."""
    _choice.is_loaded = True
    use(_choice.mode)


def tell_when_compiling(tell: Callable[[], None]) -> None:
    """Call `tell` once in this process, just before the first loop is compiled, which takes seconds."""
    _choice.tell = tell


def compiling() -> None:
    """Report that a loop is about to be compiled."""
    tell, _choice.tell = _choice.tell, None
    if tell:
        tell()


def is_installed() -> bool:
    """Whether numba is installed; loads nothing."""
    return find_spec("numba") is not None


def keeps_compiled(path: str) -> bool:
    """Whether the compiled code of this source is or can be cached beside it; if not, each process compiles it."""
    return os.access(Path(path).parent, os.W_OK) or "NUMBA_CACHE_LOCATOR_CLASSES" in os.environ


class _Choice:
    """The decision of this process so far."""

    def __init__(self) -> None:
        self.mode: Mode = "auto"
        self.is_numba = self.is_loaded = False
        self._given = 0  # elements
        self._twins: dict[tuple[str, str], Callable[..., Any] | None] = {}
        self.tell: Callable[[], None] | None = None

    def pays(self, elements: int) -> bool:
        """Whether numba is worthwhile after that many more elements."""
        if self.mode != "auto":
            return False
        self._given += elements
        if self._given >= PAYS_FROM:
            load()
        return self.is_numba

    def twin(self, module: str, name: str) -> Callable[..., Any] | None:
        """Return the function of that module; None without numba."""
        key = module, name
        if key not in self._twins:
            try:
                self._twins[key] = getattr(import_module(module), name)
            except ImportError:
                self._twins[key] = None
        return self._twins[key]

    def forget(self) -> None:
        """Look for numba again, for tests."""
        self._twins.clear()


_choice = _Choice()
