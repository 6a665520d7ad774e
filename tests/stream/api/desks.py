"""A site over a store with a few words, served for a test without anybody being held back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from stream.api.verdict_api import VerdictSink
from stream.desk.site import Site
from stream.events.events import encode
from stream.store.history import History
from stream.trends.leaderboard import Shown, Snapshot
from stream.web.server import Server
from stream.web.settings import ServerSettings
from stream.web.time_share import TimeShare
from tests.stream.events.event_samples import bare_event as event

START_S = 1_700_000_040.0


def events() -> list[bytes]:
    """甲 … 癸 emerge one a minute; 甲 rises and fades."""
    words = "甲乙丙丁戊己庚辛壬癸"
    made = [event(word, START_S + 60 * n, "emerged", 8 + n, 5.0 + n) for n, word in enumerate(words)]
    made += [event("甲", START_S + 700, "rising", 40, 9.5), event("甲", START_S + 900, "faded", 1, 0.0)]
    return [encode(one) for one in made]


def shown() -> Snapshot:
    """Two words are followed."""
    words = (Shown(event("甲"), 0.0, 3, 2.5, (1, 2, 3, 4)), Shown(event("乙"), 0.0, 5, 4.5, (9, 8)))
    return Snapshot(START_S + 960, True, 60.0, START_S + 960, words)


@contextmanager
def desk(
    history: History | None = None, fill: bool = True, verdicts: VerdictSink | None = None, **settings: Any
) -> Iterator[tuple[Server, Site, History]]:
    """`settings` are those of the server."""
    history = history or History()
    given = ServerSettings("127.0.0.1", 0, **settings)
    site = Site(given, history, 60.0, lambda: {"texts": 1000.0}, verdicts)
    site.share = TimeShare(1.0, 1000.0)
    if fill:
        history.add(events())
        history.follow(shown())
        site.show(shown())
    server = Server(given, CollectorRegistry(), lambda: True, lambda: True, site)
    try:
        yield server, site, history
    finally:
        server.close()
        history.close()
