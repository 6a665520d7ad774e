"""Topic new-words -> the store, on a thread of its own: neither a slow disk nor a long history holds up the flow.

The store says how far it was read; after a crash it goes on there. A topic that ends before that place is another one:
the store is emptied and filled from the beginning. Kafka and the disk may be away: both are tried again, and what the
store has can be asked meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing

from stream.desk.live import LiveWords
from stream.errors import NewWordsError
from stream.log.protocol import Polled, Source
from stream.store.history import IN_MEMORY, History

log = logging.getLogger(__name__)
POLL_S = 0.5
PAUSE_S = 5.0
FOLLOW_S = 5.0  # between curves


class Recorder:
    """Reads from when it is made until `close`. `open_source(topic)` gives a source of all partitions."""

    def __init__(
        self, history: History, open_source: Callable[[str], Source], topic: str, whole: bool, live: LiveWords
    ) -> None:
        """Not the `whole` topic: for a store in memory, as much of its end as that holds. `live` has the curves."""
        self._history, self._open, self._topic, self._whole = history, open_source, topic, whole
        self._live, self._followed, self._followed_s = live, 0, float("-inf")
        self._stop, self._said = threading.Event(), ""
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Return when nothing is written any more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(self._open(self._topic)) as source:
                    while not self._stop.is_set():
                        self.step(source)
                        self._follow()
                        self._say("")
            except NewWordsError as error:
                self._say(str(error))
                self._stop.wait(PAUSE_S)

    def step(self, source: Source) -> int:
        """One poll, and what it brought is in the store. How many records."""
        polled = source.poll(POLL_S)
        if polled.assigned is not None:
            self._begin(source)
        records = polled.records
        if records or polled.lost:
            self._keep(source, polled)
        return len(records)

    def _begin(self, source: Source) -> None:
        ends, places = source.ends(), self._history.places()
        if any(places.get(self._name(partition), 0) > end for partition, end in ends.items()):
            log.warning("topic %s was made anew: the store begins again with it", self._topic)
            self._history.forget()
            places = {}
        for partition, end in ends.items():
            usual = None if self._whole else max(0, end - IN_MEMORY)
            source.seek(partition, places.get(self._name(partition), usual))

    def _keep(self, source: Source, polled: Polled) -> None:
        places = {self._name(one.partition): one.offset + 1 for one in polled.records}
        strange = self._history.add([one.value for one in polled.records if one.value], places)
        if strange:
            log.warning("%d records of topic %s are no events, passed over", strange, self._topic)

    def _follow(self) -> None:
        now = self._live.now
        if now.number != self._followed and time.monotonic() - self._followed_s >= FOLLOW_S:
            self._followed, self._followed_s = now.number, time.monotonic()
            self._history.follow(now.snapshot)

    def _name(self, partition: int) -> str:
        return f"{self._topic}:{partition}"

    def _say(self, state: str) -> None:
        """One line for each change."""
        if state != self._said:
            log.log(logging.WARNING if state else logging.INFO, "store: %s", state or "goes on")
            self._said = state
