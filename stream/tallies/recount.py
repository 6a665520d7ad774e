"""Counts a range of raw-text again where its tally was lost: unreadable, deleted, or of a state that is gone.

A tally is a function of the log, so whoever needs it can make it. Reads one partition without a group, a portion at a
time, and gives the same counts as the role `count` would; of records that raw-text no longer holds nothing is left to
count, and their number is in `lost`.
"""

from collections import defaultdict

import numpy as np

from stream.log.protocol import Records, Source
from stream.segmentation.windows import WindowSettings
from stream.tallies.tally import RangeTally, count_windows
from stream.text.message import REASONS, TextSettings
from stream.text.message_batch import READABLE, Decoded, Origin, decode_all, unreadable
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch


class Recount:
    """The range [at, end) of an input partition for one shard; `step` until `done`.

    What a tally says of texts that are not there is not waited for.
    """

    def __init__(
        self, source: Source, topic: str, shard: int, missing: RangeTally, begin: int, text: TextSettings,
        windows: WindowSettings,
    ) -> None:  # fmt: skip
        """For a shard: from `begin` to where the tally ends of which something is missing."""
        self._source, self._topic, self.shard = source, topic, shard
        self._text, self._windows, self._alphabet = text, windows, Alphabet(text.scripts)
        self.partition, self.at, self.end = missing.partition, begin, missing.end
        self.lost = 0

    @property
    def done(self) -> bool:
        return self.at >= self.end

    def step(self, timeout_s: float, now_s: float) -> RangeTally | None:
        """The tally of the next portion, [at, …); None if nothing came yet. Raises BrokerError."""
        polled = self._source.poll(timeout_s)
        if polled.assigned is not None:
            if self.partition not in polled.assigned:
                return self._empty(self.end)  # nobody has it any more
            self.end = min(self.end, self._source.ends().get(self.partition, self.end))
            self._source.seek(self.partition, self.at)
        for asked, got in polled.lost.values():
            self.lost += max(0, min(got, self.end) - asked)
            return self._empty(min(got, self.end) if asked < got else self.end)  # shorter than it was: made anew
        for records in polled.batches:
            count = int(np.searchsorted(records.offsets, self.end))
            following = int(records.offsets[-1]) + 1 if count == len(records) else self.end
            return self._counted(records.between(0, count), following, now_s)
        return None

    def close(self) -> None:
        self._source.close()

    def _empty(self, end: int) -> RangeTally:
        begin, self.at = self.at, end
        return RangeTally(self.partition, 0, begin, end, 0.0)

    def _counted(self, records: Records, following: int, now_s: float) -> RangeTally:
        begin, self.at = self.at, min(following, self.end)
        if not len(records):
            return RangeTally(self.partition, 0, begin, self.at, 0.0)
        origin = Origin(self._topic, records.partition, records.offsets, records.at_s)
        decoded = (decode_all(records.values, origin, now_s, self._text) if records.unread is None
                   else unreadable(origin, records.unread.reason))  # fmt: skip
        texts = decoded.texts.chosen(decoded.reasons == READABLE)
        waiting: defaultdict[int, list[TextBatch]] = defaultdict(list)
        for window, several in self._windows.by_window(texts).items():
            waiting[window].append(several)
        counted = count_windows(waiting, self._windows.length_s, self._alphabet)
        newest_s = float(texts.at_s.max(initial=0.0))
        return RangeTally(self.partition, 0, begin, self.at, newest_s, totals_of(texts, decoded), counted)


def totals_of(texts: TextBatch, decoded: Decoded) -> dict[str, int]:
    """How many texts there are, and how many records were rejected, by reason."""
    totals = {"texts": len(texts)}
    for reason in np.unique(decoded.reasons).tolist():
        if reason != READABLE:
            totals[REASONS[reason - 1]] = int(np.count_nonzero(decoded.reasons == reason))
    return totals
