"""A reviewer's word -> a record of topic word-verdicts."""

from threading import Lock

from stream.log.protocol import Sink
from stream.text.runs import fold_word
from stream.verdicts.verdict import Verdict, encode_verdict


class VerdictWriter:
    """Returns when the broker has it; any thread may write. Raises BrokerError, and then it may be there or not."""

    def __init__(self, sink: Sink, topic: str) -> None:
        self._sink, self._topic, self._lock = sink, topic, Lock()

    def judge(self, one: Verdict) -> None:
        self._send(one.key, encode_verdict(one))

    def withdraw(self, word: str) -> None:
        self._send(fold_word(word), None)

    def close(self) -> None:
        self._sink.close()

    def _send(self, key: str, value: bytes | None) -> None:
        with self._lock:
            self._sink.send(self._topic, key.encode(), value)
            self._sink.flush()
