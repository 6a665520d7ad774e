"""The page of `replay --serve`, beside the embedded pipeline that the replay feeds.

`LivePage` has `feed` and `finish` like `Pipeline`. Besides the feeding thread, one thread takes a snapshot for the page
a few times a second and answers its questions, and the web server's thread applies reviewers' verdicts. One of them at
a time uses the pipeline: feeding gives way after every `SLICE` texts. Snapshots take at most a twentieth of the time.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue

from prometheus_client import CollectorRegistry

from stream.desk.site import Site
from stream.embedded.moderated import Moderated
from stream.embedded.word_trace import explain_embedded
from stream.events.events import Event
from stream.store.history import History
from stream.text.message import Text
from stream.trends.explain import Explanation
from stream.trends.leaderboard import Leaderboard
from stream.verdicts.verdict import ACCEPTED, Verdict
from stream.web.server import Server

SLICE = 100  # texts fed at a time; the page waits at most that long
SNAPSHOT_S = 0.25
REST = 19  # pause after a snapshot, in multiples of its duration


class LivePage:
    """Has `feed` and `finish` like `Pipeline`. Serves from construction until `close`."""

    def __init__(self, moderated: Moderated, port: int | None) -> None:
        pipeline, history = moderated.pipeline, moderated.history or History()
        settings, window_s = pipeline.config.server, pipeline.config.windows.length_s
        self._moderated, self._pipeline, self._history = moderated, pipeline, history
        self._due: SimpleQueue[Event] = SimpleQueue()
        self._site = Site(settings, history, window_s, self._figures, self)
        self._board = Leaderboard(settings.page_words)
        self._pipeline_lock, self._turn, self._closing = threading.Lock(), threading.Lock(), threading.Event()
        self._server = Server(replace(settings, port=port), CollectorRegistry(), lambda: True, lambda: True,
                              self._site)  # fmt: skip
        self.port = self._server.port
        self._server_thread = threading.Thread(target=self._serve_snapshots, daemon=True)
        self._server_thread.start()

    def feed(self, texts: Sequence[Text]) -> Iterator[Event]:
        """Process texts and yield the resulting events."""
        for first in range(0, len(texts), SLICE):
            with self._exclusive():
                events = self._taken(self._moderated.feed(texts[first : first + SLICE]))
            yield from events

    def finish(self) -> Iterator[Event]:
        """End of input: process the remaining texts and yield the events."""
        with self._exclusive():
            events = self._taken(self._moderated.finish())
        yield from events

    def stay(self) -> Iterator[Event]:
        """After the end of input: the events that reviewers accept, until the process is interrupted."""
        while True:
            yield self._due.get()

    def judge(self, one: Verdict) -> None:
        """A verdict takes effect; what was held is announced with the next texts, or in `stay`."""
        with self._exclusive():
            due = self._moderated.judge(one)
            self._board.add(due)
            if one.verdict != ACCEPTED:
                self._board.remove(one.word)
        for event in due:
            self._due.put(event)

    def withdraw(self, word: str) -> None:
        """A verdict is taken back."""
        with self._exclusive():
            self._moderated.withdraw(word)

    def close(self) -> None:
        """Stop serving."""
        self._closing.set()
        self._server_thread.join()
        self._server.close()

    def _taken(self, several: Iterable[Event]) -> list[Event]:
        events = list(several)
        while not self._due.empty():
            events.append(self._due.get())
        self._board.add([*events, *self._moderated.newly_held()])
        return events

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
                snapshot = self._board.snapshot(self._pipeline.trends.as_of_s, live=True)
                pause_s = max(SNAPSHOT_S, REST * (time.monotonic() - begun_s))
                self._site.answer(self._explain)
            self._site.show(snapshot)
            self._history.follow(snapshot)

    def _explain(self, word: str) -> Explanation:
        return explain_embedded(word, self._pipeline)

    def _figures(self) -> dict[str, float]:
        totals, trends = self._pipeline.totals, self._pipeline.trends
        return {"texts": totals.texts, "pairs": totals.pairs, "strong_pairs": len(self._pipeline.model),
                "announced": len(trends.announced)}  # fmt: skip
