"""The desk beside the roles of a process on Kafka: the store, the thread that fills it, and the site.

Made where words are announced, if the port is open or the store has a path; else nothing of it is imported.
"""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry

from stream.config.config import Config
from stream.desk.flow_figures import flow_figures
from stream.desk.recorder import Recorder
from stream.desk.site import Site
from stream.log.protocol import Source
from stream.store.history import IN_MEMORY, History


class Desk:
    """Records from when it is made until `close`; `site` is for the server and for the flow."""

    def __init__(self, config: Config, registry: CollectorRegistry, open_source: Callable[[str], Source]) -> None:
        store = config.store
        self._history = History(store.path, store.events if store.path else IN_MEMORY)
        self.site = Site(config.server, self._history, config.windows.length_s, partial(flow_figures, registry))
        self._recorder = Recorder(self._history, open_source, config.topics.new_words, bool(store.path), self.site.live)

    def close(self) -> None:
        """After the server: what was read is written, and the file is left in order."""
        self._recorder.close()
        self._history.close()
