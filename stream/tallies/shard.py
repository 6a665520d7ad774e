"""The state of one shard: a sketch into which the tallies of all input partitions are folded, and how far each is
counted.

A snapshot is the fold of the log before `cursor.place`. Guarantee: the snapshot and the log from there on give exactly
the counts that were in memory.
"""

from dataclasses import dataclass, field

import orjson

from sketches.pair_sketch import PairSketch, SketchSettings
from stream.bounded import parsed_json
from stream.range_log.chain import Cursor, Ledger
from stream.state.chunks import OPEN, Seal, StateRecord
from stream.tallies.tally import RangeTally

PREFIX = "shard-"
MOST_HEAD_BYTES = 4 << 20


@dataclass(slots=True)
class Shard:
    """One shard. `totals` is {input partition: {what: count}}, to be compared with the input."""

    number: int
    sketch: PairSketch
    cursor: Cursor
    shards: int = 1
    totals: dict[int, dict[str, int]] = field(default_factory=dict)
    newest_s: float = 0.0
    sequence: int = 0  # of the last snapshot

    @classmethod
    def begun(cls, number: int, sketch: PairSketch, newest_s: float = 0.0, seal: Seal = OPEN) -> "Shard":
        """Return a shard without tallies; the sketch may hold older counts."""
        return cls(number, sketch, Cursor(Ledger(), seal=seal), newest_s=newest_s)

    @property
    def name(self) -> str:
        """The name of its records."""
        return f"{PREFIX}{self.number}"

    def fold(self, tally: RangeTally, floor: float) -> None:
        """Add a tally and record how far its partition is counted.

        Pairs that reach the count `floor` become candidates.
        """
        for at_s, counts in tally.windows:
            self.sketch.add(counts, at_s, floor)
        totals = self.totals.setdefault(tally.partition, {})
        for what, more in (tally.totals | {"pairs": tally.pairs, "characters": tally.characters}).items():
            totals[what] = totals.get(what, 0) + more
        self.newest_s = max(self.newest_s, tally.newest_s)
        self.cursor.ledger.advance(tally.partition, tally.end)

    def snapshot(self, sequence: int) -> StateRecord:
        """Return the state as a record, without its place in the log, which `SnapshotKeeper` adds.

        The sketch is not copied, so write the record before anything more is counted.
        """
        self.sequence = sequence
        head = {
            "chains": [[number, *chain] for number, chain in self.cursor.ledger.state().items()],
            "totals": [[number, totals] for number, totals in sorted(self.totals.items())],
        }  # fmt: skip
        meta: dict[str, str | int | float] = {
            "half_life_s": self.sketch.settings.half_life_s, "newest_s": self.newest_s, "shards": self.shards,
        }  # fmt: skip
        parts: dict[str, bytes | memoryview] = {"head": orjson.dumps(head), **self.sketch.stored()}
        return StateRecord(self.name, sequence, parts, meta)

    @classmethod
    def restored(cls, record: StateRecord, settings: SketchSettings, seal: Seal = OPEN) -> "Shard":
        """Restore a shard from a snapshot. Raises one of `UNFIT` if it does not fit the settings."""
        meta, head = record.meta, parsed_json(record.parts["head"], MOST_HEAD_BYTES)
        if meta["half_life_s"] != settings.half_life_s:
            raise ValueError(f"half-life {meta['half_life_s']} s")
        sketch = PairSketch.from_bytes(record.parts, settings)
        ledger = Ledger({int(number): (int(epoch), int(following)) for number, epoch, following in head["chains"]})
        cursor = Cursor(ledger, int(meta["reached"]), seal)
        if not 0 <= int(meta["place"]) <= cursor.reached:
            raise ValueError("a snapshot whose places contradict one another")
        totals = {int(number): {str(what): int(many) for what, many in of.items()} for number, of in head["totals"]}
        return cls(int(record.name.removeprefix(PREFIX)), sketch, cursor, int(meta["shards"]), totals,
                   float(meta["newest_s"]), record.next_offset)  # fmt: skip


def place_of(record: StateRecord) -> int:
    """Return the offset of the log at which reading goes on after a snapshot."""
    return int(record.meta["place"])
