"""Signs of a string from its parts: whether a beginning or an end of it occurs without it, now or in the past.

Single characters are not counted as parts, because every character occurs on its own. `live` of a part is ln(texts that
hold it without the string + 1) - ln(texts that hold the string).
"""

import numpy as np

from sketches.count_min import F64
from stream.finder.evidence import Evidence

NAMES = (
    "pre",
    "suf",
    "split",
    "mixed",
    "pre_past",
    "suf_past",
    "split_past",
    "drop_a",
    "drop_z",
    "known_cover",
    "bond",
)
_MOST = 4.0  # of signs that are differences of logarithms
_MOST_BOND = 12.0
KNOWN = 10  # texts of the past that make a part known


def signs(evidence: Evidence) -> dict[str, F64]:
    """Return {name: (strings,) values}."""
    parts, counts = evidence.parts, evidence.counts
    own = np.log(counts)[parts.string]
    out = np.maximum(0.0, parts.counts - counts[parts.string])
    live = np.where(parts.counts_as_word, np.log1p(out) - own, -own)
    ratio = len(evidence.buffer) / max(1, evidence.past.texts)
    then = np.log1p(parts.past * ratio) - own
    ever = np.where(parts.counts_as_word, np.maximum(live, then), -own)
    past = np.where(parts.counts_as_word, np.log1p(parts.past), 0.0)
    begin, end = _table(evidence, live, False, -_MOST), _table(evidence, live, True, -_MOST)
    past_begin, past_end = _table(evidence, past, False, 0.0), _table(evidence, past, True, 0.0)
    found = {
        "pre": begin.max(axis=1), "suf": end.max(axis=1), "split": np.minimum(begin, end).max(axis=1),
        "mixed": np.minimum(_table(evidence, ever, False, -_MOST), _table(evidence, ever, True, -_MOST)).max(axis=1),
    }  # fmt: skip
    found = {name: np.clip(values, -_MOST, _MOST) for name, values in found.items()}
    found |= {"pre_past": past_begin.max(axis=1), "suf_past": past_end.max(axis=1),
              "split_past": np.minimum(past_begin, past_end).max(axis=1)}  # fmt: skip
    return found | _edge_units(evidence) | {"known_cover": _known_cover(evidence), "bond": _bond(evidence)}


def _table(evidence: Evidence, values: F64, is_end: bool, missing: float) -> F64:
    """Return (strings, splits) a value of each beginning (or end), by the place of the split.

    `missing` for other splits.
    """
    parts, units = evidence.parts, evidence.strings.units
    table = np.full((len(units), max(1, int(units.max(initial=1)) - 1)), missing)
    mine = parts.is_end == is_end
    string = parts.string[mine]
    cut = np.where(is_end, units[string] - parts.units[mine], parts.units[mine])
    table[string, cut - 1] = values[mine]
    return table


def _edge_units(evidence: Evidence) -> dict[str, F64]:
    """Return the log ratio by which the string without its first or last unit is more frequent than the string."""
    parts, counts, units = evidence.parts, evidence.counts, evidence.strings.units
    found = {}
    for name, is_end in (("drop_a", True), ("drop_z", False)):
        mine = (parts.is_end == is_end) & (parts.units == units[parts.string] - 1)
        found[name] = np.zeros(len(counts))
        found[name][parts.string[mine]] = np.log(np.maximum(1.0, parts.counts[mine] / counts[parts.string[mine]]))
    return found


def _known_cover(evidence: Evidence) -> F64:
    """Return the length of the longest beginning or end known in the past, as a share of the string."""
    parts, units = evidence.parts, evidence.strings.units
    known = (parts.past > KNOWN) & parts.counts_as_word
    cover = np.zeros(len(units))
    np.maximum.at(cover, parts.string[known], parts.units[known] / units[parts.string[known]])
    return cover


def _bond(evidence: Evidence) -> F64:
    """Return the least of ln(texts * texts with the string / (texts with its beginning * texts with its end))."""
    counts = np.log(np.maximum(1.0, evidence.parts.counts))
    both = _table(evidence, counts, False, -np.inf) + _table(evidence, counts, True, -np.inf)
    bond = np.log(evidence.counts) + np.log(max(1, len(evidence.buffer))) - both.max(axis=1)
    found: F64 = np.minimum(bond, _MOST_BOND)
    return found
