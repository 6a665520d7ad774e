"""pieces -> words: what one window says of each word, in a table that adds up.

A row for each distinct word: texts that contain it, first mention, up to three examples; and beside it *facets*, rows
of (word, kind, value, count): which character stood left and right of it, and which sources used it. Both are arrays
sorted by the word's 64-bit key, so tables of partitions, batches and windows merge by sorting. A facet of value 0 is
the edge of a run or text: there the word stands free.
Law: the table of two batches is the sum of their tables. Copies of a text count once where `Seen` is asked first.
Bounded: `capacity` rows, `facets.FACETS` values for each word and kind, `EXAMPLES` examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64, SubstringHash
from stream.stages.facets import VALUE_BITS, summed
from stream.stages.runs import DIGIT, Runs
from stream.stages.segment import I64, Pieces
from stream.stages.text import Text

LEFT, RIGHT, SOURCE = 0, 1, 2
EXAMPLES = 3
EXAMPLE_CHARS = 200
I32 = npt.NDArray[np.int32]
Shown = npt.NDArray[np.object_]


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
    words: npt.NDArray[np.str_]  # (n,)
    texts: I64  # (n,) distinct texts that contain the word
    first_s: npt.NDArray[np.float64]  # (n,) event time of the first mention
    mentions: I32  # (n, EXAMPLES) which of `shown` are its examples, -1 where there are no more
    shown: Shown  # (t,) each text that is an example, once: Text or Example
    facet_keys: U64  # (m,) sorted
    facets: U64  # (m,) kind << 40 | value
    facet_counts: I64  # (m,)

    @classmethod
    def empty(cls) -> "WordTable":
        none = np.zeros(0, np.uint64)
        count = np.zeros(0, np.int64)
        mentions, shown = np.zeros((0, EXAMPLES), np.int32), np.zeros(0, object)
        return cls(none, np.zeros(0, "<U1"), count, np.zeros(0), mentions, shown, none, none, count)

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, key: int | np.uint64) -> int | None:
        """Row of a word, or None."""
        place = int(np.searchsorted(self.keys, np.uint64(key)))
        return place if place < len(self.keys) and self.keys[place] == np.uint64(key) else None

    def examples(self, row: int) -> tuple[Example, ...]:
        """Up to EXAMPLES texts that contain the word of a row, the first mentions first."""
        return tuple(_example(self.shown[number]) for number in self.mentions[row].tolist() if number >= 0)

    def facet(self, key: int | np.uint64, kind: int) -> dict[int, int]:
        """Values of one kind of facet of a word, with their counts."""
        begin, end = (
            np.searchsorted(self.facet_keys, np.uint64(key), "left"),
            np.searchsorted(self.facet_keys, np.uint64(key), "right"),
        )
        rows = self.facets[begin:end]
        mine = rows >> VALUE_BITS == np.uint64(kind)
        values = (rows[mine] & np.uint64((1 << 40) - 1)).tolist()
        return dict(zip(values, self.facet_counts[begin:end][mine].tolist(), strict=True))

    def keep(self, rows: npt.NDArray[np.bool_]) -> "WordTable":
        """Only the chosen rows, with their facets."""
        kept = self.keys[rows]
        place = np.searchsorted(kept, self.facet_keys)
        place[place == len(kept)] = 0
        mine = kept[place] == self.facet_keys if len(kept) else np.zeros(len(self.facet_keys), bool)
        referred = _referred(self.mentions[rows], self.shown)
        return WordTable(kept, self.words[rows], self.texts[rows], self.first_s[rows], *referred,
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
    first_s = np.concatenate([table.first_s for table in tables])
    order = _in_time(keys, first_s)
    keys = keys[order]
    row = np.cumsum(_differs(keys)) - 1
    heads = np.flatnonzero(_differs(keys))
    facet_keys = np.concatenate([table.facet_keys for table in tables])
    facet_words, facets, facet_counts = summed(
        np.searchsorted(keys[heads], facet_keys),
        np.concatenate([table.facets for table in tables]),
        np.concatenate([table.facet_counts for table in tables]),
    )
    begins = np.cumsum([0, *(len(table.shown) for table in tables)])
    mentions = np.concatenate([np.where(one.mentions < 0, -1, one.mentions + begin)
                               for one, begin in zip(tables, begins.tolist(), strict=False)])[order]  # fmt: skip
    return WordTable(
        keys[heads],
        np.concatenate([table.words for table in tables])[order[heads]],
        np.add.reduceat(np.concatenate([table.texts for table in tables])[order], heads),
        first_s[order[heads]],
        *_referred(_first_of(mentions.ravel(), np.repeat(row, EXAMPLES), len(heads)),
                   np.concatenate([table.shown for table in tables])),
        keys[heads][facet_words],
        facets,
        facet_counts,
    )  # fmt: skip


def _in_time(keys: U64, first_s: npt.NDArray[np.float64]) -> I64:
    """Order by key, then by time, then as they stand."""
    order = stable_order(keys)
    same = ~_differs(keys[order])[1:]
    if np.all(np.diff(first_s[order])[same] >= 0):  # tables come in the order of time, nearly always
        return order
    return np.lexsort((first_s, keys))


def _first_of(mentions: I32, row: I64, rows: int) -> I32:
    """(rows, EXAMPLES) the first mentions of each row, -1 where there are no more. `row` rises."""
    there = mentions >= 0
    mentions, row = mentions[there], row[there]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    few = rank < EXAMPLES
    first = np.full((rows, EXAMPLES), -1, np.int32)
    first[row[few], rank[few]] = mentions[few]
    return first


def _referred(mentions: I32, shown: Shown) -> tuple[I32, Shown]:
    """Only the texts that are mentioned, and the mentions with their new numbers."""
    used = np.zeros(len(shown) + 1, bool)
    used[mentions.ravel()] = True
    used[-1] = False  # what the mentions of -1 have set
    numbers = np.cumsum(used, dtype=np.int32) - np.int32(1)
    numbers[-1] = -1
    return numbers[mentions], shown[used[:-1]]


def _differs(values: U64 | I32) -> npt.NDArray[np.bool_]:
    """(n,) whether each value is another than the one before it; the first one is."""
    return np.concatenate((np.ones(min(1, len(values)), bool), values[1:] != values[:-1]))


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


def occurrences(pieces: Pieces, max_length: int) -> tuple[U64, I64, I64]:
    """(name, begin, end) of the pieces of 2 to `max_length` characters that are not all digits.

    In order of name, those of one word in reading order. Shapes (n,).
    """
    begin, end = pieces.begin, pieces.end
    length = end - begin
    digits = np.concatenate((np.zeros(1, np.int32), np.cumsum(pieces.runs.kinds == DIGIT, dtype=np.int32)))
    wanted = (length >= 2) & (length <= max_length) & (digits[end] - digits[begin] < length)
    begin, end = begin[wanted], end[wanted]
    names = SubstringHash(pieces.runs.points).names(begin, end)
    order = stable_order(names)
    return names[order], begin[order], end[order]


def count_words(pieces: Pieces, texts: Sequence[Text], max_length: int) -> WordTable:
    """The table of one batch."""
    runs = pieces.runs
    names, begin, end = occurrences(pieces, max_length)
    if not len(names):
        return WordTable.empty()
    text_of = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(runs.starts))[begin]
    new_word = _differs(names)
    new_text = new_word | _differs(text_of)
    heads, word = np.flatnonzero(new_word), np.cumsum(new_word) - 1
    at_s = np.fromiter((text.at_s for text in texts), np.float64, len(texts))
    beside = runs.points * (runs.kinds != 0)
    facets = [beside[begin - 1] | np.uint64(LEFT << 40), beside[end] | np.uint64(RIGHT << 40)]
    facet_words = [word, word]
    if any(text.source is not None for text in texts):
        named = np.fromiter((text.source is not None for text in texts), bool, len(texts))[text_of] & new_text
        facets.append(source_names(texts)[text_of[named]] | np.uint64(SOURCE << 40))
        facet_words.append(word[named])
    several = np.concatenate(facets)
    facet_words_summed, facets_summed, facet_counts = summed(
        np.concatenate(facet_words), several, np.ones(len(several), np.int64)
    )
    return WordTable(
        names[heads],
        spelled(runs, begin[heads], end[heads]),
        np.add.reduceat(new_text.astype(np.int64), heads),
        np.minimum.reduceat(at_s[text_of], heads),
        *_referred(_first_of(text_of[new_text], word[new_text], len(heads)), _shown(texts)),
        names[heads][facet_words_summed],
        facets_summed,
        facet_counts,
    )


def stable_order(names: U64) -> I64:
    """As `argsort(kind="stable")`, several times faster: the upper bits of each name and its place are one number.

    Where two different names share those bits (of a million names, in one case of some hundred) it is sorted anew.
    """
    if len(names) <= 1 << 24:
        place = np.uint64((1 << 24) - 1)
        both = np.sort((names & ~place) | np.arange(len(names), dtype=np.uint64))
        order = (both & place).astype(np.int64)
        if np.array_equal(_differs(both >> np.uint64(24)), _differs(names[order])):
            return order
    return np.argsort(names, kind="stable")


def spelled(runs: Runs, begin: I64, end: I64) -> npt.NDArray[np.str_]:
    """Words as their first text writes them. A numpy string ends before its trailing zeros, as our words do."""
    length = end - begin
    column = np.arange(length.max(initial=1))
    points = runs.written[begin[:, None] + np.minimum(column, length[:, None] - 1)] * (column < length[:, None])
    words: npt.NDArray[np.str_] = points.astype("<u4").view(f"<U{len(column)}").ravel()
    return words


def _shown(texts: Sequence[Text]) -> Shown:
    """The texts as examples show them: a long one cut short, so that it need not be kept."""
    shown = np.empty(len(texts), object)
    shown[:] = [text if len(text.text) <= EXAMPLE_CHARS else _example(text) for text in texts]
    return shown


def _example(text: Text | Example) -> Example:
    return Example(text.text[:EXAMPLE_CHARS], text.topic, text.partition, text.offset)


def source_names(texts: Sequence[Text]) -> U64:
    """(texts,) a 40-bit name of each text's source."""
    return word_keys([text.source or "" for text in texts]) >> np.uint64(24)


def word_key(folded: str) -> int:
    """The 64-bit key of a folded word."""
    return int(word_keys([folded])[0])


def word_keys(folded: Sequence[str]) -> U64:
    """(words,) the 64-bit key of each folded word."""
    points = np.frombuffer("".join(folded).encode("utf-32-le", "surrogatepass"), "<u4")
    ends = np.cumsum([len(word) for word in folded], dtype=np.int64)
    begins = ends - np.array([len(word) for word in folded], np.int64)
    return SubstringHash(points).names(begins, ends)
