"""Evidence of strings -> {name: a value for each string}: the signs that need only the string and its mentions.

They are its number of texts, its length and scripts, its neighbours, whether its contexts repeat, its place in the
text, and the times and sources of its texts. `signs.py` adds those of its links and its parts.
"""

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64, finalize
from stream.finder.evidence import Evidence
from stream.finder.settings import DAY_S
from stream.horizon.units import BOOL, DIGITS, HAN, HANGUL, HIRAGANA, KATAKANA, LETTERS, QUOTE
from stream.text.runs import I64, U8

NAMES = (
    "texts", "len", "chars",
    *(f"{side}_{name}" for side in "lr" for name in ("top", "var", "ent", "edge", "quote", "same", "tok", "dig")),
    "alone", "quoted", "contexts", "company", "age_mean", "days", "sources", "pos_first", "spaced_l",
    "single", "two", "three", "long", "han", "hira", "kata", "tok", "digits",
    "hira_a", "hira_z", "dig_a", "dig_z", "tok_a", "tok_z", "tokchars",
)  # fmt: skip
AROUND = 8  # units to either side by which the company of a string is told
_ODD = np.uint64(0x9E3779B97F4A7C15)


def signs(evidence: Evidence) -> dict[str, F64]:
    """Return {name: (strings,) values}."""
    found = {"texts": np.log(evidence.counts)}
    left, right = evidence.sides
    inner = evidence.mentions.row, right - 1
    for side, beside, own in (("l", left, inner[0]), ("r", right, inner[1])):
        found |= {f"{side}_{name}": values for name, values in _neighbours(evidence, beside, own, side == "l").items()}
    kind = evidence.buffer.rows["kind"]
    found["alone"] = evidence.mean((kind[left] < HAN) & (kind[right] < HAN))
    found["quoted"] = evidence.mean((kind[left] == QUOTE) & (kind[right] == QUOTE))
    found["contexts"] = _distinct(evidence, _context(evidence, left, right)) / evidence.counts
    found["company"] = _company(evidence, left, right)
    return found | _when_and_who(evidence) | _shape(evidence)


def _tells(kinds: U8, before: bool) -> BOOL:
    """Whether a neighbour of the same kind shows that a word goes on.

    That holds for kana, which are only a part of written Japanese. Hangul is written with spaces and particles follow a
    noun without one, so there only the character before tells it.
    """
    tells: BOOL = (kinds == HIRAGANA) | (kinds == KATAKANA) | ((kinds == HANGUL) & before)
    return tells


def _neighbours(evidence: Evidence, beside: I64, own: I64, before: bool) -> dict[str, F64]:
    """Return the signs of one side: `beside` are the rows of the neighbours, `own` those of the string's unit next
    to them.
    """
    kind, owner, counts = evidence.buffer.rows["kind"], evidence.mentions.string, evidence.counts
    kinds, own_kinds = kind[beside], kind[own]
    top, distinct, entropy = most_frequent(evidence, beside)
    edges = np.bincount(owner, kinds < HAN, len(counts))
    entropy = (entropy + edges / counts * np.log(counts)) / np.log(np.maximum(counts, 2))
    alike = (kinds == own_kinds) & _tells(own_kinds, before)
    return {"top": top / counts, "var": (distinct + edges) / counts, "ent": entropy, "edge": edges / counts,
            "quote": evidence.mean(kinds == QUOTE), "same": evidence.mean(alike),
            "tok": evidence.mean(kinds >= LETTERS), "dig": evidence.mean(kinds == DIGITS)}  # fmt: skip


def most_frequent(evidence: Evidence, beside: I64) -> tuple[F64, F64, F64]:
    """Return (strings,) three values: mentions with the most frequent neighbour, distinct neighbours, entropy of
    neighbours.
    """
    owner, counts = evidence.mentions.string, evidence.counts
    there = np.flatnonzero(evidence.buffer.rows["kind"][beside] >= HAN)
    pairs = owner[there] << 32 | evidence.buffer.rows["slot1"][beside[there]]
    distinct, times = np.unique(pairs, return_counts=True)
    of = distinct >> 32
    top = np.zeros(len(counts))
    np.maximum.at(top, of, times)
    share = times / counts[of]
    entropy = np.bincount(of, -share * np.log(share), len(counts))
    return top, np.bincount(of, minlength=len(counts)).astype(np.float64), entropy.astype(np.float64)


