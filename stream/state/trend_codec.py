"""The trend table as a state record, and back: baselines, announced words, and the events about to be sent."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import orjson

from sketches.count_min import CountMin
from stream.events.events import EMERGED, FADED, RISING, Event, decode_event, encode
from stream.state.chunks import StateRecord
from stream.text.hash64 import word_key
from stream.text.runs import fold_word
from stream.trends.trend_table import Announced, Trends

TREND = "trend"
STATUSES = (EMERGED, RISING, FADED)
_ROW = np.dtype([("key", "<u8"), ("counted", "<u8"), ("at_s", "<f8"), ("peak", "<i8"), ("status", "u1")])


def record_of_trends(
    trends: Trends, sequence: int, outbox: list[Event], origin: dict[str, str | int | float] | None = None
) -> StateRecord:
    """`sequence` is how many were written, this one included; `origin` says more of where it comes from."""
    moments = trends.moments
    head = {
        "outbox": [encode(event).decode() for event in outbox],
        "folded": trends.folded, "oldest": trends.oldest, "reached": max(trends.tables, default=trends.folded),
        "windows": moments.windows, "newest": moments.newest, "landmark": moments.landmark,
        "chance": list(trends.chance.values), "weighed": list(trends.chance.keys),
        "heard": [[key, *heard] for key, heard in trends.budget.heard.items()], "spent": trends.budget.spent_s,
    }  # fmt: skip
    parts: dict[str, bytes | memoryview] = {
        "head": orjson.dumps(head), "sums": moments.sums.stored(), "squares": moments.squares.stored(),
        **_columns_of(trends.announced),
    }  # fmt: skip
    return StateRecord(TREND, sequence, parts, {**(origin or {}), "length_s": trends.window_s})


def restore_trends(trends: Trends, record: StateRecord, seed: int) -> tuple[list[Event], int]:
    """Fill an empty trend table; the outbox, and the newest window that was looked at.

    Raises one of `edge.UNFIT` if it does not fit: begin anew then.
    """
    if record.meta["length_s"] != trends.window_s:
        raise ValueError(f"windows of {record.meta['length_s']} s")
    head, moments = orjson.loads(record.parts["head"]), trends.moments
    shape = moments.sums.shape
    sums, squares = (CountMin.from_bytes(record.parts[part], seed) for part in ("sums", "squares"))
    if sums.shape != shape or squares.shape != shape:
        raise ValueError(f"baseline of shape {sums.shape}, but the configuration says {shape}")
    older = head.get("announced")
    announced = _announced_of(record) if older is None else {int(row[0]): _announced(*row) for row in older}
    outbox = [decode_event(line.encode()) for line in head["outbox"]]
    weighed = dict.fromkeys(map(int, head.get("weighed", ())))  # records of an older version lack some of these
    trends.chance.values.extend(map(float, head.get("chance", ())))
    trends.chance.keys |= weighed
    moments.sums, moments.squares = sums, squares
    moments.windows, moments.newest = float(head["windows"]), float(head["newest"])
    moments.landmark, trends.oldest = _maybe_int(head["landmark"]), _maybe_int(head["oldest"])
    trends.folded, trends.announced = int(head["folded"]), announced
    trends.budget.heard = {int(key): (float(at_s), float(score)) for key, at_s, score in head.get("heard", ())}
    trends.budget.spent_s = [float(at_s) for at_s in head.get("spent", ())]
    return outbox, int(head.get("reached", trends.folded + trends.settings.horizon))


def remember(trends: Trends, published: Iterable[Event]) -> None:
    """Words whose events stand on the topic are announced, as the last of them says, unless the table knows better."""
    for event in published:
        word = fold_word(event.word)
        key = word_key(word)
        was = trends.announced.get(key)
        if was is None or was.at_s < event.detected_at_s:
            trends.announced.pop(key, None)  # in order of the last event: the oldest leave first
            trends.announced[key] = Announced.of(event.word, event.status, event.detected_at_s, event.count, key)
    for key in list(trends.announced)[: max(0, len(trends.announced) - trends.settings.announced)]:
        del trends.announced[key]


def _columns_of(announced: Mapping[int, Announced]) -> dict[str, bytes]:
    """A row for each word, and a line with the word as it is folded and as it was shown.

    There may be very many, and each as an object of JSON takes four times the room while it is written or read.
    """
    rows = ((key, was.counted, was.at_s, was.peak, STATUSES.index(was.status)) for key, was in announced.items())
    lines = BytesIO()
    lines.writelines(f"{was.word}\t{was.shown}\n".encode() for was in announced.values())
    return {"announced": np.fromiter(rows, _ROW, len(announced)).tobytes(), "words": lines.getvalue()}


def _announced_of(record: StateRecord) -> dict[int, Announced]:
    announced = {}
    for row, line in zip(np.frombuffer(record.parts["announced"], _ROW), BytesIO(record.parts["words"]), strict=True):
        key, counted, at_s, peak, status = row.item()
        word, shown = line.decode().removesuffix("\n").split("\t")
        announced[key] = Announced(word, STATUSES[status], at_s, peak, key if counted == key else counted, shown)
    return announced


def _announced(
    key: int, word: str, status: str, at_s: float, peak: int, shown: str = "", counted: int | None = None
) -> Announced:
    """Records of an older version do not say how a word was written, nor by which key it is counted: by its own."""
    return Announced(
        str(word), str(status), float(at_s), int(peak), int(key if counted is None else counted), str(shown)
    )


def _maybe_int(value: Any) -> int | None:
    return None if value is None else int(value)
