"""The embedded pipeline with the page beside it: `replay --serve`.

Two threads share the pipeline: the one that feeds it, and one that looks at it a few times a second, hands a snapshot
to the page and answers its questions. They take turns; none of them can starve the other, and looks and questions take
at most a twentieth of the time each.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from prometheus_client import CollectorRegistry

from stream.desk.site import Site
from stream.embedded.pipeline import Pipeline
from stream.embedded.word_trace import explain_embedded
from stream.events.events import Event, encode
from stream.store.history import IN_MEMORY, History
from stream.text.message import Text
from stream.trends.explain import Explanation
from stream.trends.leaderboard import Leaderboard
from stream.web.server import Server

SLICE = 100  # texts fed at a time: so long the page may have to wait
LOOK_S = 0.25
REST = 19  # times its own duration a look is followed by none


class LivePage:
    """Stands where an `Pipeline` would: `feed` and `finish`. Serves from the beginning until `close`."""

    def __init__(self, pipeline: Pipeline, port: int) -> None:
        settings, store, window_s = pipeline.config.server, pipeline.config.store, pipeline.config.windows.length_s
        self._pipeline = pipeline
        self._history = History(store.path, store.events if store.path else IN_MEMORY)
        self._site = Site(settings, self._history, window_s, self._figures)
        self._board = Leaderboard(settings.page_words, window_s)
        self._pipeline_lock, self._turn, self._closing = threading.Lock(), threading.Lock(), threading.Event()
        self._server = Server(replace(settings, port=port), CollectorRegistry(), lambda: True, lambda: True,
                              self._site)  # fmt: skip
        self.port = self._server.port
        self._looker = threading.Thread(target=self._look_on, daemon=True)
        self._looker.start()

    def feed(self, texts: Sequence[Text]) -> Iterator[Event]:
        """Take texts in; yields the events that follow."""
        for first in range(0, len(texts), SLICE):
            with self._mine():
                events = self._taken(self._pipeline.feed(texts[first : first + SLICE]))
            yield from events

    def finish(self) -> Iterator[Event]:
        """The end of the input: whatever still waits."""
        with self._mine():
            events = self._taken(self._pipeline.finish())
        yield from events

    def stay(self) -> None:
        """Return when the process is asked to end."""
        threading.Event().wait()

    def close(self) -> None:
        """Stop serving."""
        self._closing.set()
        self._looker.join()
        self._server.close()
        self._history.close()

    def _taken(self, several: Iterable[Event]) -> list[Event]:
        events = list(several)
        if events:
            self._board.add(events)
            self._history.add([encode(one) for one in events])
        return events

    @contextmanager
    def _mine(self) -> Iterator[None]:
        """The pipeline for one thread: who comes first is next, however soon the other one asks again."""
        with self._turn:
            self._pipeline_lock.acquire()
        try:
            yield
        finally:
            self._pipeline_lock.release()

    def _look_on(self) -> None:
        pause_s = LOOK_S
        while not self._closing.wait(pause_s):
            with self._mine():
                begun_s = time.monotonic()
                self._board.follow(self._pipeline.trends)
                snapshot = self._board.snapshot(self._pipeline.trends.as_of_s, live=True)
                pause_s = max(LOOK_S, REST * (time.monotonic() - begun_s))
                self._site.answer(self._explain)
            self._site.show(snapshot)
            self._history.follow(snapshot)

    def _explain(self, word: str) -> Explanation:
        return explain_embedded(word, self._pipeline)

    def _figures(self) -> dict[str, float]:
        totals, trends = self._pipeline.totals, self._pipeline.trends
        return {"texts": totals.texts, "pairs": totals.pairs, "strong_pairs": len(self._pipeline.model),
                "announced": len(trends.announced)}  # fmt: skip
