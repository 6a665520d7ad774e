"""How far a role is behind: in records and in seconds; and how long ago anybody could know it.

For operators and the readiness probe, and for nothing else that is decided here. While the broker is out of reach the
end of the log is not known: then lag in records has no value (NaN), and lag in seconds grows with the silence. The
gauges are worked out when they are asked for, so they tell the truth of a role that waits for Kafka as well.
"""

from math import inf, nan

from stream.log.protocol import Polled, Source
from stream.roles.context import Context

CONTACT_S = 5.0  # without an answer for so long, what is known of the end of the log is old


class Lag:
    """Watches what a role polls. Seconds are by the records' time on Kafka, not by the texts' own."""

    def __init__(self, edge: Context, role: str, source: Source) -> None:
        self._edge, self._source = edge, source
        self._read_s: dict[int, float] = {}  # by partition, the time of the newest record read
        self._records, self._seconds = 0.0, 0.0
        edge.metrics.lag.labels(role).set_function(self.records)
        edge.metrics.lag_s.labels(role).set_function(self.seconds)
        edge.metrics.contact_age.labels(role).set_function(source.contact_age_s)

    def report(self, polled: Polled, waiting: int = 0, oldest_s: float = inf) -> None:
        """After each poll; so many records were polled but are not done with, the oldest of that time."""
        now_s = self._edge.now_s()
        if polled.assigned is not None:
            self._read_s = dict.fromkeys(polled.assigned, now_s)
        for batch in polled.batches:
            self._read_s[batch.partition] = float(batch.at_s[-1])
        lag = self._source.lag()
        behind = [at_s for partition, at_s in self._read_s.items() if lag.get(partition)]
        self._records = float(sum(lag.values()) + waiting)
        self._seconds = max(0.0, now_s - min([*behind, oldest_s, now_s]))

    def records(self) -> float:
        """Still to be read, or read and waiting; NaN where that cannot be known."""
        return self._records if self._source.contact_age_s() < CONTACT_S else nan

    def seconds(self) -> float:
        """Age on Kafka of the newest record read, while there are more; at least the silence of the broker."""
        age_s = self._source.contact_age_s()
        return self._seconds if age_s < CONTACT_S else max(self._seconds, age_s)

    @property
    def in_touch(self) -> bool:
        """Whether the broker answered within the session timeout: else others have taken over, or nobody has."""
        return self._source.contact_age_s() < self._edge.config.kafka.session_timeout_s
