"""The windows of a partition as state records, and back. Numbers as arrays, words and texts as UTF-8.

A record of (partition, window) is named `partition:window`. In what is read back only the settled texts are counted:
the others will be read again.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import orjson

from stream.state.chunks import StateRecord
from stream.text.runs import I64, U32
from stream.words.examples import Example, Examples
from stream.words.windows import Windows
from stream.words.word_table import EXAMPLES, WordTable

MOST_CELLS = 1 << 24  # characters a table of words has room for: each word takes as many as the longest
MOST_DIGITS = 18
_COLUMNS = {
    "keys": "<u8",
    "texts": "<i4",
    "first_s": "<f8",
    "mentions": "<i4",
    "facet_rows": "<i4",
    "facets": "<u8",
    "facet_counts": "<i4",
}


def parts_of(table: WordTable, prefix: str) -> dict[str, bytes]:
    """The columns, each named `prefix.column`."""
    shown = table.shown.alone()
    words = table.words.view("<u4").reshape(len(table), table.words.itemsize // 4)
    columns = {name: getattr(table, name).astype(kind, copy=False).tobytes() for name, kind in _COLUMNS.items()}
    columns |= _written("words", words[words > 0], np.count_nonzero(words, axis=1))
    columns |= _written("shown", shown.points, shown.end - shown.begin)
    columns["offsets"] = shown.offsets.astype("<i8", copy=False).tobytes()
    columns["origin"] = shown.origin.astype("<i4", copy=False).tobytes()
    columns["origins"] = orjson.dumps(shown.origins)
    return {f"{prefix}.{name}": content for name, content in columns.items()}


def table_of(parts: Mapping[str, bytes | memoryview], prefix: str) -> WordTable:
    """The table of parts. Raises ValueError or KeyError if they are not one."""
    parts = {part.removeprefix(f"{prefix}."): content for part, content in parts.items() if part.startswith(prefix)}
    columns = {name: np.frombuffer(parts[name], kind).copy()  # that the record need not be held for them
               for name, kind in _COLUMNS.items()}  # fmt: skip
    words, shown = _words_of(parts), _shown_of(parts)
    mentions = columns.pop("mentions").reshape(-1, EXAMPLES)
    rows = {len(words), len(mentions), *(len(columns[name]) for name in ("keys", "texts", "first_s"))}
    facets = {len(columns[name]) for name in ("facet_rows", "facets", "facet_counts")}
    if (
        len(rows) != 1
        or len(facets) != 1
        or not (_within(mentions, -1, len(shown)) and _within(columns["facet_rows"], 0, len(words)))
    ):
        raise ValueError("a word table whose columns do not fit together")
    return WordTable(words=words, mentions=mentions, shown=shown, **columns)


def _written(name: str, points: U32, lengths: npt.NDArray[np.integer]) -> dict[str, bytes]:
    """Strings one behind the other as UTF-8, and of how many characters each is."""
    text = points.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")
    return {name: text.encode("utf-8", "surrogatepass"), f"{name}.lengths": lengths.astype("<u4").tobytes()}


def _read(parts: Mapping[str, bytes | memoryview], name: str) -> tuple[U32, I64]:
    """What `_written` wrote: code points, lengths."""
    text = str(parts[name], "utf-8", "surrogatepass").encode("utf-32-le", "surrogatepass")
    points, lengths = np.frombuffer(text, "<u4"), np.frombuffer(parts[f"{name}.lengths"], "<u4").astype(np.int64)
    if lengths.sum() != len(points):
        raise ValueError(f"{len(points)} characters of {name}, but their lengths add up to {lengths.sum()}")
    return points, lengths


def _words_of(parts: Mapping[str, bytes | memoryview]) -> npt.NDArray[np.str_]:
    if "words.lengths" not in parts:  # a record of an older version
        listed = [str(word) for word in orjson.loads(parts["words"])]
        if len(listed) * max(map(len, listed), default=0) > MOST_CELLS:
            raise ValueError(f"{len(listed)} words, some too long")
        return np.array(listed, np.str_)
    points, lengths = _read(parts, "words")
    longest = int(lengths.max(initial=1))
    if len(lengths) * longest > MOST_CELLS:  # one word of a million characters among a million: memory for all of them
        raise ValueError(f"{len(lengths)} words, the longest of {longest} characters")
    words = np.zeros((len(lengths), longest), "<u4")
    words[np.arange(longest) < lengths[:, None]] = points
    return words.view(f"<U{longest}").ravel()


def _shown_of(parts: Mapping[str, bytes | memoryview]) -> Examples:
    if "shown.lengths" not in parts:  # a record of an older version
        return Examples.listed([Example(*one) for one in orjson.loads(parts["shown"])])
    points, lengths = _read(parts, "shown")
    end = np.cumsum(lengths)
    origins = tuple((str(topic), int(number)) for topic, number in orjson.loads(parts["origins"]))
    offsets, origin = np.frombuffer(parts["offsets"], "<i8").copy(), np.frombuffer(parts["origin"], "<i4").copy()
    if not len(end) == len(offsets) == len(origin) or not _within(origin, 0, len(origins)):
        raise ValueError("examples whose columns do not fit together")
    return Examples(points, end - lengths, end, offsets, origin, origins)


def _within(numbers: npt.NDArray[np.int32], least: int, end: int) -> bool:
    return bool(numbers.min(initial=least) >= least and numbers.max(initial=end - 1) < end)


def whole_table(state: StateRecord) -> list[WordTable]:
    """Settled and live part of a window's record."""
    return [table_of(state.parts, "settled"), table_of(state.parts, "live")]


