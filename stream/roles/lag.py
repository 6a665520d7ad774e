"""How far a role is behind, in records and in seconds, and how old that knowledge is.

Only operators and the readiness probe use these figures. While no broker answers, the end of the log is not known: then
lag in records is NaN, and lag in seconds grows with the silence. The gauges are computed when they are scraped, so they
are also right for a role that is blocked waiting for Kafka.
"""

from math import inf, nan

from stream.log.protocol import Polled, Source
from stream.roles.context import Context

CONTACT_S = 5.0  # without an answer for so long, what is known of the end of the log is old


class Lag:
    """Computes a role's lag from what it polls. Seconds refer to Kafka's timestamps, not to event time."""

    def __init__(self, edge: Context, role: str, source: Source) -> None:
        self._edge, self._source = edge, source
        self._read_s: dict[int, float] = {}  # by partition, the time of the newest record read
        self._records, self._seconds = 0.0, 0.0
        edge.metrics.lag.labels(role).set_function(self.records)
        edge.metrics.lag_s.labels(role).set_function(self.seconds)
        edge.metrics.contact_age.labels(role).set_function(source.contact_age_s)

    def report(self, polled: Polled, waiting: int = 0, oldest_s: float = inf) -> None:
        """Call after each poll; `waiting` records were polled but are not done, `oldest_s` is Kafka's timestamp of
        the oldest.
        """
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
        """Return the number of records not yet read or still waiting; NaN if it cannot be known."""
        return self._records if self._source.contact_age_s() < CONTACT_S else nan

    def seconds(self) -> float:
        """Return the age (s) of the newest record read while there are more, and at least the time without an
        answer.
        """
        age_s = self._source.contact_age_s()
        return self._seconds if age_s < CONTACT_S else max(self._seconds, age_s)

    @property
    def in_touch(self) -> bool:
        """Whether a broker answered within the session timeout; if not, others may have taken over."""
        return self._source.contact_age_s() < self._edge.config.kafka.session_timeout_s
