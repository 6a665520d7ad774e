"""Writes snapshots of a fold when they are due, and deletes the part of its range log that is no longer needed.

A snapshot is due when the log since the last one is as large as the snapshot, or when the last one is `every_s` seconds
old and anything came since. So snapshots cost at most as much as the log, and nothing while the stream is silent. The
topic holds two snapshots and the log is kept from where the older one needs it, so that a damaged snapshot costs only
reading time.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from stream.errors import BrokerError
from stream.log.protocol import Sink
from stream.range_log.chain import Cursor
from stream.range_log.messages import Checkpoint, checkpoint_message
from stream.state.chunks import OPEN, Seal, StateRecord
from stream.state.snapshots import StateLog

log = logging.getLogger(__name__)
LEAST_BYTES = 1 << 20  # of the log before the next snapshot is due by their size
DeleteRecords = Callable[[str, Mapping[int, int]], None]


class SnapshotKeeper:
    """The snapshots of one shard of a range log; `before` is the snapshot from which its fold was restored."""

    def __init__(
        self, snapshots: StateLog, sink: Sink, topic: str, shard: int, every_s: float, delete_records: DeleteRecords,
        now_s: float, before: StateRecord | None = None, seal: Seal = OPEN,
    ) -> None:  # fmt: skip
        self._snapshots, self._sink, self._topic, self._shard = snapshots, sink, topic, shard
        self._every_s, self._delete_records, self._seal = every_s, delete_records, seal
        self._written_s, self._bytes = now_s, LEAST_BYTES
        self._behind = 0
        self._keep_from = 0  # what the last snapshot needs of the log
        if before is not None:
            self._keep_from = int(before.meta["needed"])
            self._bytes = max(LEAST_BYTES, int(before.meta.get("bytes", 0)))

    def read(self, size_bytes: int) -> None:
        """Add to the bytes of log that were folded since the last snapshot."""
        self._behind += size_bytes

    def hurry(self) -> None:
        """Make a snapshot due now, because work since the last one should not be repeated."""
        self._behind += self._bytes

    def begin_again(self) -> None:
        """The log was cut or made anew, so the last snapshot no longer fits it: make another one due."""
        self._keep_from = 0
        self.hurry()

    def due(self, now_s: float) -> bool:
        """Whether a snapshot should be written now."""
        return self._behind >= self._bytes or (self._behind > 0 and now_s - self._written_s >= self._every_s)

    def write(
        self, record: StateRecord, cursor: Cursor, now_s: float, owned: Callable[[], bool], needed: int | None = None
    ) -> None:
        """Write a snapshot, then a checkpoint to the log; then delete the log before what the older snapshot needs.

        `needed` is the first offset of the log that the snapshot needs; by default the cursor's place. Raises
        BrokerError if the snapshot is not written. The deletion is left to the next snapshot if it fails, or if the
        group has given the shard to another process.
        """
        sent: list[int] = []
        marked = replace(record, meta=record.meta | {"place": cursor.place, "reached": cursor.reached,
                                                     "bytes": self._bytes,
                                                     "needed": cursor.place if needed is None else needed})  # fmt: skip
        self._snapshots.write([marked], sent.append)
        self._behind, self._written_s = 0, now_s
        self._bytes = max(LEAST_BYTES, sum(sent))
        before, self._keep_from = self._keep_from, cursor.place if needed is None else needed
        self._sink.send(self._topic, *checkpoint_message(Checkpoint(cursor.ledger.state()), self._seal),
                        partition=self._shard)  # fmt: skip
        self._sink.flush()
        if before and owned():
            try:
                self._delete_records(self._topic, {self._shard: before})
            except BrokerError as error:
                log.warning("records of %s before offset %d could not be deleted: %s", self._topic, before, error)
