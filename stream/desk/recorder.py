"""Copies the topic new-words or held-words into the store, on a thread of its own, so that the pipeline never waits
for it.

The store holds how far the topic was read; after a crash reading goes on there. If the topic is shorter than that it
was made anew: the store is emptied and filled from the beginning. Failures of Kafka or the disk are retried; meanwhile
the store can be queried.
"""

import logging
import time
from collections.abc import Callable

from stream.api.live import LiveWords
from stream.desk.topic_thread import TopicThread
from stream.log.protocol import Polled, Source
from stream.store.history import IN_MEMORY, History

log = logging.getLogger(__name__)
POLL_S = 0.5
FOLLOW_S = 5.0  # between curves


class Recorder(TopicThread):
    """Reads from its construction until `close`."""

    def __init__(self, history: History, open_source: Callable[[str], Source], topic: str, whole: bool,
                 live: LiveWords | None = None) -> None:  # fmt: skip
        """With `whole` False, for a store in memory, it reads only the last events, as many as that holds.

        `live` has the curves.
        """
        super().__init__(open_source, topic)
        self._history, self._whole = history, whole
        self._live, self._followed, self._followed_s = live, 0, float("-inf")
        self.start()

    def _step(self, source: Source) -> None:
        polled = source.poll(POLL_S)
        if polled.assigned is not None:
            self._begin(source)
        if polled.batches:
            self._keep(polled)
        self._follow()

    def _begin(self, source: Source) -> None:
        ends, places = source.ends(), self._history.places()
        if any(places.get(self._name(partition), 0) > end for partition, end in ends.items()):
            log.warning("topic %s was made anew: the store is filled again from its beginning", self._topic)
            self._history.forget()
            places = {}
        for partition, end in ends.items():
            usual = None if self._whole else max(0, end - IN_MEMORY)
            source.seek(partition, places.get(self._name(partition), usual))

    def _keep(self, polled: Polled) -> None:
        records = polled.records
        places = {self._name(one.partition): one.offset + 1 for one in records}
        strange = self._history.add([one.value for one in records if one.value], places)
        if strange:
            log.warning("skipped %d records of topic %s that are not events", strange, self._topic)

    def _follow(self) -> None:
        if not self._live or self._live.now.number == self._followed:
            return
        if time.monotonic() - self._followed_s >= FOLLOW_S:
            now = self._live.now
            self._followed, self._followed_s = now.number, time.monotonic()
            self._history.follow(now.snapshot)

    def _name(self, partition: int) -> str:
        return f"{self._topic}:{partition}"
