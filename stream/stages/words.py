"""pieces -> words: what one window says of each word, in a table that adds up.

A row for each distinct word: texts that contain it, first mention, up to three examples; and beside it *facets*, rows
of (word, kind, value, count): which character stood left and right of it, and which sources used it. Both are arrays
sorted by the word's 64-bit key, so tables of partitions, batches and windows merge by sorting. A facet of value 0 is
the edge of a run or text: there the word stands free.
Law: the table of two batches is the sum of their tables. Copies of a text count once where `Seen` is asked first.
Bounded: `capacity` rows, `facets.FACETS` values for each word and kind, `EXAMPLES` examples; what is kept of a window,
`FACETS_A_WORD` values and a text for `WORDS_AN_EXAMPLE` words, on the average of the rows there is room for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sketches.compiled import compiled
from sketches.count_min import F64
from sketches.hashing import U64, SubstringHash, mixed_basic
from stream.stages.facets import FACETS, MOST_WORDS, VALUE_BITS, bounded, counted, total
from stream.stages.room import facets_with_room, mentions_with_room
from stream.stages.runs import DIGIT, I32, I64, Runs
from stream.stages.segment import Pieces
from stream.stages.texts import Texts

LEFT, RIGHT, SOURCE = 0, 1, 2
EXAMPLES = 3
EXAMPLE_CHARS = 200
FACETS_A_WORD = 9  # at most, on the average over the words a table may have
WORDS_AN_EXAMPLE = 4  # of them for each text that is kept as an example
PLACE_BITS, LENGTH_BITS = 24, 9  # of what the loops pack into 64 bits beside a name
_PLACE = np.uint64((1 << PLACE_BITS) - 1)

Shown = npt.NDArray[np.object_]
Column = TypeVar("Column", bound=npt.NDArray[Any])


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
    texts: I32  # (n,) distinct texts that contain the word
    first_s: npt.NDArray[np.float64]  # (n,) event time of the first mention
    mentions: I32  # (n, EXAMPLES) which of `shown` are its examples, -1 where there are no more
    shown: Shown  # (t,) each text that is an example, once
    facet_rows: I32  # (m,) sorted, the row of the word
    facets: U64  # (m,) kind << 40 | value
    facet_counts: I32  # (m,)

    @classmethod
    def empty(cls) -> "WordTable":
        none = np.zeros(0, np.uint64)
        count = np.zeros(0, np.int32)
        mentions, shown = np.zeros((0, EXAMPLES), np.int32), np.zeros(0, object)
        return cls(none, np.zeros(0, "<U1"), count, np.zeros(0), mentions, shown, count, none, count)

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, key: int | np.uint64) -> int | None:
        """Row of a word, or None."""
        place = int(np.searchsorted(self.keys, np.uint64(key)))
        return place if place < len(self.keys) and self.keys[place] == np.uint64(key) else None

    def examples(self, row: int) -> tuple[Example, ...]:
        """Up to EXAMPLES texts that contain the word of a row, the first mentions first."""
        return tuple(self.shown[number] for number in self.mentions[row].tolist() if number >= 0)

    def facet(self, key: int | np.uint64, kind: int) -> dict[int, int]:
        """Values of one kind of facet of a word, with their counts."""
        row = self.row(key)
        begin, end = (0, 0) if row is None else np.searchsorted(self.facet_rows, [row, row + 1])
        rows = self.facets[begin:end]
        mine = rows >> VALUE_BITS == np.uint64(kind)
        values = (rows[mine] & np.uint64((1 << 40) - 1)).tolist()
        return dict(zip(values, self.facet_counts[begin:end][mine].tolist(), strict=True))

    def bounded(self, capacity: int) -> "WordTable":
        """At most `capacity` rows: those in most texts stay."""
        return _sum([self], capacity)[0] if len(self) > capacity else self

    def fitted(self, capacity: int) -> "WordTable":
        """`bounded`, and no more facets and examples than there is room for with so many rows."""
        return fitted_sum([self], capacity)[0]

    def has_room(self, capacity: int) -> bool:
        """Whether it is fitted as it is."""
        return (len(self) <= capacity and len(self.facets) <= FACETS_A_WORD * capacity
                and len(self.shown) <= _shown_at_most(capacity))  # fmt: skip


def _shown_at_most(capacity: int) -> int:
    return max(1, capacity // WORDS_AN_EXAMPLE)


def merge(tables: Sequence[WordTable]) -> WordTable:
    """The sum of tables: counts add up, the earliest first mention and its examples come first."""
    return _sum(tables)[0]


def fitted_sum(tables: Sequence[WordTable], capacity: int) -> tuple[WordTable, int]:
    """`merge`, `fitted`; and how many words found no room."""
    few, evicted = _sum(tables, capacity, FACETS_A_WORD * capacity)
    if few.has_room(capacity):
        return few, evicted
    mentions = mentions_with_room(few.mentions, few.texts, len(few.shown), _shown_at_most(capacity))
    mentions, shown = _referred(mentions, few.shown)
    return replace(few, mentions=mentions, shown=shown), evicted


def _sum(tables: Sequence[WordTable], capacity: int | None = None, room: int | None = None) -> tuple[WordTable, int]:
    """The sum of tables, of at most so many rows and facets; and how many rows had to go."""
    tables = [table for table in tables if len(table)]
    if not tables:
        return WordTable.empty(), 0
    first, rows = tables[0], sum(map(len, tables))
    capacity = rows if capacity is None else capacity
    room = sum(len(table.facets) for table in tables) if room is None else room
    if len(tables) == 1 and len(first) <= capacity and len(first.facets) <= room:
        return first, 0
    begins = _begins(map(len, tables))
    keys, first_s = _joined([table.keys for table in tables]), _joined([table.first_s for table in tables])
    texts, mentions = _joined([table.texts for table in tables]), _mentions(tables)
    row = head = np.arange(rows, dtype=np.int32)
    if len(tables) > 1:
        row, head, texts, mentions = summed_rows(keys, first_s, texts, mentions, begins)
    evicted = max(0, len(head) - capacity)
    if evicted:
        kept = _most(texts, capacity)
        row = np.where(kept, np.cumsum(kept, dtype=np.int32) - np.int32(1), np.int32(-1))[row]
        head, texts, mentions = head[kept], texts[kept], mentions[kept]
    mentions, shown = _referred(mentions, _joined([table.shown for table in tables]))
    facets = summed_facets(tables, row, begins, room)
    return WordTable(
        keys[head], _words_at(head, tables, begins), texts, first_s[head], mentions, shown, *facets
    ), evicted


def _begins(sizes: Iterable[int]) -> I64:
    """Where each of several begins, and the last one ends."""
    return np.cumsum([0, *sizes])


def _joined(arrays: Sequence[Column]) -> Column:
    joined: Column = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)  # type: ignore[assignment]
    return joined


def _mentions(tables: Sequence[WordTable]) -> I32:
    """Which of all that is shown, one table behind the other."""
    begins = _begins(len(table.shown) for table in tables).tolist()
    return _joined([np.where(table.mentions < 0, np.int32(-1), table.mentions + np.int32(begin))
                    for table, begin in zip(tables, begins, strict=False)])  # fmt: skip


def _words_at(head: I32, tables: Sequence[WordTable], begins: I64) -> npt.NDArray[np.str_]:
    """Words of rows of tables one behind the other: an array of all of them would be the largest of all."""
    words = np.empty(len(head), max(table.words.dtype for table in tables))
    for table, begin, end in zip(tables, begins.tolist(), begins[1:].tolist(), strict=False):
        here = (head >= begin) & (head < end)
        words[here] = table.words[head[here] - begin]
    return words


def summed_rows(keys: U64, first_s: F64, texts: I32, mentions: I32, begins: I64) -> tuple[I32, I32, I32, I32]:
    """Of tables one behind the other: the row that each row goes to; and of those the row of the first mention, which
    of the tables with the word has it, texts, mentions.
    """
    if loops := compiled("stream.stages.word_loops"):
        summed: tuple[I32, I32, I32, I32] = loops.summed_rows(keys, first_s, texts, mentions, begins)
        return summed
    order = np.lexsort((first_s, keys))
    differs = _differs(keys[order])
    heads, number = np.flatnonzero(differs), np.cumsum(differs, dtype=np.int32) - np.int32(1)
    row = np.empty(len(keys), np.int32)
    row[order] = number
    first = _first_of(mentions[order].ravel(), np.repeat(number, EXAMPLES), len(heads))
    return row, order[heads].astype(np.int32), np.add.reduceat(texts[order], heads, dtype=np.int32), first


def summed_facets(tables: Sequence[WordTable], row: I32, begins: I64, room: int) -> tuple[I32, U64, I32]:
    """The facets of tables, of each row in the one of `row`, nowhere where that is -1."""
    facets, counts = _joined([table.facets for table in tables]), _joined([table.facet_counts for table in tables])
    if (loops := compiled("stream.stages.word_loops")) and len(row) < MOST_WORDS:
        ends = _begins(len(table.facets) for table in tables)
        rows = _joined([table.facet_rows for table in tables])
        summed: tuple[I32, U64, I32] = loops.summed_facets(row, begins, rows, facets, counts, ends, FACETS, room)
        return summed
    rows = np.concatenate(
        [row[begin:][table.facet_rows] for table, begin in zip(tables, begins.tolist(), strict=False)]
    )
    there = rows >= 0
    rows, facets, counts = bounded(*total(rows[there], facets[there], counts[there]))
    stay = facets_with_room(rows, facets, counts, room)
    return rows[stay], facets[stay], counts[stay]


def _most(texts: I32, capacity: int) -> npt.NDArray[np.bool_]:
    """(n,) which `capacity` rows are in most texts; of equal ones the first."""
    if not 0 < capacity < len(texts):
        return np.full(len(texts), capacity > 0)
    least = np.partition(texts, len(texts) - capacity)[len(texts) - capacity]
    most: npt.NDArray[np.bool_] = texts > least
    most[np.flatnonzero(texts == least)[: capacity - np.count_nonzero(most)]] = True
    return most


def _first_of(mentions: I32, row: I64 | I32, rows: int) -> I32:
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


def _differs(values: U64 | I32 | I64) -> npt.NDArray[np.bool_]:
    """(n,) whether each value is another than the one before it; the first one is."""
    return np.concatenate((np.ones(min(1, len(values)), bool), values[1:] != values[:-1]))


def occurrences(pieces: Pieces, max_length: int) -> tuple[U64, I32, I32]:
    """(name, begin, end) of the pieces of 2 to `max_length` characters that are not all digits.

    In order of name, those of one word in reading order. Shapes (n,).
    """
    begin, end, kinds = pieces.begin, pieces.end, pieces.runs.kinds
    fit = max_length < 1 << LENGTH_BITS and len(begin) <= 1 << PLACE_BITS
    if fit and (loops := compiled("stream.stages.loops")):
        embedded, left = loops.named(pieces.runs.points, kinds, begin, end, max_length, mixed_basic())
        embedded.sort()
        *ordered, alike = loops.in_order(embedded, left)
        if alike:  # nearly always
            return tuple(ordered)
    length = end - begin
    wanted = np.flatnonzero((length >= 2) & (length <= max_length))
    begin, end = begin[wanted], end[wanted]
    perhaps = np.flatnonzero(kinds[begin] == DIGIT)
    digits = np.concatenate((np.zeros(1, np.int32), np.cumsum(kinds == DIGIT, dtype=np.int32)))
    numbers = perhaps[digits[end[perhaps]] - digits[begin[perhaps]] == end[perhaps] - begin[perhaps]]
    begin, end = np.delete(begin, numbers), np.delete(end, numbers)
    names = SubstringHash(pieces.runs.points).names(begin, end)
    order = stable_order(names)
    return names[order], begin[order], end[order]


def count_words(pieces: Pieces, texts: Texts, max_length: int, capacity: int | None = None) -> WordTable:
    """The table of one batch; of more than `capacity` words those in most texts."""
    runs = pieces.runs
    names, begin, end = occurrences(pieces, max_length)
    if not len(names):
        return WordTable.empty()
    text_of = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(runs.starts))[begin]
    heads, in_texts, first_s, mentions = _by_word(names, text_of, texts.at_s)
    sizes = np.diff(heads, append=len(names))
    if capacity is not None and len(heads) > capacity:
        kept = _most(in_texts, capacity)
        mine = np.repeat(kept, sizes)
        names, begin, end, text_of = names[mine], begin[mine], end[mine], text_of[mine]
        in_texts, first_s, mentions, sizes = in_texts[kept], first_s[kept], mentions[kept], sizes[kept]
        heads = np.cumsum(sizes) - sizes
    word = np.repeat(np.arange(len(heads)), sizes)
    beside = runs.points * (runs.kinds != 0)
    facets = [beside[begin - 1] | np.uint64(LEFT << 40), beside[end] | np.uint64(RIGHT << 40)]
    facet_words = [word, word]
    if texts.sources.any():
        named = (texts.sources != 0)[text_of] & (_differs(word) | _differs(text_of))
        facets.append(texts.sources[text_of[named]] | np.uint64(SOURCE << 40))
        facet_words.append(word[named])
    facet_rows, distinct_facets, facet_counts = counted(np.concatenate(facet_words), np.concatenate(facets))
    return WordTable(
        names[heads],
        spelled(runs, begin[heads], end[heads]),
        in_texts,
        first_s,
        *_shown(mentions, texts),
        facet_rows,
        distinct_facets,
        facet_counts,
    )


def _by_word(names: U64, text_of: I32, at_s: npt.NDArray[np.float64]) -> tuple[I64, I32, npt.NDArray[np.float64], I32]:
    """Of occurrences in order of word and text: where each word begins, and its texts, first_s and mentions."""
    if loops := compiled("stream.stages.word_loops"):
        found: tuple[I64, I32, npt.NDArray[np.float64], I32] = loops.texts_of(names, text_of, at_s, EXAMPLES)
        return found
    new_word = _differs(names)
    new_text = new_word | _differs(text_of)
    heads, word = np.flatnonzero(new_word), np.cumsum(new_word) - 1
    return (
        heads,
        np.add.reduceat(new_text, heads, dtype=np.int32),
        np.minimum.reduceat(at_s[text_of], heads),
        _first_of(text_of[new_text], word[new_text], len(heads)),
    )


def stable_order(names: U64) -> I64:
    """As `argsort(kind="stable")`, several times faster: the upper bits of each name and its place are one number.

    Where two different names share those bits (of a million names, in one case of some hundred) it is sorted anew.
    """
    if len(names) <= 1 << PLACE_BITS:
        both = np.sort(_embedded(names))
        order = (both & _PLACE).astype(np.int64)
        if np.array_equal(_differs(both >> np.uint64(PLACE_BITS)), _differs(names[order])):
            return order
    return np.argsort(names, kind="stable")


def _embedded(names: U64) -> U64:
    """The upper bits of each name, and its place in the lower ones."""
    return (names & ~_PLACE) | np.arange(len(names), dtype=np.uint64)


def spelled(runs: Runs, begin: I32, end: I32) -> npt.NDArray[np.str_]:
    """Words as their first text writes them. A numpy string ends before its trailing zeros, as our words do."""
    length = end - begin
    if loops := compiled("stream.stages.loops"):
        longest = int(length.max(initial=1))
        filled: npt.NDArray[np.str_] = loops.spell(runs.written, begin, end, longest).view(f"<U{longest}").ravel()
        return filled
    column = np.arange(length.max(initial=1))
    points = runs.written[begin[:, None] + np.minimum(column, length[:, None] - 1)] * (column < length[:, None])
    words: npt.NDArray[np.str_] = points.astype("<u4").view(f"<U{len(column)}").ravel()
    return words


def _shown(mentions: I32, texts: Texts) -> tuple[I32, Shown]:
    """The texts that are mentioned as examples show them: a long one cut short, so that it need not be kept."""
    mentions, used = _referred(mentions, np.arange(len(texts)).astype(object))
    examples = [Example(texts.text(number, EXAMPLE_CHARS), texts.topic, texts.partition, int(texts.offsets[number]))
                for number in used.tolist()]  # fmt: skip
    shown = np.empty(len(examples), object)
    shown[:] = examples
    return mentions, shown
