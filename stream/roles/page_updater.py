"""new-words and the announcer's tables -> the page: the list of words, and answers to "why was this word announced?".

Every process with role `segment` shows the words announced on the topic; a deleted event removes its word. The active
process also shows the words held for review, current counts, curves and explanations, because these come from the
announcer's tables; the others say that they stand by. Nothing is stored: after a start the last `TAIL` events of each
partition are read, and a curve covers only the texts of the horizon.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from stream.events.events import Event, decode_event
from stream.log.protocol import Polled
from stream.roles.announcer import Announcer
from stream.roles.context import Context
from stream.segmentation.pmi_model import StrongPairs
from stream.text.runs import Alphabet
from stream.trends.explain import Explanation, explain
from stream.trends.leaderboard import Leaderboard, Snapshot
from stream.trends.new_words import NewWords

log = logging.getLogger(__name__)
LOOK_S = 1.0
REST = 19  # times its own duration a look is followed by none
STANDBY_S = 10.0  # who stands by shows the time of the last of so many seconds
TAIL = 1000  # events of each partition that are read at the start


class Showcase(Protocol):
    """What this worker needs of the page."""

    def show(self, snapshot: Snapshot) -> None:
        """Show this snapshot from now on."""

    def answer(self, explain: Callable[[str], Explanation] | None) -> None:
        """Answer the waiting questions; `explain` is None if another process holds the tables."""


class PageUpdater:
    """Updates the page. A worker like the others, since it reads a topic and the tables of its own loop."""

    role = "page"
    ready = True

    def __init__(self, edge: Context, emitter: Announcer, page: Showcase) -> None:
        self._edge, self._emitter, self._page = edge, emitter, page
        config = edge.config
        self._source = edge.open_source(config.topics.new_words, None)
        self._board = Leaderboard(config.server.page_words)
        self._alphabet = Alphabet(config.text.scripts)
        self._looked_s, self._pause_s = float("-inf"), LOOK_S
        self._shown: tuple[float, bool] | None = None  # as of when, and whether by the one who announces
        self._is_new = False  # whether anything came since

    def run_once(self, timeout_s: float) -> bool:
        """Poll without waiting, since the other workers of the loop wait."""
        polled = self._polled()
        events = self._events(polled)
        self._board.add(events)
        self._is_new |= bool(events or polled.batches)
        if self._is_new or self._edge.now_s() - self._looked_s >= self._pause_s:
            self._looked_s, begun_s = self._edge.now_s(), time.thread_time()
            self._show()
            self._pause_s = max(LOOK_S, REST * (time.thread_time() - begun_s))
        table = self._emitter.table
        self._page.answer(partial(self._explain, table) if table else None)
        return bool(polled.batches)

    def close(self) -> None:
        self._source.close()

    def _polled(self) -> Polled:
        polled = self._source.poll(0.0)
        if polled.assigned is not None:
            for partition, end in self._source.ends().items():
                self._source.seek(partition, max(0, end - TAIL))
        return polled

    def _events(self, polled: Polled) -> list[Event]:
        """Return the polled events and those held since the last call; a deleted event's word leaves the board."""
        events = []
        for record in polled:
            if record.value is None:
                self._board.remove((record.key or b"").decode(errors="replace"))
                continue
            try:
                events.append(decode_event(record.value or b"null"))
            except ValueError as fault:
                log.warning("record %d of partition %d: %s", record.offset, record.partition, fault,
                            extra={"partition": record.partition, "offset": record.offset})  # fmt: skip
        return [*events, *self._emitter.newly_held()]

    def _show(self) -> None:
        """Publish a snapshot, unless nothing has changed since the last one."""
        table = self._emitter.table
        as_of_s = table[0].as_of_s if table else self._edge.now_s() // STANDBY_S * STANDBY_S
        if not self._is_new and self._shown == (as_of_s, table is not None):
            return
        self._shown, self._is_new = (as_of_s, table is not None), False
        if table:
            self._board.follow(table[0])
        self._page.show(self._board.snapshot(as_of_s, live=table is not None))

    def _explain(self, table: tuple[NewWords, StrongPairs], word: str) -> Explanation:
        return explain(word, *table, self._alphabet)
