"""A reviewer who judges words while everything around fails: each word that comes is accepted, refused or left alone.

Of some words the first verdict is another than the last; and now and then somebody writes the verdict of one word under
the key of another, which must have no effect on either.
"""

import random
import time
from collections import defaultdict
from collections.abc import Sequence
from uuid import uuid4

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from stream.text.runs import fold_word
from stream.verdicts.verdict import ACCEPTED, PART_OF, REFUSED, Verdict, encode_verdict
from tests.chaos.beside import Beside
from tests.chaos.feeder import PATIENT

LATEST_S = 6.0  # until a word is judged, and judged again
JUDGED, FORGED = 0.7, 0.3  # shares of the words
POLL_S = 0.2


class Reviewer(Beside):
    """Follows the topics of words, and writes to that of verdicts, from `start` to `close`.

    `given` are the verdicts of each word, as it is counted, in the order in which they were written.
    """

    def __init__(self, servers: str, words: Sequence[tuple[str, int]], verdicts: str, seed: int) -> None:
        """`words` are topics with their numbers of partitions."""
        super().__init__()
        self._rng, self._verdicts = random.Random(seed), verdicts
        self.given: defaultdict[str, list[str]] = defaultdict(list)
        self._producer = Producer({**PATIENT, "bootstrap.servers": servers})
        self._consumer = Consumer({"bootstrap.servers": servers, "group.id": uuid4().hex, "enable.auto.commit": False,
                                   "auto.offset.reset": "earliest", "log_level": 0,
                                   "reconnect.backoff.max.ms": 1000})  # fmt: skip
        self._consumer.assign([TopicPartition(topic, number, 0) for topic, count in words for number in range(count)])
        self._seen: set[str] = set()
        self._due: list[tuple[float, str, str]] = []

    def _work(self) -> None:
        """Judge words; when it is to end, give the verdicts that are due, and wait until they are written."""
        while not self._closing.is_set():
            for message in self._consumer.consume(100, POLL_S):
                if not message.error() and message.value():
                    self._meet(str(orjson.loads(message.value())["word"]))
            self._give(time.monotonic())
        self._give(float("inf"))
        self._producer.flush(120)
        self._consumer.close()

    def _meet(self, word: str) -> None:
        if word in self._seen:
            return
        self._seen.add(word)
        if self._rng.random() < JUDGED:
            first, last = self._rng.sample((ACCEPTED, REFUSED, PART_OF), 2)
            at_s = time.monotonic() + self._rng.uniform(0, LATEST_S)
            self._due.append((at_s, word, last))
            if self._rng.random() < 0.5:
                self._due.append((at_s + self._rng.uniform(0, LATEST_S), word, first))
        if self._rng.random() < FORGED:
            self._produce(fold_word(f"不是{word}"), Verdict(word, REFUSED, time.time()))

    def _give(self, until_s: float) -> None:
        due = sorted(one for one in self._due if one[0] <= until_s)
        self._due = [one for one in self._due if one[0] > until_s]
        for _, word, verdict in due:
            one = Verdict(word, verdict, time.time(), of=f"{word}们" if verdict == PART_OF else None)
            self._produce(one.key, one)
            self.given[one.key].append(verdict)

    def _produce(self, key: str, one: Verdict) -> None:
        self._producer.produce(self._verdicts, encode_verdict(one), key, partition=0)
        self._producer.poll(0)
