"""The route /metrics: renders the metrics for Prometheus on a thread of its own.

One rendering runs at a time, later requests wait for the next one, and renderings take at most a twentieth of the time:
until then the last result is sent again.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

REST = 19  # times its own duration a rendering is followed by none


class MetricsPage:
    """The metrics of a registry; `answer` is the route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._worker = ThreadPoolExecutor(1, "metrics")
        self._lock: asyncio.Lock | None = None
        self._body, self._fresh_until_s = b"", float("-inf")

    async def answer(self, _: Request) -> Response:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if time.monotonic() >= self._fresh_until_s:
                await asyncio.get_running_loop().run_in_executor(self._worker, self._render)
        return Response(self._body, media_type=CONTENT_TYPE_LATEST)

    def close(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _render(self) -> None:
        begun_s = time.monotonic()
        self._body = generate_latest(self._registry)
        now_s = time.monotonic()
        self._fresh_until_s = now_s + REST * (now_s - begun_s)
