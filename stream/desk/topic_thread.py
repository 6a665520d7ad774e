"""A thread that follows a topic until it is closed, and retries after any failure of Kafka or the disk."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing

from stream.errors import NewWordsError
from stream.log.protocol import Source

log = logging.getLogger(__name__)
PAUSE_S = 5.0


class TopicThread(ABC):
    """Base class. `open_source(topic)` returns a source of all partitions. Call `start` once `_step` may run."""

    def __init__(self, open_source: Callable[[str], Source], topic: str) -> None:
        self._open, self._topic, self._said = open_source, topic, ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"desk {topic}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop the thread; after that it writes nothing."""
        self._stop.set()
        self._thread.join()

    @abstractmethod
    def _begin(self, source: Source) -> None:
        """Seek the partitions of a new source."""

    @abstractmethod
    def _step(self, source: Source) -> None:
        """Poll once and process what it returned."""

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(self._open(self._topic)) as source:
                    while not self._stop.is_set():
                        self._step(source)
                        self._say("")
            except NewWordsError as error:
                self._say(str(error))
                self._stop.wait(PAUSE_S)

    def _say(self, state: str) -> None:
        """Log a line when the state changes."""
        if state != self._said:
            log.log(logging.WARNING if state else logging.INFO, "%s: %s", self._topic, state or "goes on")
            self._said = state
