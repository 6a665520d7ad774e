"""pieces -> words: what one window says of each word, in a table that adds up.

A row for each distinct word: texts that contain it, first mention, up to three examples; and beside it *facets*, rows
of (word, kind, value, count): which character stood left and right of it, and which sources used it. Both are arrays
sorted by the word's 64-bit key, so tables of partitions, batches and windows merge by sorting. A facet of value 0 is
the edge of a run or text: there the word stands free.
Law: the table of two batches is the sum of their tables. Copies of a text count once where `Seen` is asked first.
Bounded: `capacity` rows, `FACETS` values for each word and kind, `EXAMPLES` examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64, SubstringHash
from stream.stages.runs import DIGIT, Runs
from stream.stages.segment import I64, Pieces
from stream.stages.text import Text

LEFT, RIGHT, SOURCE = 0, 1, 2
EXAMPLES = 3
EXAMPLE_CHARS = 200
FACETS = 32
_KIND = np.uint64(40)  # bits: a facet is kind << 40 | value


@dataclass(frozen=True, slots=True)
class Example:
    """A text that contains the word, and where it can be found."""

    text: str
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class WordTable:
    """Rows by word, then facets by word. `words` holds the surface form of the first mention."""

    keys: U64  # (n,) sorted
    words: npt.NDArray[np.object_]  # (n,) str
    texts: I64  # (n,) distinct texts that contain the word
    first_s: npt.NDArray[np.float64]  # (n,) event time of the first mention
    examples: npt.NDArray[np.object_]  # (n,) tuples of Example
    facet_keys: U64  # (m,) sorted
    facets: U64  # (m,) kind << 40 | value
    facet_counts: I64  # (m,)

    @classmethod
    def empty(cls) -> "WordTable":
        none = np.zeros(0, np.uint64)
        count = np.zeros(0, np.int64)
        return cls(none, np.zeros(0, object), count, np.zeros(0), np.zeros(0, object), none, none, count)

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, key: int | np.uint64) -> int | None:
        """Row of a word, or None."""
        place = int(np.searchsorted(self.keys, np.uint64(key)))
        return place if place < len(self.keys) and self.keys[place] == np.uint64(key) else None

    def facet(self, key: int | np.uint64, kind: int) -> dict[int, int]:
        """Values of one kind of facet of a word, with their counts."""
        begin, end = (
            np.searchsorted(self.facet_keys, np.uint64(key), "left"),
            np.searchsorted(self.facet_keys, np.uint64(key), "right"),
        )
        rows = self.facets[begin:end]
        mine = rows >> _KIND == np.uint64(kind)
        values = (rows[mine] & np.uint64((1 << 40) - 1)).tolist()
        return dict(zip(values, self.facet_counts[begin:end][mine].tolist(), strict=True))

    def keep(self, rows: npt.NDArray[np.bool_]) -> "WordTable":
        """Only the chosen rows, with their facets."""
        kept = self.keys[rows]
        place = np.searchsorted(kept, self.facet_keys)
        place[place == len(kept)] = 0
        mine = kept[place] == self.facet_keys if len(kept) else np.zeros(len(self.facet_keys), bool)
        return WordTable(kept, self.words[rows], self.texts[rows], self.first_s[rows], self.examples[rows],
                         self.facet_keys[mine], self.facets[mine], self.facet_counts[mine])  # fmt: skip

    def bounded(self, capacity: int) -> "WordTable":
        """At most `capacity` rows: those in most texts stay."""
        if len(self) <= capacity:
            return self
        keep = np.zeros(len(self), bool)
        keep[np.argsort(-self.texts, kind="stable")[:capacity]] = True
        return self.keep(keep)


def merge(tables: Sequence[WordTable]) -> WordTable:
    """The sum of tables: counts add up, the earliest first mention and its examples come first."""
    tables = [table for table in tables if len(table)]
    if len(tables) < 2:
        return tables[0] if tables else WordTable.empty()
    keys = np.concatenate([table.keys for table in tables])
    order = np.lexsort((np.concatenate([table.first_s for table in tables]), keys))
    keys = keys[order]
    heads = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    texts = np.add.reduceat(np.concatenate([table.texts for table in tables])[order], heads)
    examples = np.concatenate([table.examples for table in tables])[order]
    joined = examples[heads]
    sizes = np.diff(np.append(heads, len(keys)))
    for row in np.flatnonzero(sizes > 1).tolist():
        several = [one for few in examples[heads[row] : heads[row] + sizes[row]] for one in few]
        joined[row] = tuple(several[:EXAMPLES])
    facet_keys, facets, facet_counts = _sum_facets(
        np.concatenate([table.facet_keys for table in tables]),
        np.concatenate([table.facets for table in tables]),
        np.concatenate([table.facet_counts for table in tables]),
    )
    return WordTable(
        keys[heads],
        np.concatenate([table.words for table in tables])[order][heads],
        texts,
        np.concatenate([table.first_s for table in tables])[order][heads],
        joined,
        facet_keys,
        facets,
        facet_counts,
    )


def _sum_facets(keys: U64, facets: U64, counts: I64) -> tuple[U64, U64, I64]:
    """Equal (key, facet) rows added up, sorted; of each word and kind the FACETS most frequent values stay."""
    if not len(keys):
        return keys, facets, counts
    order = np.lexsort((facets, keys))
    keys, facets, counts = keys[order], facets[order], counts[order]
    heads = np.flatnonzero(np.concatenate(([True], (keys[1:] != keys[:-1]) | (facets[1:] != facets[:-1]))))
    keys, facets, counts = keys[heads], facets[heads], np.add.reduceat(counts, heads)
    kinds = facets >> _KIND
    groups = np.cumsum(np.concatenate(([0], (keys[1:] != keys[:-1]) | (kinds[1:] != kinds[:-1]))))
    sizes = np.bincount(groups)
    if sizes.max() > FACETS:
        ranked = np.lexsort((-counts, groups))
        rank = np.empty(len(keys), np.int64)
        rank[ranked] = np.arange(len(keys)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        few = rank < FACETS
        keys, facets, counts = keys[few], facets[few], counts[few]
    return keys, facets, counts


@dataclass(slots=True)
class Seen:
    """Which texts a window has had already: copies of a text are one voice. Bounded by `capacity`."""

    capacity: int
    names: set[int] = field(default_factory=set)

    def fresh(self, names: Sequence[int]) -> list[bool]:
        """Whether each text, by its name (`text_names`), is the first of its kind."""
        fresh = []
        for name in names:
            fresh.append(name not in self.names)
            if len(self.names) < self.capacity:
                self.names.add(name)
        return fresh


def text_names(runs: Runs) -> U64:
    """(texts,) a 64-bit name of each text's countable characters; case, width, digits and marks do not matter."""
    counted = (runs.kinds != 0) & (runs.kinds != DIGIT)
    places = np.concatenate((np.zeros(1, np.int64), np.cumsum(counted)))[runs.starts]
    return SubstringHash(runs.points[counted]).names(places[:-1], places[1:])


