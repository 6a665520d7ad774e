"""Run the embedded pipeline and serve the page beside it: `replay --serve`.

Two threads share the pipeline. One feeds it; the other takes a snapshot for the page a few times a second and answers
the questions asked there. They alternate, so neither can starve the other, and snapshots take at most a twentieth of
the time.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from prometheus_client import CollectorRegistry

from stream.embedded.pipeline import Pipeline
from stream.embedded.word_trace import explain_embedded
from stream.events.events import Event
from stream.text.message import Text
from stream.trends.explain import Explanation
from stream.trends.leaderboard import Leaderboard
from stream.web.page import Page
from stream.web.server import Server

SLICE = 100  # texts fed at a time; the page waits at most that long
SNAPSHOT_S = 0.25
REST = 19  # pause after a snapshot, in multiples of its duration


class LivePage:
    """Has `feed` and `finish` like `Pipeline`. Serves from construction until `close`."""

    def __init__(self, pipeline: Pipeline, port: int | None) -> None:
        settings = pipeline.config.server
        self._pipeline = pipeline
        self._page, self._board = Page(), Leaderboard(settings.page_words)
        self._pipeline_lock, self._turn, self._closing = threading.Lock(), threading.Lock(), threading.Event()
        self._server = Server(replace(settings, port=port), CollectorRegistry(), lambda: True, lambda: True,
                              self._page.routes)  # fmt: skip
        self.port = self._server.port
        self._server_thread = threading.Thread(target=self._serve_snapshots, daemon=True)
        self._server_thread.start()

    def feed(self, texts: Sequence[Text]) -> Iterator[Event]:
        """Process texts and yield the resulting events."""
        for first in range(0, len(texts), SLICE):
            with self._exclusive():
                events = list(self._pipeline.feed(texts[first : first + SLICE]))
                self._board.add(events)
            yield from events

    def finish(self) -> Iterator[Event]:
        """End of input: process the remaining texts and yield the events."""
        with self._exclusive():
            events = list(self._pipeline.finish())
            self._board.add(events)
        yield from events

    def stay(self) -> None:
        """Block until the process is interrupted."""
        threading.Event().wait()

    def close(self) -> None:
        """Stop serving."""
        self._closing.set()
        self._server_thread.join()
        self._server.close()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Exclusive use of the pipeline, in order of request."""
        with self._turn:
            self._pipeline_lock.acquire()
        try:
            yield
        finally:
            self._pipeline_lock.release()

    def _serve_snapshots(self) -> None:
        pause_s = SNAPSHOT_S
        while not self._closing.wait(pause_s):
            with self._exclusive():
                begun_s = time.monotonic()
                self._board.follow(self._pipeline.trends)
                self._page.show(self._board.snapshot(self._pipeline.trends.as_of_s, live=True))
                pause_s = max(SNAPSHOT_S, REST * (time.monotonic() - begun_s))
                self._page.answer(self._explain)

    def _explain(self, word: str) -> Explanation:
        return explain_embedded(word, self._pipeline)
