"""The fold of one shard's log: one sketch of all input partitions, and how far each of them is counted.

State: a snapshot is the fold of the log before `cursor.place`; with the log from there on it gives what was in memory,
count for count. A second cursor, `past`, folds the same log one horizon later into whatever wants to know what was
there before (`PastFold`); it has its own place and ledger in the snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from sketches.pair_sketch import PairSketch, SketchSettings
from stream.bounded import parsed_json
from stream.state.chunks import OPEN, Seal, StateRecord
from stream.tallies.chain import Cursor, Ledger
from stream.tallies.tally import RangeTally

PREFIX = "shard-"
PAST = "past."
MOST_HEAD_BYTES = 4 << 20


class PastFold(Protocol):
    """The memory of the past of one shard: what is known of texts older than the horizon."""

    def fold_past(self, tally: RangeTally) -> None:
        """Count a tally that has come to the horizon. Each comes once, in the order of the log."""

    def stored(self) -> dict[str, bytes | memoryview]:
        """Its state in parts, for the snapshot."""

    def restore(self, parts: Mapping[str, bytes | memoryview]) -> None:
        """Read what `stored` gave. Raises ValueError or KeyError if it is of another shape."""


@dataclass(slots=True)
class Shard:
    """`totals` are {input partition: {what: how many}}, for whoever compares them with the input."""

    number: int
    sketch: PairSketch
    cursor: Cursor
    past: Cursor
    shards: int = 1
    totals: dict[int, dict[str, int]] = field(default_factory=dict)
    newest_s: float = 0.0
    sequence: int = 0  # of the last snapshot

    @classmethod
    def begun(cls, number: int, sketch: PairSketch, newest_s: float = 0.0, seal: Seal = OPEN) -> "Shard":
        """Of which no tally is counted; the sketch may hold what was before."""
        return cls(number, sketch, Cursor(Ledger(), seal=seal), Cursor(Ledger(), seal=seal), newest_s=newest_s)

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

    def snapshot(self, sequence: int, past: PastFold | None = None, size_bytes: int = 0) -> StateRecord:
        """The state as a record; its sketch is not copied, so write it before anything more is counted.

        `size_bytes` is what the snapshot before took, which says when the next one is due.
        """
        self.sequence = sequence
        head = {
            "chains": [[number, *chain] for number, chain in self.cursor.ledger.state().items()],
            "past_chains": [[number, *chain] for number, chain in self.past.ledger.state().items()],
            "totals": [[number, totals] for number, totals in sorted(self.totals.items())],
        }  # fmt: skip
        meta: dict[str, str | int | float] = {
            "half_life_s": self.sketch.settings.half_life_s, "newest_s": self.newest_s, "shards": self.shards,
            "place": self.cursor.place, "reached": self.cursor.reached,
            "past_place": self.past.place, "past_reached": self.past.reached, "bytes": size_bytes,
        }  # fmt: skip
        parts: dict[str, bytes | memoryview] = {"head": orjson.dumps(head), **self.sketch.stored()}
        if past is not None:
            parts |= {f"{PAST}{name}": content for name, content in past.stored().items()}
        return StateRecord(self.name, sequence, parts, meta)

    @classmethod
    def restored(
        cls, record: StateRecord, settings: SketchSettings, past: PastFold | None = None, seal: Seal = OPEN
    ) -> "Shard":
        """The shard of a snapshot. Raises one of `UNFIT` if it does not fit the settings."""
        meta, head = record.meta, parsed_json(record.parts["head"], MOST_HEAD_BYTES)
        if meta["half_life_s"] != settings.half_life_s:
            raise ValueError(f"half-life {meta['half_life_s']} s")
        sketch = PairSketch.from_bytes(record.parts, settings)
        cursors = []
        for kind, chains in (("", "chains"), ("past_", "past_chains")):
            ledger = Ledger({int(number): (int(epoch), int(following)) for number, epoch, following in head[chains]})
            cursors.append((Cursor(ledger, int(meta[f"{kind}reached"]), seal), int(meta[f"{kind}place"])))
        (cursor, place), (behind, past_place) = cursors
        if not 0 <= place <= cursor.reached or not 0 <= past_place <= behind.reached:
            raise ValueError("a snapshot whose places contradict one another")
        totals = {int(number): {str(what): int(many) for what, many in of.items()} for number, of in head["totals"]}
        if past is not None:
            own = {name.removeprefix(PAST): part for name, part in record.parts.items() if name.startswith(PAST)}
            past.restore(own)
        return cls(int(record.name.removeprefix(PREFIX)), sketch, cursor, behind, int(meta["shards"]), totals,
                   float(meta["newest_s"]), record.next_offset)  # fmt: skip


def places_of(record: StateRecord) -> tuple[int, int]:
    """Where to read on after a snapshot: with the cursor of now, and with that of the past."""
    return int(record.meta["place"]), int(record.meta["past_place"])
