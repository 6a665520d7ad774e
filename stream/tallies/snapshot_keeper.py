"""When a shard's snapshot is written, and what of its log is given back after that.

A snapshot is due when the tallies behind the last one are as large as itself, or when it is `every_s` old and anything
came since: so snapshots cost at most as much as tallies, and nothing while the stream is silent. Two snapshots stand
on their topic; the log is kept from where the older one needs it, so a spoilt one costs reading only.
"""

import logging
from collections.abc import Callable, Mapping

from stream.errors import BrokerError
from stream.log.protocol import Sink
from stream.state.chunks import OPEN, Seal, StateRecord
from stream.state.snapshots import StateLog
from stream.tallies.messages import Checkpoint, checkpoint_message
from stream.tallies.shard import PastFold, Shard

log = logging.getLogger(__name__)
LEAST_BYTES = 1 << 20  # of tallies before the next snapshot is due by their size
TERM_BITS = 32  # of a snapshot's number, those above count generations of the group, those below writes
DeleteRecords = Callable[[str, Mapping[int, int]], None]


class SnapshotKeeper:
    """Of one shard; `before` is the snapshot it was restored from."""

    def __init__(
        self, snapshots: StateLog, sink: Sink, topic: str, every_s: float, delete_records: DeleteRecords, now_s: float,
        before: StateRecord | None = None, seal: Seal = OPEN,
    ) -> None:  # fmt: skip
        self._snapshots, self._sink, self._topic = snapshots, sink, topic
        self._every_s, self._delete_records, self._seal = every_s, delete_records, seal
        self._written_s, self._bytes = now_s, LEAST_BYTES
        self._behind = 0
        self._keep_from = 0  # what the last snapshot needs of the log
        if before is not None:
            self._keep_from = int(before.meta["place"])
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

    def write(self, shard: Shard, past: PastFold | None, term: int, now_s: float, owned: Callable[[], bool]) -> None:
        """Write a snapshot; then a checkpoint to the log, and give back what stands before the older snapshot.

        Raises BrokerError if the snapshot is not written. Giving back is left to the next time if it fails, or if the
        group has given the shard to somebody else: whoever takes it over reads this snapshot or a later one.
        """
        sequence = max(term << TERM_BITS, shard.sequence) + 1
        sent: list[int] = []
        self._snapshots.write([shard.snapshot(sequence, past, self._bytes)], sent.append)
        self._behind, self._written_s = 0, now_s
        self._bytes = max(LEAST_BYTES, sum(sent))
        keep_from, self._keep_from = self._keep_from, shard.cursor.place
        self._sink.send(self._topic, *checkpoint_message(Checkpoint(shard.cursor.ledger.state()), self._seal),
                        partition=shard.number)  # fmt: skip
        self._sink.flush()
        before = keep_from if past is None else min(keep_from, shard.past.place)
        if before and owned():
            try:
                self._delete_records(self._topic, {shard.number: before})
            except BrokerError as error:
                log.warning("tallies of shard %d before offset %d are not given back: %s", shard.number, before, error)
