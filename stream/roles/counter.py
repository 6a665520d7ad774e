"""raw-text -> tallies: counts the assigned partitions exactly and appends one tally for each range of offsets.

It keeps no sketch and no state. Only this role writes dead letters. It writes them before the tally that covers them,
so a dead letter may be written twice but is never lost.
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
    """Role `count`; any number of processes share the partitions."""

    role, doing = "count", "counting"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge, edge.config.topics.tallies)
        self._alphabet = Alphabet(edge.config.text.scripts)
        self._unreadable = Unreadable(edge.config.topics.raw_text, edge.config.text)

    @property
    def unusable(self) -> str:
        """Why the incoming texts cannot be used; empty if they can."""
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
