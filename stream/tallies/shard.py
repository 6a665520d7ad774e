"""The fold of one shard's tallies: one sketch of all input partitions, and how far each of them is counted.

State: a snapshot is the fold of the log before `cursor.place`; with the log from there on it gives what was in memory,
count for count.
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
    """`totals` are {input partition: {what: how many}}, for whoever compares them with the input."""

    number: int
    sketch: PairSketch
    cursor: Cursor
    shards: int = 1
    totals: dict[int, dict[str, int]] = field(default_factory=dict)
    newest_s: float = 0.0
    sequence: int = 0  # of the last snapshot

    @classmethod
    def begun(cls, number: int, sketch: PairSketch, newest_s: float = 0.0, seal: Seal = OPEN) -> "Shard":
        """Of which no tally is counted; the sketch may hold what was before."""
        return cls(number, sketch, Cursor(Ledger(), seal=seal), newest_s=newest_s)

    @property
    def name(self) -> str:
        """Of its records."""
        return f"{PREFIX}{self.number}"

    def fold(self, tally: RangeTally, floor: float) -> None:
        """Count a tally, and note how far its partition is counted; pairs that reach the floor become candidates."""
        for at_s, counts in tally.windows:
            self.sketch.add(counts, at_s, floor)
        totals = self.totals.setdefault(tally.partition, {})
        for what, more in (tally.totals | {"pairs": tally.pairs, "characters": tally.characters}).items():
            totals[what] = totals.get(what, 0) + more
        self.newest_s = max(self.newest_s, tally.newest_s)
        self.cursor.ledger.advance(tally.partition, tally.end)

    def snapshot(self, sequence: int) -> StateRecord:
        """The state as a record, but for its place, which `SnapshotKeeper` notes.

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
        """The shard of a snapshot. Raises one of `UNFIT` if it does not fit the settings."""
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
    """Where to read on after a snapshot."""
    return int(record.meta["place"])
