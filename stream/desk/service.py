"""The desk of a process on Kafka: the store, the threads that fill it, and the site.

Made only in a process that announces, if the port is open or the store has a path; otherwise its modules are not
imported. Before `begin` the store is served as it is, and verdicts are refused.
"""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry

from stream.config.config import Config
from stream.desk.flow_figures import flow_figures
from stream.desk.recorder import Recorder
from stream.desk.site import Site
from stream.desk.topic_thread import TopicThread
from stream.desk.verdict_recorder import VerdictRecorder
from stream.errors import BrokerError
from stream.log.protocol import Sink, Source
from stream.store.history import IN_MEMORY, History
from stream.verdicts.verdict import Verdict
from stream.verdicts.verdict_writer import VerdictWriter


class Written:
    """Writes a verdict to the topic and then to the store, so that a client can read it at once."""

    def __init__(self, history: History) -> None:
        self.writer: VerdictWriter | None = None
        self._history = history

    def judge(self, one: Verdict) -> None:
        self._ready().judge(one)
        self._history.judge(one)

    def withdraw(self, word: str) -> None:
        self._ready().withdraw(word)
        self._history.withdraw(word)

    def close(self) -> None:
        if self.writer:
            self.writer.close()

    def _ready(self) -> VerdictWriter:
        if self.writer is None:
            raise BrokerError("the service is starting")
        return self.writer


class Desk:
    """`site` is for the server and for the pipeline."""

    def __init__(self, config: Config, registry: CollectorRegistry) -> None:
        self._config, store = config, config.store
        self._history = History(store.path, store.events if store.path else IN_MEMORY)
        self._verdicts = Written(self._history)
        self.site = Site(config.server, self._history, config.windows.length_s, partial(flow_figures, registry),
                         self._verdicts)  # fmt: skip
        self._threads: list[TopicThread] = []

    def begin(self, open_source: Callable[[str], Source], open_sink: Callable[[], Sink]) -> None:
        """Follow the topics, which now exist, and accept verdicts."""
        topics, history = self._config.topics, self._history
        self._verdicts.writer = VerdictWriter(open_sink(), topics.word_verdicts)
        self._threads = [
            Recorder(history, open_source, topics.new_words, bool(self._config.store.path), self.site.live),
            Recorder(history, open_source, topics.held_words, True),
            VerdictRecorder(history, open_source, topics.word_verdicts),
        ]

    def close(self) -> None:
        """Stop the threads and close the store; call it after the server was closed."""
        for thread in self._threads:
            thread.close()
        self._verdicts.close()
        self._history.close()