def window_record(number: int, window: int, windows: Windows, next_offset: int) -> StateRecord:
    """The record of a window of partition `number`."""
    one = windows.windows[window]
    meta: dict[str, str | int | float] = {
        "settled_offset": one.settled_offset, "length_s": windows.settings.length_s, "window": window,
        "partition": number, "texts": one.counted,
    }  # fmt: skip
    # names of texts that will be read again must not be there: they would be taken for copies of themselves
    parts = {"seen": one.settled_names.astype("<u8").tobytes()}
    parts |= parts_of(one.settled, "settled") | parts_of(windows.live(one), "live")
    return StateRecord(f"{number}:{window}", next_offset, parts, meta)


class Settled:
    """What is held of the records of windows while the topic is read: settled parts, of the newest `horizon` windows.

    The other texts will be read again. Of older windows it is known that they are there.
    """

    def __init__(self, horizon: int) -> None:
        self._horizon = horizon
        self._newest: dict[int, int] = {}

    def __call__(self, states: dict[str, StateRecord], state: StateRecord) -> None:
        number, window = place_of(state.name)
        states[state.name] = state
        if window is None:
            return
        parts = {part: bytes(content) for part, content in state.parts.items() if _is_settled(part)}
        states[state.name] = replace(state, parts=parts)
        self._newest[number] = newest = max(window, self._newest.get(number, window))
        for name, held in states.items():
            at = place_of(name)
            if held.parts and at[0] == number and at[1] is not None and at[1] <= newest - self._horizon:
                states[name] = replace(held, parts={})


def _is_settled(part: str) -> bool:
    return part == "seen" or part.startswith("settled.")


def load_windows(windows: Windows, listed: str, tables: Mapping[int, StateRecord]) -> None:
    """Fill the windows of a partition from the records of each; raises what is named `UNFIT` if that cannot be.

    `listed` are the windows that must be there, apart by blanks; those without parts are over.
    """
    if missing := {int(window) for window in listed.split()} - tables.keys():
        raise ValueError(f"{len(missing)} tables are missing")
    for window, state in tables.items():
        if not state.parts:
            continue
        if state.meta["length_s"] != windows.settings.length_s:
            raise ValueError(f"windows of {state.meta['length_s']} s")
        one = windows.window(window)
        names = np.frombuffer(state.parts["seen"], "<u8").astype(np.uint64)
        one.settled, one.settled_offset = table_of(state.parts, "settled"), int(state.meta["settled_offset"])
        one.seen.names, one.counted = np.unique(names), len(names)
        windows.newest = max(windows.newest, window)


def place_of(name: str) -> tuple[int, int | None]:
    """(partition, window) of a record's name, window None of a partition's own; (-1, None) for no name of ours.

    >>> place_of("3:28401156"), place_of("3"), place_of("3:x")
    ((3, 28401156), (3, None), (-1, None))
    """
    number, _, window = name.partition(":")
    if len(name) > 2 * MOST_DIGITS or not (number.isdecimal() and (window.isdecimal() or name == number)):
        return -1, None
    return int(number), int(window) if window else None
