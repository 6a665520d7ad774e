"""The announcer's state <-> state records: the finder, the announced words, their stories, the chains.

Between two snapshots each announcement is a small record of its own (`increment_of`), written before its events are
sent. Arrays keep their dtype and shape; only the plain dtypes in TYPES are accepted. Decoding raises one of `UNFIT` if
the content does not fit.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import orjson

from stream.bounded import parsed_json
from stream.events.events import EMERGED, FADED, HELD, RISING, Event, decode_event, encode
from stream.state.chunks import StateRecord
from stream.text.runs import fold_word
from stream.trends.announced import Announced
from stream.trends.new_words import NewWords

SNAPSHOT, INCREMENT = "announcer", "announced-"
STATUSES = (EMERGED, RISING, FADED)
TYPES = ("|u1", "|i1", "|b1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8")
MOST_HEAD_BYTES = 64 << 20
_FINDER, _STORIES, _RATE = "finder.", "stories.", "rate."


def snapshot_of(
    trends: NewWords, sequence: int, chains: Mapping[int, tuple[int, int]] | None = None,
    meta: Mapping[str, str | int | float] | None = None,
) -> StateRecord:  # fmt: skip
    """Encode everything except the texts of the horizon, which are on the topic of kept texts."""
    numbers, arrays, parts = dict[str, str](), dict[str, list[object]](), dict[str, bytes | memoryview]()
    for name, value in trends.finder.state().items():
        if isinstance(value, np.ndarray):
            little = np.ascontiguousarray(value.astype(value.dtype.newbyteorder("<"), copy=False))
            arrays[name], parts[_FINDER + name] = [little.dtype.str, list(little.shape)], little.tobytes()
        elif isinstance(value, bytes):
            parts[_FINDER + name] = value
        else:
            numbers[name] = float(value).hex()
    parts |= {_STORIES + name: content for name, content in trends.stories.state().items()}
    parts |= {_RATE + name: content for name, content in trends.gate.rate.state().items()}
    rows = [[was.word, was.shown, STATUSES.index(was.status), was.at_s, was.peak] for was in trends.announced.values()]
    head = {
        "numbers": numbers, "arrays": arrays, "announced": rows, "first_s": trends.first_s,
        "chains": [[number, *chain] for number, chain in (chains or {}).items()],
    }  # fmt: skip
    return StateRecord(SNAPSHOT, sequence, {"head": orjson.dumps(head), **parts}, {**(meta or {})})


def restore(trends: NewWords, record: StateRecord) -> dict[int, tuple[int, int]]:
    """Fill an empty `NewWords` and return the chains.

    The caller must then refill its finder with the horizon's texts.
    """
    head = parsed_json(record.parts["head"], MOST_HEAD_BYTES)
    state: dict[str, np.ndarray | bytes | float] = {
        str(name): float.fromhex(value) for name, value in head["numbers"].items()
    }
    for part, content in record.parts.items():
        if part.startswith(_FINDER):
            name = part.removeprefix(_FINDER)
            state[name] = _array(content, *head["arrays"][name]) if name in head["arrays"] else bytes(content)
    announced = {str(word): Announced(str(word), STATUSES[status], float(at_s), int(peak), str(shown))
                 for word, shown, status, at_s, peak in head["announced"]}  # fmt: skip
    chains = {int(number): (int(epoch), int(following)) for number, epoch, following in head["chains"]}
    first_s = None if head["first_s"] is None else float(head["first_s"])
    trends.finder.restore(state)
    trends.stories.restore(_parts_of(record, _STORIES))
    trends.gate.rate.restore(_parts_of(record, _RATE))
    trends.announced, trends.first_s = announced, first_s
    return chains


def increment_of(number: int, sequence: int, events: Sequence[Event]) -> StateRecord:
    """Encode announcement number `number` since the last snapshot."""
    lines = b"\n".join(encode(event) for event in events)
    return StateRecord(f"{INCREMENT}{number}", sequence, {"events": lines}, {})


def events_of(record: StateRecord) -> list[Event]:
    """Return the events of an increment."""
    return [decode_event(line) for line in bytes(record.parts["events"]).splitlines()]


def remember(trends: NewWords, published: Iterable[Event]) -> None:
    """Mark words as announced whose events are on the topic, as their last event says, unless a later one is known.

    Held words are marked too, so that texts that are folded again do not lead to the same candidate once more.
    """
    for event in published:
        word = fold_word(event.word)
        was = trends.announced.get(word)
        if was is None or was.at_s <= event.detected_at_s:  # a word may emerge and fade as of the same moment
            trends.announced.pop(word, None)  # in order of the last event: the oldest leave first
            status = EMERGED if event.status == HELD else event.status
            trends.announced[word] = Announced.of(event.word, status, event.detected_at_s, event.count)
    for word in list(trends.announced)[: max(0, len(trends.announced) - trends.settings.announced)]:
        del trends.announced[word]


def _parts_of(record: StateRecord, prefix: str) -> dict[str, bytes | memoryview]:
    """Return the parts whose names begin with a prefix, without the prefix."""
    return {part.removeprefix(prefix): content for part, content in record.parts.items() if part.startswith(prefix)}


def _array(content: bytes | memoryview, kind: str, shape: Sequence[int]) -> np.ndarray:
    if kind not in TYPES:
        raise ValueError(f"an array of type {kind!r}")
    return np.frombuffer(content, kind).reshape(tuple(map(int, shape))).copy()
