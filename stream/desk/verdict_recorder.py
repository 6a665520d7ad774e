"""Topic word-verdicts -> the verdicts in the store: exactly the current ones, read whole at every start."""

from collections.abc import Callable

from stream.desk.topic_thread import TopicThread
from stream.log.protocol import Source
from stream.store.history import History
from stream.verdicts.verdict_book import VerdictBook

POLL_S = 0.5


class VerdictRecorder(TopicThread):
    """Reads from its construction until `close`."""

    def __init__(self, history: History, open_source: Callable[[str], Source], topic: str) -> None:
        super().__init__(open_source, topic)
        self._history, self._book, self._ends = history, VerdictBook(), dict[int, int]()
        self._whole = False
        self.start()

    def _begin(self, source: Source) -> None:
        self._book, self._whole, self._ends = VerdictBook(), False, source.ends()
        for partition in self._ends:
            source.seek(partition, None)

    def _step(self, source: Source) -> None:
        polled = source.poll(POLL_S)
        if polled.assigned is not None:
            self._begin(source)
        changed = [word for record in polled if (word := self._book.take(record.key, record.value)) is not None]
        if self._whole:
            self._take(changed)
        elif self._ends and all((source.position(number) or 0) >= end for number, end in self._ends.items()):
            self._history.replace_verdicts(self._book.verdicts.values())
            self._whole = True

    def _take(self, changed: list[str]) -> None:
        for word in changed:
            one = self._book.of(word)
            if one:
                self._history.judge(one)
            else:
                self._history.withdraw(word)
