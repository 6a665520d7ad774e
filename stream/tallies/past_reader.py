"""The log of tallies read one horizon late: Kafka is the delay line, and nothing else has to keep what will be past.

A tally reaches the memory of the past when the newest text of its shard is a horizon newer than its own newest text.
Invariant: each tally that counts is folded once, in the order of the log; what is not due yet waits on the log.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from stream.log.protocol import Record, Source
from stream.state.chunks import OPEN, Seal
from stream.tallies.chain import Judged, Verdict
from stream.tallies.messages import Part, UnreadableError, read_message
from stream.tallies.shard import PastFold, Shard


@dataclass(slots=True)
class Behind:
    """A shard, the memory of its past, and records that were polled and are not due."""

    shard: Shard
    fold: PastFold
    waiting: deque[Record] = field(default_factory=deque)


class PastReader:
    """`source` reads all shards without a group; those of `shards` are followed from the places given."""

    def __init__(
        self, source: Source, shards: Mapping[int, tuple[Shard, PastFold, int]], horizon_s: float, seal: Seal = OPEN
    ) -> None:
        self._source, self._horizon_s, self._seal = source, horizon_s, seal
        self._behind = {number: Behind(shard, fold) for number, (shard, fold, _) in shards.items()}
        self._places = {number: place for number, (_, _, place) in shards.items()}

    def step(self) -> int:
        """Fold what has come to the horizon; how many tallies that were. Never waits."""
        polled = self._source.poll(0.0)
        for number in (polled.assigned or frozenset()) & self._behind.keys():
            self._behind[number].waiting.clear()
            self._source.seek(number, self._behind[number].shard.past.place or self._places[number] or None)
        for number, (_, got) in polled.lost.items():
            if number in self._behind:
                self._behind[number].shard.past.begin_again(got)
        for record in polled:
            self._behind[record.partition].waiting.append(record)
        folded = sum(map(self._fold, self._behind.values()))
        self._source.hold({number for number, one in self._behind.items() if one.waiting})
        return folded

    def close(self) -> None:
        self._source.close()

    def _fold(self, one: Behind) -> int:
        due_s, folded = one.shard.newest_s - self._horizon_s, 0
        while one.waiting and _newest_s(one.waiting[0], self._seal) <= due_s:
            met = one.shard.past.read(one.waiting.popleft())
            if isinstance(met, Judged) and met.verdict in (Verdict.COUNTS, Verdict.GAP):
                if met.tally.begin >= one.shard.past.ledger.following(met.tally.partition):
                    one.fold.fold_past(met.tally)
                    folded += 1
                one.shard.past.ledger.advance(met.tally.partition, met.tally.end)
        return folded


def _newest_s(record: Record, seal: Seal) -> float:
    """Of a part of a tally; any other record is due at once."""
    try:
        message = read_message(record.key, record.value, seal)
    except UnreadableError:
        return float("-inf")
    return message.newest_s if isinstance(message, Part) else float("-inf")