def count_words(pieces: Pieces, texts: Sequence[Text], max_length: int) -> WordTable:
    """The table of one batch: pieces of 2 to `max_length` characters that are not all digits."""
    runs = pieces.runs
    begin, end = pieces.begin, pieces.end
    length = end - begin
    digits = np.concatenate((np.zeros(1, np.int64), np.cumsum(runs.kinds == DIGIT)))
    wanted = (length >= 2) & (length <= max_length) & (digits[end] - digits[begin] < length)
    begin, end = begin[wanted], end[wanted]
    if not len(begin):
        return WordTable.empty()
    text_of = np.searchsorted(runs.starts, begin, "right") - 1
    names = SubstringHash(runs.points).names(begin, end)
    order = np.argsort(names, kind="stable")  # stable: the occurrences of a word stay in reading order
    names, begin, end, text_of = names[order], begin[order], end[order], text_of[order]
    new_word = np.concatenate(([True], names[1:] != names[:-1]))
    new_text = new_word | np.concatenate(([True], text_of[1:] != text_of[:-1]))
    heads = np.flatnonzero(new_word)
    at_s = np.array([text.at_s for text in texts])
    words = np.empty(len(heads), object)
    examples = np.empty(len(heads), object)
    shown = [Example(text.text[:EXAMPLE_CHARS], text.topic, text.partition, text.offset) for text in texts]
    first = text_of[heads]
    start = begin[heads] - runs.starts[first]
    spans = zip(first.tolist(), start.tolist(), (start + end[heads] - begin[heads]).tolist(), strict=True)
    words[:] = [texts[i].text[a:b] for i, a, b in spans]
    distinct = text_of[new_text].tolist()
    row_of = [*np.flatnonzero(new_word[new_text]).tolist(), len(distinct)]
    for row, (a, b) in enumerate(pairwise(row_of)):
        examples[row] = tuple([shown[i] for i in distinct[a : min(b, a + EXAMPLES)]])
    left = np.where(begin > 0, runs.points[begin - 1] * (runs.kinds[begin - 1] != 0), 0).astype(np.uint64)
    right = (
        runs.points[np.minimum(end, len(runs.points) - 1)] * (runs.kinds[np.minimum(end, len(runs.points) - 1)] != 0)
    ).astype(np.uint64)
    facets = [left | np.uint64(LEFT << 40), right | np.uint64(RIGHT << 40)]
    facet_keys = [names, names]
    if any(text.source is not None for text in texts):
        sources = source_names(texts)[text_of]
        named = np.array([text.source is not None for text in texts])[text_of] & new_text
        facets.append(sources[named] | np.uint64(SOURCE << 40))
        facet_keys.append(names[named])
    summed = _sum_facets(np.concatenate(facet_keys), np.concatenate(facets), np.ones(sum(map(len, facets)), np.int64))
    return WordTable(
        names[heads],
        words,
        np.add.reduceat(new_text.astype(np.int64), heads),
        np.minimum.reduceat(at_s[text_of], heads),
        examples,
        *summed,
    )


def source_names(texts: Sequence[Text]) -> U64:
    """(texts,) a 40-bit name of each text's source."""
    joined = [text.source or "" for text in texts]
    points = np.frombuffer("".join(joined).encode("utf-32-le", "surrogatepass"), "<u4")
    ends = np.cumsum([len(source) for source in joined], dtype=np.int64)
    begins = ends - np.array([len(source) for source in joined], np.int64)
    return SubstringHash(points).names(begins, ends) >> np.uint64(24)


def word_key(folded: str) -> int:
    """The 64-bit key of a folded word."""
    points = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), "<u4")
    return int(SubstringHash(points).names(np.zeros(1, np.int64), np.array([len(points)]))[0])
