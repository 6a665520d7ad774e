"""Reads a range of `raw-text` again if its result on a range log is lost: unreadable, deleted, or part of a lost state.

Results are a function of `raw-text`, so a reader can compute a lost one itself. Reads one partition without a group,
one poll at a time. `lost` counts the records that `raw-text` no longer holds.
"""

from dataclasses import dataclass

import numpy as np

from stream.log.protocol import Records, Source


@dataclass(frozen=True, slots=True)
class Portion:
    """Offsets [begin, end) and the records in it, None if there are none."""

    begin: int
    end: int
    records: Records | None


class Reread:
    """Reads the range [at, end) of an input partition; call `step` until `done`. `owner` is kept for the caller.

    The range is cut at the present end of the partition, whatever end a message of a range log claims.
    """

    def __init__(self, source: Source, partition: int, begin: int, end: int, owner: int = 0) -> None:
        self._source, self.partition, self.at, self.end, self.owner = source, partition, begin, end, owner
        self.lost = 0

    @property
    def done(self) -> bool:
        """Whether the whole range was read."""
        return self.at >= self.end

    def step(self, timeout_s: float) -> Portion | None:
        """Return the next portion, from `at` on; None if nothing came within `timeout_s`. Raises BrokerError."""
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
