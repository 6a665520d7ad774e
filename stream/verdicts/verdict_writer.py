"""Writes a reviewer's verdict on a word to the topic `word-verdicts`, or withdraws it with a record without a value.

A verdict is accepted, refused or a part of another word. The key is the folded word, so the last record of a word
counts. Each call waits for the broker.
"""

from threading import Lock

from stream.log.protocol import Sink
from stream.text.runs import fold_word
from stream.verdicts.verdict import Verdict, encode_verdict


class VerdictWriter:
    """Each call returns when the broker has the record; any thread may call.

    After a BrokerError it may or may not be there.
    """

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
