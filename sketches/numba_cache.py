"""A cache locator for numba that reads compiled loops from beside the code even where nothing can be written.

For the container image, whose loops are compiled when it is built. Used through
NUMBA_CACHE_LOCATOR_CLASSES=sketches.numba_cache.NumbaCache; NUMBA_CPU_NAME=generic makes numba compile for any
processor of the architecture. See Dockerfile.
"""

from numba.core.caching import InTreeCacheLocator


class NumbaCache(InTreeCacheLocator):  # type: ignore[misc]
    """A locator that uses the folder of the source file, writable or not."""

    def ensure_cache_path(self) -> None:
        """Do nothing: numba would try to write here, and skip the folder if that fails."""
