"""Decides which ranges of a range log count, from the order of the log alone.

For each input partition it keeps up to which offset it is counted and the epoch of its last owner. A range counts if
it begins exactly at that offset and no later owner has written a marker for the partition before it. Guarantee: a
process that was replaced without noticing adds nothing twice and leaves no gap, and all readers of a log decide alike.
Cost: O(1) a record, plus the parts of incomplete ranges in memory.
"""

from dataclasses import dataclass
from enum import Enum

from stream.log.protocol import Record
from stream.range_log.messages import Checkpoint, Marker, Part, Range, UnreadableError, read_message
from stream.state.chunks import OPEN, Seal


class Verdict(Enum):
    """Whether a range counts, and why not."""

    COUNTS = "counts"
    STALE = "stale"  # its writer was replaced before
    DONE = "done"  # counted already
    GAP = "gap"  # it does not begin where the partition stands: what lies between was lost, or is counted twice


@dataclass(slots=True)
class Chain:
    """How far one input partition is counted on a log, and by whom."""

    epoch: int = -1
    following: int = 0  # offset of the first text that is not counted
    known: bool = False  # whether anything but markers was seen of it


class Ledger:
    """The chains of all input partitions on one log."""

    def __init__(self, chains: dict[int, tuple[int, int]] | None = None) -> None:
        self.chains = {number: Chain(epoch, following, True) for number, (epoch, following) in (chains or {}).items()}

    def state(self) -> dict[int, tuple[int, int]]:
        """Return {partition: (epoch, next offset)}, as the constructor takes it."""
        return {number: (chain.epoch, chain.following) for number, chain in sorted(self.chains.items())}

    def following(self, partition: int) -> int:
        """Return the first offset of a partition that is not counted."""
        return self.chains[partition].following if partition in self.chains else 0

    @property
    def is_empty(self) -> bool:
        """Whether no offset of any partition is counted."""
        return not any(chain.following for chain in self.chains.values())

    def forget(self) -> None:
        """Set every partition back to offset 0; the epochs are kept."""
        for chain in self.chains.values():
            chain.following = 0

    def judge(self, partition: int, epoch: int, begin: int, end: int) -> Verdict:
        """Return the verdict on a range or its last part; the caller calls `advance` after COUNTS and GAP."""
        chain = self._chain(partition)
        if epoch < chain.epoch:
            return Verdict.STALE
        chain.epoch = epoch  # greater where its marker could not be read
        if end <= chain.following:
            return Verdict.DONE
        return Verdict.COUNTS if begin == chain.following else Verdict.GAP

    def is_stale(self, partition: int, epoch: int) -> bool:
        """Whether another process has taken the partition over since that epoch."""
        return partition in self.chains and epoch < self.chains[partition].epoch

    def advance(self, partition: int, end: int) -> None:
        """Record that the partition is counted up to `end`."""
        chain = self._chain(partition)
        chain.following, chain.known = max(end, chain.following), True

    def mark(self, marker: Marker) -> bool:
        """Apply a takeover; return False and change nothing if its epoch is not newer than the known one."""
        chain = self._chain(marker.partition)
        if marker.epoch <= chain.epoch:
            return False
        chain.epoch = marker.epoch
        if marker.restart is not None:
            chain.following, chain.known = marker.restart, True
        return True

    def learn(self, checkpoint: Checkpoint) -> None:
        """Take the chains of a checkpoint, for a reader that did not read the log from its beginning."""
        for partition, (epoch, following) in checkpoint.chains.items():
            chain = self._chain(partition)
            chain.epoch = max(chain.epoch, epoch)
            self.advance(partition, following)

    def _chain(self, partition: int) -> Chain:
        return self.chains.setdefault(partition, Chain())


@dataclass(frozen=True, slots=True)
class Judged:
    """A complete range with its verdict; `body` is empty unless the range counts or leaves a gap."""

    of: Range
    verdict: Verdict
    body: bytes = b""


class Cursor:
    """Reads one log record by record; its state is (`place`, `reached`, `ledger.state()`).

    After a restart, records from `place` on are read again to complete ranges of which some parts had been read; no
    range that ended before `reached` is judged twice.
    """

    def __init__(self, ledger: Ledger, reached: int = 0, seal: Seal = OPEN) -> None:
        self.ledger, self.reached, self._seal = ledger, reached, seal
        self.unreadable: dict[str, int] = {}
        self._open: dict[tuple[int, int], tuple[int, list[Part]]] = {}
        """By input partition and epoch: offset of the first part, and the parts read so far."""

    @property
    def place(self) -> int:
        """The offset from which the log must be read to go on."""
        return min([self.reached, *(offset for offset, _ in self._open.values())])

    def begin_again(self, offset: int) -> None:
        """Go on at `offset` of a log that was made anew."""
        self.reached = offset
        self._open.clear()

    def refuse(self, reason: str) -> None:
        """Count a message, or the body of a range, that cannot be read."""
        self.unreadable[reason] = self.unreadable.get(reason, 0) + 1

    def read(self, record: Record) -> Judged | Marker | Checkpoint | None:
        """Return what the record completes: a range with its verdict, a marker that takes a partition over, a
        checkpoint, None.
        """
        again = record.offset < self.reached
        self.reached = max(self.reached, record.offset + 1)
        try:
            message = read_message(record.key, record.value, self._seal)
        except UnreadableError as reason:
            self.refuse(str(reason))
            return None
        if isinstance(message, Part):
            return self._part(message, record.offset, again)
        if again or (isinstance(message, Marker) and not self.ledger.mark(message)):
            return None
        if isinstance(message, Marker):
            for at in [at for at in self._open if at[0] == message.partition and at[1] < message.epoch]:
                del self._open[at]
        return message

    def _part(self, part: Part, offset: int, again: bool) -> Judged | None:
        is_last, of = part.index == part.count - 1, part.of
        if self.ledger.is_stale(of.partition, of.epoch):
            return Judged(of, Verdict.STALE) if is_last and not again else None
        at = of.partition, of.epoch
        first, parts = self._open.pop(at, (offset, list[Part]()))
        if part.index == 0:
            first, parts = offset, []
        if part.index != len(parts) or (parts and (parts[0].of, parts[0].count) != (of, part.count)):
            return None
        parts.append(part)
        if not is_last:
            self._open[at] = first, parts
        return None if again or not is_last else self._judged(parts)

    def _judged(self, parts: list[Part]) -> Judged:
        of = parts[0].of
        verdict = self.ledger.judge(of.partition, of.epoch, of.begin, of.end)
        body = b"" if verdict is Verdict.DONE else b"".join(part.payload for part in parts)
        return Judged(of, verdict, body)
