"""Signs of a string from the statistics of units and pairs: how strong its links are, inside and across its edges.

A link is strong if its PMI is high and it is not rare; its quantile compares it with the links of its script.
"""

import numpy as np

from sketches.count_min import F64
from stream.finder.evidence import Evidence
from stream.horizon.unit_statistics import (
    AFTER,
    BEFORE,
    BEGINS,
    BOUND_AFTER,
    BOUND_BEFORE,
    ENDS,
    TOKENS,
)
from stream.text.runs import I64

NAMES = (
    "l_cross", "l_cut", "l_rel", "r_cross", "r_cut", "r_rel", "q_min", "q_mean", "pair_q", "newlinks",
    "weak", "weak0", "cut_both", "piece", "freq_a", "freq_z", "begin_a", "end_a", "begin_z", "end_z", "begin_aa",
    "end_zz", "prod_a", "prod_z", "fresh_a", "fresh_z", "free_a", "free_z", "free_max",
)  # fmt: skip
_PRIOR = 5.0  # occurrences that a share is worth before there are any
_MOST_WEAK = 3


def signs(evidence: Evidence) -> dict[str, F64]:
    """Return {name: (strings,) values}."""
    found = _inner(evidence)
    found |= _across(evidence, found["q_min"])
    found["piece"] = found["cut_both"] * found["weak0"]
    return found | _edges(evidence)


def inner_links(evidence: Evidence) -> tuple[I64, I64]:
    """Return the links within the strings: the string of each, and the row of its left unit."""
    links = evidence.strings.units - 1
    owner = np.repeat(np.arange(len(links)), links)
    return owner, evidence.strings.row[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(links) - links, links)


def _inner(evidence: Evidence) -> dict[str, F64]:
    owner, rows = inner_links(evidence)
    number, units = len(evidence.strings), evidence.strings.units
    links, of = evidence.links, evidence.link_numbers(rows)
    quantile = links.quantile[of]
    least, total = np.ones(number), np.bincount(owner, quantile, number)
    np.minimum.at(least, owner, quantile)
    new = evidence.past.counts(evidence.buffer.grams(rows, 2)) <= evidence.few
    weak = np.bincount(owner, ~links.strong[of], number)
    many = np.maximum(units - 1, 1)
    return {
        "q_min": least, "q_mean": np.where(units > 1, total / many, 1.0), "pair_q": np.where(units == 2, least, 0.5),
        "newlinks": np.where(units > 1, np.bincount(owner, new, number) / many, 1.0),
        "weak": np.minimum(weak, _MOST_WEAK), "weak0": (weak == 0).astype(np.float64),
    }  # fmt: skip


def _across(evidence: Evidence, least: F64) -> dict[str, F64]:
    """Return the signs of the links between a string and its neighbours."""
    found, piece = {}, np.ones(len(evidence.mentions.row), bool)
    left, right = evidence.sides
    for side, rows in (("l", left), ("r", right - 1)):
        of = evidence.link_numbers(rows)
        quantile, parted = evidence.links.quantile[of], ~evidence.links.strong[of]
        piece &= parted
        found[f"{side}_cross"] = evidence.mean(quantile)
        found[f"{side}_cut"] = evidence.mean(parted)
        found[f"{side}_rel"] = evidence.mean(quantile < least[evidence.mentions.string] - 1e-9)
    found["cut_both"] = evidence.mean(piece)
    return found


def _edges(evidence: Evidence) -> dict[str, F64]:
    """Return the signs of the first and the last unit, and of the first and the last pair."""
    buffer, statistics, strings = evidence.buffer, evidence.statistics, evidence.strings
    last = strings.row + strings.units - 1
    found = {}
    of = {"a": statistics.units.get(buffer.grams(strings.row, 1)), "z": statistics.units.get(buffer.grams(last, 1))}
    for side, counts in of.items():
        counts = counts.astype(np.float64)
        tokens = counts[:, TOKENS]
        found[f"freq_{side}"] = np.log((tokens + 1) / (statistics.total + 1))
        found[f"begin_{side}"] = (counts[:, BEGINS] + 1) / (tokens + _PRIOR)
        found[f"end_{side}"] = (counts[:, ENDS] + 1) / (tokens + _PRIOR)
        many = np.log1p(np.maximum(tokens, 1))
        before, after = np.log1p(counts[:, BEFORE]) / many, np.log1p(counts[:, AFTER]) / many
        found[f"prod_{side}"], found[f"fresh_{side}"] = (before, after) if side == "a" else (after, before)
        bound = counts[:, [BOUND_BEFORE, BOUND_AFTER]] / np.maximum(tokens, 1)[:, None]
        found[f"free_{side}"] = np.clip(1 - bound, 0, 1).prod(axis=1)
    found["free_max"] = np.maximum(found["free_a"], found["free_z"])
    pairs = strings.units > 1
    for name, unit, rows, column in (("begin_aa", "begin_a", strings.row, 1), ("end_zz", "end_z", last - 1, 2)):
        counts = statistics.pairs.get(buffer.grams(rows[pairs], 2)).astype(np.float64)
        found[name] = found[unit].copy()
        found[name][pairs] = (counts[:, column] + _PRIOR * found[unit][pairs]) / (counts[:, 0] + _PRIOR)
    return found
