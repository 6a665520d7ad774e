"""For an image: loops that were compiled when it was made are read from beside the code, though nothing can be written.

numba is told by NUMBA_CACHE_LOCATOR_CLASSES=sketches.numba_cache.NumbaCache, and by NUMBA_CPU_NAME=generic not to
compile for the very processor that made the image. See Dockerfile.
"""

from numba.core.caching import InTreeCacheLocator


class NumbaCache(InTreeCacheLocator):  # type: ignore[misc]
    """Beside the code, whether or not that can be written."""

    def ensure_cache_path(self) -> None:
        """Numba's own tries to write, and passes the place over if it cannot."""
