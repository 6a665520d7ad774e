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
from stream.desk.verdict_recorder import VerdictRecorder
from stream.log.protocol import Sink, Source
from stream.store.history import IN_MEMORY, History
from stream.verdicts.verdict import Verdict
from stream.verdicts.verdict_writer import VerdictWriter


class Written:
    """Verdicts go to the topic, and then to the store at once: who writes reads what was written."""

    def __init__(self, writer: VerdictWriter, history: History) -> None:
        self._writer, self._history = writer, history

    def judge(self, one: Verdict) -> None:
        self._writer.judge(one)
        self._history.judge(one)

    def withdraw(self, word: str) -> None:
        self._writer.withdraw(word)
        self._history.withdraw(word)

    def close(self) -> None:
        self._writer.close()


class Desk:
    """Records from when it is made until `close`; `site` is for the server and for the flow."""

    def __init__(self, config: Config, registry: CollectorRegistry, open_source: Callable[[str], Source],
                 open_sink: Callable[[], Sink]) -> None:  # fmt: skip
        store = config.store
        self._history = History(store.path, store.events if store.path else IN_MEMORY)
        self._verdicts = Written(VerdictWriter(open_sink(), config.topics.word_verdicts), self._history)
        self.site = Site(config.server, self._history, config.windows.length_s, partial(flow_figures, registry),
                         self._verdicts)  # fmt: skip
        topics, whole = config.topics, bool(store.path)
        self._recorders = [
            Recorder(self._history, open_source, topics.new_words, whole, self.site.live),
            Recorder(self._history, open_source, topics.held_words, True),
            VerdictRecorder(self._history, open_source, topics.word_verdicts),
        ]

    def close(self) -> None:
        """After the server: what was read is written, and the file is left in order."""
        for recorder in self._recorders:
            recorder.close()
        self._verdicts.close()
        self._history.close()
