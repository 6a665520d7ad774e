"""raw-text -> tallies: exact counts of the partitions it is assigned, appended range by range; it holds no sketch.

This role alone writes dead letters (before the tally that has passed them, so one may come twice, never not at all).
"""

from collections.abc import Iterator

import numpy as np

from stream.ingest.dead_letters import send_dead_letter
from stream.ingest.unreadable import Unreadable
from stream.roles.context import Context
from stream.roles.event_time_buffer import Batch
from stream.roles.partition_worker import Partition, PartitionWorker
from stream.tallies.codec import body_of
from stream.tallies.tally import RangeTally, count_windows
from stream.text.runs import Alphabet
from stream.text.text_batch import joined


class Counter(PartitionWorker):
    """Role `count`; any number share the partitions."""

    role, doing = "count", "counting"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge, edge.config.topics.tallies)
        self._alphabet = Alphabet(edge.config.text.scripts)
        self._unreadable = Unreadable(edge.config.topics.raw_text, edge.config.text)

    @property
    def unusable(self) -> str:
        """Why the texts that come are of no use; empty while they are."""
        return self._unreadable.fault

    def _body(self, number: int, part: Partition) -> Iterator[bytes]:
        windows = count_windows(self._config.windows, joined(part.waiting), self._alphabet)
        tally = RangeTally(number, part.begin, part.end, part.newest_s, dict(part.totals), windows)
        self._edge.metrics.pairs.inc(tally.pairs)
        self._edge.metrics.characters.inc(tally.characters)
        for shard in range(self._writer.shards):
            yield body_of(tally.share(shard, self._writer.shards))

    def _accept(self, batch: Batch) -> None:
        self._unreadable.note(len(batch.texts), batch.rejected, self._edge.now_s())
        self._edge.metrics.clamped.inc(int(np.count_nonzero(batch.decoded.clamped)))
        if not batch.rejected:
            return
        for one in batch.rejected:
            send_dead_letter(self._edge.sink, self._config.topics.raw_text_dlq, self._config.topics.raw_text, one)
        self._writer.flushed(self._edge.sink.flush())  # before they count as done
        for one in batch.rejected:
            self._edge.metrics.rejected.labels(one.reason).inc()
