"""When the snapshot of a fold is written, and what of its log is given back after that.

A snapshot is due when the log behind the last one is as large as itself, or when it is `every_s` old and anything
came since: so snapshots cost at most as much as the log, and nothing while the stream is silent. Two snapshots stand
on their topic; the log is kept from where the older one needs it, so a spoilt one costs reading only.
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
    """Of one shard of a range log; `before` is the snapshot its fold was restored from."""

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
        """So much of the log was folded since the last call."""
        self._behind += size_bytes

    def hurry(self) -> None:
        """What was done since the last snapshot is not to be done again."""
        self._behind += self._bytes

    def begin_again(self) -> None:
        """The log was cut or made anew: what the last snapshot needs of it is gone, so another one is due."""
        self._keep_from = 0
        self.hurry()

    def due(self, now_s: float) -> bool:
        """Whether to write one now."""
        return self._behind >= self._bytes or (self._behind > 0 and now_s - self._written_s >= self._every_s)

    def write(
        self, record: StateRecord, cursor: Cursor, now_s: float, owned: Callable[[], bool], needed: int | None = None
    ) -> None:
        """Write a snapshot; then a checkpoint to the log, and give back what stands before the older snapshot.

        `needed` is where the snapshot needs the log from, if not from the cursor's place.
        Raises BrokerError if the snapshot is not written. Giving back is left to the next time if it fails, or if the
        group has given the shard to somebody else: whoever takes it over reads this snapshot or a later one.
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
                log.warning("%s before offset %d is not given back: %s", self._topic, before, error)
