"""Evidence -> findings: the strings as text, with their figures and examples."""

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.events.events import Neighbours
from stream.events.examples import EXAMPLE_CHARS, Example
from stream.finder.context_signs import most_frequent
from stream.finder.evidence import Evidence
from stream.finder.finding import F32, Finding
from stream.finder.link_signs import inner_links
from stream.horizon.buffer import Buffer
from stream.horizon.units import PUNCTUATION
from stream.text.hash64 import word_keys
from stream.text.runs import I64, fold_word
from stream.text.text_batch import SOURCE_BITS

EXAMPLES = 3
CALLED = 0.3  # share of mentions that open a text and are followed by a mark: somebody is spoken to
_ASKED = 10  # mentions whose written form is compared with the names of sources
_NAME_MARKS = frozenset("_-|^`\\[]{}")


class Texts:
    """The texts of the horizon as written. Holds views, which are valid until something is added to the buffer."""

    def __init__(self, buffer: Buffer) -> None:
        rows, texts = buffer.rows, buffer.texts
        self.points, self.origins = buffer.all_points, buffer.origins
        self.kind, self.spaced, self.place = rows["kind"], rows["spaced"], rows["place"]
        self.begin, self.length = rows["begin"], rows["length"]
        self.first = texts["point"] - texts["point"][:1]
        self.at_s, self.name, self.source = texts["at_s"], texts["name"], texts["source"]
        self.origin, self.offset = texts["origin"], texts["offset"]

    def written(self, text: int, begin: int, end: int) -> str:
        """Return a part of a text."""
        first = int(self.first[text])
        return self.points[first + begin : first + end].tobytes().decode("utf-32-le", "surrogatepass")

    def characters(self, text: int) -> int:
        """Return the length of a text in characters."""
        end = int(self.first[text + 1]) if text + 1 < len(self.first) else len(self.points)
        return end - 1 - int(self.first[text])

    def span(self, row: int, units: int) -> tuple[int, int]:
        """Return where `units` units from `row` on begin and end in their text."""
        last = row + units - 1
        return int(self.begin[row]), int(self.begin[last]) + int(self.length[last])

    def folded(self, text: int, row: int, units: int) -> str:
        """Return a mention as it is counted: folded, with a blank between tokens."""
        begin, end = self.span(row, units)
        if end - begin == int(self.length[row : row + units].sum()):
            return fold_word(self.written(text, begin, end))
        parts = []
        for at in range(row, row + units):
            part = self.written(text, int(self.begin[at]), int(self.begin[at]) + int(self.length[at]))
            parts.append(" " + part if at > row and self.spaced[at] else part)
        return fold_word("".join(parts))


def findings(evidence: Evidence, signs: F32, chances: tuple[F64, F64, F64, F64, F64]) -> list[Finding]:
    """Return a finding for each string. `chances` are (n,) expected, surprise, candidates a day by chance, texts
    of the past, probability."""
    read, ends = Texts(evidence.buffer), np.cumsum(evidence.counts.astype(np.int64)).tolist()
    (left, right), links, sources = (
        (_beside(evidence, rows) for rows in evidence.sides),
        _links(evidence),
        _sources(evidence),
    )
    begins = [0, *ends[:-1]]
    expected, surprise, by_chance, earlier, probability = (values.tolist() for values in chances)
    made = []
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        texts, rows = evidence.mentions.text[begin:end], evidence.mentions.row[begin:end]
        units, first, row = int(evidence.strings.units[number]), int(texts[0]), int(rows[0])
        at_s = read.at_s[texts]
        made.append(Finding(
            read.folded(first, row, units), read.written(first, *read.span(row, units)), end - begin,
            float(at_s.min()), float(at_s.max()), expected[number], surprise[number], by_chance[number],
            int(earlier[number]), probability[number], sources[number], left[number], right[number], links[number],
            _examples(read, texts, rows, units), np.sort(read.name[texts]), _is_speaker(read, texts, rows, units),
            signs[number],
        ))  # fmt: skip
    return made


def _beside(evidence: Evidence, rows: I64) -> list[Neighbours]:
    top, distinct, _ = most_frequent(evidence, rows)
    shares = (top / evidence.counts).tolist()
    return [Neighbours(int(number), share) for number, share in zip(distinct.tolist(), shares, strict=True)]


def _links(evidence: Evidence) -> list[tuple[float | None, ...]]:
    """Return the PMI of the links of each string."""
    owner, rows = inner_links(evidence)
    pmi = evidence.links.pmi[evidence.link_numbers(rows)]
    links: list[list[float | None]] = [[] for _ in range(len(evidence.strings))]
    for whose, value in zip(owner.tolist(), pmi.tolist(), strict=True):
        links[whose].append(round(value, 4) if np.isfinite(value) else None)
    return list(map(tuple, links))


def _sources(evidence: Evidence) -> list[int | None]:
    """Return the number of distinct sources of each string, None if no text names one."""
    named = evidence.buffer.texts["source"][evidence.mentions.text]
    pairs = np.unique(np.stack((evidence.mentions.string.astype(np.uint64), named))[:, named > 0], axis=1)
    return [int(number) or None for number in np.bincount(pairs[0].astype(np.int64), minlength=len(evidence.strings))]


def _examples(read: Texts, texts: I64, rows: I64, units: int) -> tuple[Example, ...]:
    """Return the latest texts, cut around the word."""
    found = []
    for text, row in zip(texts[-EXAMPLES:].tolist()[::-1], rows[-EXAMPLES:].tolist()[::-1], strict=True):
        begin, end = read.span(row, units)
        length = read.characters(text)
        first = max(0, min(begin - (EXAMPLE_CHARS - (end - begin)) // 2, length - EXAMPLE_CHARS))
        shown = read.written(text, first, min(length, first + EXAMPLE_CHARS))
        found.append(Example(shown, *read.origins[int(read.origin[text])], int(read.offset[text])))
    return tuple(found)


def _is_speaker(read: Texts, texts: I64, rows: I64, units: int) -> bool:
    """Whether a token is the name of a source, or mostly stands at the beginning of a text before a mark, as an
    address.
    """
    if units > 1:
        return False
    if np.mean((read.place[rows] <= 1) & (read.kind[rows + 1] == PUNCTUATION)) >= CALLED:
        return True
    if not read.source.any():
        return False
    mentions = zip(texts[:_ASKED].tolist(), rows[:_ASKED].tolist(), strict=True)
    return any(np.isin(_names_around(read, text, row), read.source).any() for text, row in mentions)


def _names_around(read: Texts, text: int, row: int) -> U64:
    """Return the hashed source names that a mention of a token could be, with and without the marks around it.

    A dot is not a mark of a name: where sources are host names, `home` is not home.example.org.
    """
    points = read.written(text, 0, read.characters(text))
    begin, end = read.span(row, 1)
    names = {points[begin:end], points[begin:end].removesuffix("'s").removesuffix("’s")}
    while end < len(points) and (points[end] in _NAME_MARKS or points[end].isalnum()):
        end += 1
    while begin and (points[begin - 1] in _NAME_MARKS or points[begin - 1].isalnum()):
        begin -= 1
    names.add(points[begin:end])
    names |= {name.lower() for name in names}
    keys: U64 = word_keys(sorted(names)) >> np.uint64(64 - SOURCE_BITS)
    return keys
