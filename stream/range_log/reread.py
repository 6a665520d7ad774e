"""Reads a range of raw-text again where what was made of it is lost: unreadable, deleted, or of a state that is gone.

What stands on a range log is a function of raw-text, so whoever needs it can make it. Reads one partition without a
group, a portion at a time. Of records that raw-text no longer holds nothing is left; their number is in `lost`.
"""

from dataclasses import dataclass

import numpy as np

from stream.log.protocol import Records, Source


@dataclass(frozen=True, slots=True)
class Portion:
    """Offsets [begin, end) and the records in it, if any."""

    begin: int
    end: int
    records: Records | None


class Reread:
    """The range [at, end) of an input partition; `step` until `done`. `owner` is for whoever has several.

    What lies behind the end of the log is not waited for, whatever a message on a range log says of it.
    """

    def __init__(self, source: Source, partition: int, begin: int, end: int, owner: int = 0) -> None:
        self._source, self.partition, self.at, self.end, self.owner = source, partition, begin, end, owner
        self.lost = 0

    @property
    def done(self) -> bool:
        return self.at >= self.end

    def step(self, timeout_s: float) -> Portion | None:
        """The next portion, from `at` on; None if nothing came yet. Raises BrokerError."""
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            if self.partition not in polled.assigned:
                return self._portion(self.end, None)  # nobody has it any more
            self.end = min(self.end, self._source.ends().get(self.partition, self.end))
            self._source.seek(self.partition, self.at)
        for asked, got in polled.lost.values():
            self.lost += max(0, min(got, self.end) - asked)
            return self._portion(min(got, self.end) if asked < got else self.end, None)  # shorter: made anew
        for records in polled.batches:
            count = int(np.searchsorted(records.offsets, self.end))
            following = int(records.offsets[-1]) + 1 if count == len(records) else self.end
            return self._portion(min(following, self.end), records.between(0, count) if count else None)
        return None

    def close(self) -> None:
        self._source.close()

    def _portion(self, end: int, records: Records | None) -> Portion:
        begin, self.at = self.at, end
        return Portion(begin, end, records)
