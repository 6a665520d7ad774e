"""The trend table as a state record, and back: baselines, announced words, and the events about to be sent."""

import orjson

from sketches.count_min import CountMin
from stream.io.state import StateRecord
from stream.stages.events import Event, decode_event, encode
from stream.stages.trends import Announced, Trends

TREND = "trend"


def record_of_trends(
    trends: Trends, sequence: int, outbox: list[Event], origin: dict[str, str | int | float] | None = None
) -> StateRecord:
    """`sequence` is how many were written, this one included; `origin` says more of where it comes from."""
    moments = trends.moments
    head = {
        "outbox": [encode(event).decode() for event in outbox],
        "announced": [[key, a.word, a.status, a.at_s, a.peak] for key, a in trends.announced.items()],
        "folded": trends.folded, "oldest": trends.oldest, "windows": moments.windows, "newest": moments.newest,
        "landmark": moments.landmark, "chance": list(trends.chance.values), "weighed": list(trends.chance.keys),
    }  # fmt: skip
    parts = {"head": orjson.dumps(head), "sums": moments.sums.to_bytes(), "squares": moments.squares.to_bytes()}
    return StateRecord(TREND, sequence, parts, {**(origin or {}), "length_s": trends.window_s})


def restore_trends(trends: Trends, record: StateRecord, seed: int) -> list[Event]:
    """Fill an empty trend table; returns the outbox. Raises ValueError, KeyError or TypeError if it does not fit."""
    if record.meta["length_s"] != trends.window_s:
        raise ValueError(f"windows of {record.meta['length_s']} s")
    head, moments = orjson.loads(record.parts["head"]), trends.moments
    shape = moments.sums.shape
    sums, squares = (CountMin.from_bytes(record.parts[part], seed) for part in ("sums", "squares"))
    if sums.shape != shape or squares.shape != shape:
        raise ValueError(f"baseline of shape {sums.shape}, but the configuration says {shape}")
    announced = {int(key): Announced(*fields) for key, *fields in head["announced"]}
    outbox = [decode_event(line.encode()) for line in head["outbox"]]
    moments.sums, moments.squares = sums, squares
    moments.windows, moments.newest, moments.landmark = head["windows"], head["newest"], head["landmark"]
    trends.folded, trends.oldest, trends.announced = head["folded"], head["oldest"], announced
    trends.chance.values.extend(head.get("chance", ()))  # records of an older version have neither
    trends.chance.keys |= dict.fromkeys(map(int, head.get("weighed", ())))
    return outbox
