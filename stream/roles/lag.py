"""How far a role is behind: in records, and in seconds. For operators, and for nothing that is decided here."""

from math import inf

from stream.log.protocol import Polled, Source
from stream.roles.context import Context


class Lag:
    """Watches what a role polls. Seconds are by the records' time on Kafka, not by the texts' own."""

    def __init__(self, edge: Context, role: str, source: Source) -> None:
        self._edge, self._source = edge, source
        self._records, self._seconds = edge.metrics.lag.labels(role), edge.metrics.lag_s.labels(role)
        self._read_s: dict[int, float] = {}  # by partition, the time of the newest record read

    def report(self, polled: Polled, waiting: int = 0, oldest_s: float = inf) -> None:
        """Set both metrics; so many records were polled but are not done with, the oldest of that time."""
        now_s = self._edge.now_s()
        if polled.assigned is not None:
            self._read_s = dict.fromkeys(polled.assigned, now_s)
        for batch in polled.batches:
            self._read_s[batch.partition] = float(batch.at_s[-1])
        lag = self._source.lag()
        behind = [at_s for partition, at_s in self._read_s.items() if lag.get(partition)]
        self._records.set(sum(lag.values()) + waiting)
        self._seconds.set(max(0.0, now_s - min([*behind, oldest_s, now_s])))
