"""Strings with their evidence -> findings: what leaves the finder, as strings of text and numbers."""

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.events.events import Neighbours
from stream.events.examples import EXAMPLE_CHARS, Example
from stream.finder.context_signs import most_frequent
from stream.finder.evidence import Evidence
from stream.finder.finding import F32, Finding
from stream.finder.link_signs import inner_links
from stream.horizon.units import HAN, PUNCTUATION
from stream.text.hash64 import word_keys
from stream.text.runs import I64, fold_word
from stream.text.text_batch import SOURCE_BITS

EXAMPLES = 3
CALLED = 0.3  # share of mentions that open a text and are followed by a mark: somebody is spoken to
_ASKED = 10  # mentions whose written form is compared with the names of sources
_NAME_MARKS = frozenset("_-|^`\\[]{}.")


def findings(evidence: Evidence, signs: F32, chances: tuple[F64, F64, F64, F64]) -> list[Finding]:
    """One for each string. `chances` are what was expected, the surprise, texts of the past, the probability: (n,)."""
    ends = np.cumsum(evidence.counts.astype(np.int64))
    sides = [_beside(evidence, rows) for rows in evidence.sides]
    links, sources = _links(evidence), _sources(evidence)
    made = []
    for number, (begin, end) in enumerate(zip(np.concatenate(([0], ends[:-1])).tolist(), ends.tolist(), strict=True)):
        texts, rows = evidence.mentions.text[begin:end], evidence.mentions.row[begin:end]
        units = int(evidence.strings.units[number])
        at_s = evidence.buffer.texts["at_s"][texts]
        shown = written(evidence, int(texts[0]), int(rows[0]), units)
        made.append(Finding(
            folded(evidence, int(texts[0]), int(rows[0]), units), shown, end - begin, float(at_s.min()),
            float(at_s.max()), float(chances[0][number]), float(chances[1][number]), int(chances[2][number]),
            float(chances[3][number]), sources[number], sides[0][number], sides[1][number], links[number],
            _examples(evidence, texts, rows, units), np.sort(evidence.buffer.texts["name"][texts]),
            _is_speaker(evidence, texts, rows, units), signs[number],
        ))  # fmt: skip
    return made


def written(evidence: Evidence, text: int, row: int, units: int) -> str:
    """A mention as it stands in its text."""
    begin, end = _span(evidence, row, units)
    return _decoded(evidence.buffer.points(text)[begin:end])


def folded(evidence: Evidence, text: int, row: int, units: int) -> str:
    """A mention as it is counted: a blank between tokens, none elsewhere."""
    rows, points, parts = evidence.buffer.rows, evidence.buffer.points(text), []
    for at in range(row, row + units):
        begin = int(rows["begin"][at])
        part = fold_word(_decoded(points[begin : begin + int(rows["length"][at])]))
        parts.append(" " + part if at > row and rows["spaced"][at] else part)
    return fold_word("".join(parts))


def _span(evidence: Evidence, row: int, units: int) -> tuple[int, int]:
    rows, last = evidence.buffer.rows, row + units - 1
    return int(rows["begin"][row]), int(rows["begin"][last]) + int(rows["length"][last])


def _decoded(points: np.ndarray) -> str:
    return points.tobytes().decode("utf-32-le", "surrogatepass")


def _beside(evidence: Evidence, rows: I64) -> list[Neighbours]:
    top, distinct, _ = most_frequent(evidence, rows)
    shares = (top / evidence.counts).tolist()
    return [Neighbours(int(number), share) for number, share in zip(distinct.tolist(), shares, strict=True)]


def _links(evidence: Evidence) -> list[tuple[float | None, ...]]:
    """The PMI of the links of each string."""
    owner, rows = inner_links(evidence)
    pmi = evidence.links.pmi[evidence.link_numbers(rows)]
    links: list[list[float | None]] = [[] for _ in range(len(evidence.strings))]
    for whose, value in zip(owner.tolist(), pmi.tolist(), strict=True):
        links[whose].append(round(value, 4) if np.isfinite(value) else None)
    return list(map(tuple, links))


def _sources(evidence: Evidence) -> list[int | None]:
    """Distinct sources of each string, None where no text names one."""
    named = evidence.buffer.texts["source"][evidence.mentions.text]
    pairs = np.unique(np.stack((evidence.mentions.string.astype(np.uint64), named))[:, named > 0], axis=1)
    return [int(number) or None for number in np.bincount(pairs[0].astype(np.int64), minlength=len(evidence.strings))]


def _examples(evidence: Evidence, texts: I64, rows: I64, units: int) -> tuple[Example, ...]:
    """The latest texts, cut around the word."""
    columns, found = evidence.buffer.texts, []
    for text, row in zip(texts[-EXAMPLES:].tolist()[::-1], rows[-EXAMPLES:].tolist()[::-1], strict=True):
        points = evidence.buffer.points(text)
        begin, end = _span(evidence, row, units)
        first = max(0, min(begin - (EXAMPLE_CHARS - (end - begin)) // 2, len(points) - EXAMPLE_CHARS))
        topic, partition = evidence.buffer.origins[int(columns["origin"][text])]
        found.append(Example(_decoded(points[first : first + EXAMPLE_CHARS]), topic, partition,
                             int(columns["offset"][text])))  # fmt: skip
    return tuple(found)


def _is_speaker(evidence: Evidence, texts: I64, rows: I64, units: int) -> bool:
    """Whether a single token is the name of a source, or is mostly spoken to at the beginning of a text."""
    kind, place = evidence.buffer.rows["kind"], evidence.buffer.rows["place"]
    if units > 1 or kind[rows[0]] < HAN:
        return False
    if np.mean((place[rows] <= 1) & (kind[rows + 1] == PUNCTUATION)) >= CALLED:
        return True
    sources = evidence.buffer.texts["source"]
    names = _names_around(evidence, texts[:_ASKED], rows[:_ASKED])
    return bool(len(names)) and bool(np.isin(names, sources).any())


def _names_around(evidence: Evidence, texts: I64, rows: I64) -> U64:
    """The names of sources that mentions of a token would be, with the marks around it and without."""
    names = set()
    for text, row in zip(texts.tolist(), rows.tolist(), strict=True):
        points = _decoded(evidence.buffer.points(text))
        begin, end = _span(evidence, row, 1)
        names.add(points[begin:end])
        while end < len(points) and (points[end] in _NAME_MARKS or points[end].isalnum()):
            end += 1
        while begin and (points[begin - 1] in _NAME_MARKS or points[begin - 1].isalnum()):
            begin -= 1
        names |= {points[begin:end], points[begin:end].rstrip(".")}
    keys: U64 = word_keys(sorted(names)) >> np.uint64(64 - SOURCE_BITS)
    return keys