def _distinct(evidence: Evidence, values: U64) -> F64:
    """Return (strings,) the number of distinct values over the mentions of each."""
    order = np.lexsort((values, evidence.mentions.string))
    owner, values = evidence.mentions.string[order], values[order]
    new = np.ones(len(owner), bool)
    new[1:] = (owner[1:] != owner[:-1]) | (values[1:] != values[:-1])
    return np.bincount(owner, new, len(evidence.strings)).astype(np.float64)


def _context(evidence: Evidence, left: I64, right: I64) -> U64:
    """Return (mentions,) a hash of the two units to the left and the two to the right."""
    slot, kind = evidence.buffer.rows["slot1"], evidence.buffer.rows["kind"]
    last = len(slot) - 1
    name = np.zeros(len(left), np.uint64)
    for rows in (left - 1, left, right, right + 1):
        rows = np.clip(rows, 0, last)
        name = finalize(name * _ODD + (slot[rows].astype(np.uint64) << np.uint64(4)) + kind[rows])
    return name


def _company(evidence: Evidence, left: I64, right: I64) -> F64:
    """Return (strings,) distinct triples around a string per triple; low if the same text is posted again and again."""
    slot, mentions, buffer = evidence.buffer.rows["slot3"], evidence.mentions, evidence.buffer
    steps = np.arange(AROUND)
    before = left[:, None] - 2 - steps[1:] + 1
    behind = right[:, None] + steps
    rows = np.clip(np.concatenate((before, behind), axis=1), 0, len(slot) - 1)
    first = buffer.texts["row"][mentions.text] - buffer.rows.dropped
    end = np.append(buffer.texts["row"][1:] - buffer.rows.dropped, len(slot))[mentions.text]
    slots = slot[rows] * ((rows >= first[:, None]) & (rows < end[:, None]))
    owner = np.repeat(mentions.string, rows.shape[1])
    slots = slots.ravel()
    owner, slots = owner[slots > 0], slots[slots > 0].astype(np.int64)
    distinct = np.unique(owner << 32 | slots) >> 32
    number = len(evidence.strings)
    return (np.bincount(distinct, minlength=number) + 1) / (np.bincount(owner, minlength=number) + 1.0)


def _when_and_who(evidence: Evidence) -> dict[str, F64]:
    texts, mentions = evidence.buffer.texts, evidence.mentions
    at_s, source = texts["at_s"][mentions.text], texts["source"][mentions.text]
    alone = (texts["source"] == texts["source"][0]).all()  # where one writes all, that says nothing of a word
    nobody, place = (source == 0) | alone, evidence.buffer.rows["place"][mentions.row]
    who = np.where(nobody, mentions.text.astype(np.uint64) << np.uint64(41), source)  # each is taken for another
    return {
        "age_mean": evidence.mean((evidence.now_s - at_s) / evidence.horizon_s),
        "days": _distinct(evidence, (at_s // DAY_S).astype(np.int64).view(np.uint64)) / evidence.counts,
        "sources": _distinct(evidence, who) / evidence.counts,
        "pos_first": evidence.mean(place <= 1),
        "spaced_l": evidence.mean(evidence.buffer.rows["spaced"][mentions.row]),
    }


def _shape(evidence: Evidence) -> dict[str, F64]:
    """Return the signs of length and script."""
    strings, rows = evidence.strings, evidence.buffer.rows
    units, kind = strings.units, rows["kind"]
    owner = np.repeat(np.arange(len(units)), units)
    inside = strings.row[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(units) - units, units)
    kinds, chars = kind[inside], np.bincount(owner, rows["length"][inside], len(units))
    first, last = kind[strings.row], kind[strings.row + units - 1]
    share = {name: np.bincount(owner, which, len(units)) / units
             for name, which in (("han", kinds == HAN), ("hira", kinds == HIRAGANA), ("kata", kinds == KATAKANA),
                                 ("tok", kinds >= LETTERS), ("digits", kinds == DIGITS))}  # fmt: skip
    edges: dict[str, BOOL] = {}
    for side, at in (("a", first), ("z", last)):
        edges |= {f"hira_{side}": at == HIRAGANA, f"dig_{side}": at == DIGITS, f"tok_{side}": at >= LETTERS}
    sizes = {"single": units == 1, "two": units == 2, "three": units == 3, "long": np.maximum(0, units - 5)}
    found = {"len": units, "chars": np.log(chars), "tokchars": np.where(units == 1, np.log(chars), 0.0)}
    return {name: values.astype(np.float64) for name, values in (found | share | edges | sizes).items()}
