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

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.kernels import kernel
from stream.segmentation.cut import Pieces
from stream.text.runs import I32, I64, U8, U32
from stream.text.text_batch import TextBatch
from stream.words.capacity import ALL, Mask, Room, facets_with_room, mentions_with_room
from stream.words.context_counts import FACETS, VALUE_BITS, bounded, counted, total
from stream.words.examples import Example, Examples, gathered
from stream.words.occurrences import differs, occurrences, spelled

LEFT, RIGHT, SOURCE = 0, 1, 2
EXAMPLES = 3

Column = TypeVar("Column", bound=npt.NDArray[Any])


@dataclass(frozen=True, slots=True)
class WordTable:
    """Rows by word, then facets by word. `words` holds the surface form of the first mention."""

    keys: U64  # (n,) sorted
    words: npt.NDArray[np.str_]  # (n,)
    texts: I32  # (n,) distinct texts that contain the word
    first_s: npt.NDArray[np.float64]  # (n,) event time of the first mention
    mentions: I32  # (n, EXAMPLES) which of `shown` are its examples, -1 where there are no more
    shown: Examples  # (t,) each text that is an example, once
    facet_rows: I32  # (m,) sorted, the row of the word
    facets: U64  # (m,) kind << 40 | value
    facet_counts: I32  # (m,)

    @classmethod
    def empty(cls) -> "WordTable":
        none = np.zeros(0, np.uint64)
        count = np.zeros(0, np.int32)
        mentions = np.zeros((0, EXAMPLES), np.int32)
        return cls(none, np.zeros(0, "<U1"), count, np.zeros(0), mentions, Examples.none(), count, none, count)

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, key: int | np.uint64) -> int | None:
        """Row of a word, or None."""
        place = int(np.searchsorted(self.keys, np.uint64(key)))
        return place if place < len(self.keys) and self.keys[place] == np.uint64(key) else None

    def examples(self, row: int) -> tuple[Example, ...]:
        """Up to EXAMPLES texts that contain the word of a row, the first mentions first."""
        return tuple(self.shown.example(number) for number in self.mentions[row].tolist() if number >= 0)

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
        return _sum([self], replace(ALL, rows=capacity))[0]

    def fitted(self, capacity: int) -> "WordTable":
        """`bounded`, and no more facets and examples than there is room for with so many rows."""
        return fitted_sum([self], capacity)[0]


def merge(tables: Sequence[WordTable]) -> WordTable:
    """The sum of tables: counts add up, the earliest first mention and its examples come first."""
    return _sum(tables)[0]


def fitted_sum(tables: Sequence[WordTable], capacity: int) -> tuple[WordTable, int]:
    """`merge`, `fitted`; and how many words found no room."""
    return _sum(tables, Room.of(capacity))


def _sum(tables: Sequence[WordTable], room: Room = ALL) -> tuple[WordTable, int]:
    """The sum of tables, as far as there is room; and how many rows had to go."""
    tables = [table for table in tables if len(table)]
    if not tables:
        return WordTable.empty(), 0
    first, begins, shown = tables[0], _begins(map(len, tables)), [table.shown for table in tables]
    if len(tables) == 1 and room.holds(len(first), len(first.facets), len(first.shown)):
        return first, 0
    keys, first_s = _joined([table.keys for table in tables]), _joined([table.first_s for table in tables])
    texts, mentions = _joined([table.texts for table in tables]), _mentions(tables)
    row = head = np.arange(len(keys), dtype=np.int32)
    if len(tables) > 1:
        row, head, texts, mentions = summed_rows(keys, first_s, texts, mentions, begins)
    evicted = max(0, len(head) - room.rows)
    if evicted:
        kept = _most(texts, room.rows)
        row = np.where(kept, np.cumsum(kept, dtype=np.int32) - np.int32(1), np.int32(-1))[row]
        head, texts, mentions = head[kept], texts[kept], mentions[kept]
    mentions, used = _referred(mentions, sum(map(len, shown)))
    if len(used) > room.shown:
        mentions, few = _referred(mentions_with_room(mentions, texts, len(used), room.shown), len(used))
        used = used[few]
    words, facets = _words_at(head, tables, begins), summed_facets(tables, row, begins, room.facets)
    return WordTable(keys[head], words, texts, first_s[head], mentions, gathered(shown, used), *facets), evicted


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


@kernel("stream.words.word_table_numba")
def summed_rows(keys: U64, first_s: F64, texts: I32, mentions: I32, begins: I64) -> tuple[I32, I32, I32, I32]:
    """Of tables one behind the other: the row that each row goes to; and of those the row of the first mention, which
    of the tables with the word has it, texts, mentions.
    """
    order = np.lexsort((first_s, keys))
    is_head = differs(keys[order])
    heads, number = np.flatnonzero(is_head), np.cumsum(is_head, dtype=np.int32) - np.int32(1)
    row = np.empty(len(keys), np.int32)
    row[order] = number
    first = _first_of(mentions[order].ravel(), np.repeat(number, EXAMPLES), len(heads))
    return row, order[heads].astype(np.int32), np.add.reduceat(texts[order], heads, dtype=np.int32), first


def summed_facets(tables: Sequence[WordTable], row: I32, begins: I64, room: int) -> tuple[I32, U64, I32]:
    """The facets of tables, of each row in the one of `row`, nowhere where that is -1."""
    facets, counts = _joined([table.facets for table in tables]), _joined([table.facet_counts for table in tables])
    ends, rows = _begins(len(table.facets) for table in tables), _joined([table.facet_rows for table in tables])
    return facet_sums(rows, facets, counts, ends, row, begins, FACETS, room)


@kernel("stream.words.word_table_numba")
def facet_sums(
    rows: I32, facets: U64, counts: I32, ends: I64, row: I32, begins: I64, most: int, room: int
) -> tuple[I32, U64, I32]:
    """What `summed_facets` gives: the columns of the facets of tables one behind the other, `ends` of those of each."""
    behind = zip(begins.tolist(), ends.tolist(), ends[1:].tolist(), strict=False)
    rows = np.concatenate([row[begin:][rows[first:last]] for begin, first, last in behind])
    there = rows >= 0
    rows, facets, counts = bounded(*total(rows[there], facets[there], counts[there]), most)
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


def _referred(mentions: I32, shown: int) -> tuple[I32, I64]:
    """Only the texts that are mentioned, of so many, and the mentions with their new numbers."""
    used = np.zeros(shown + 1, bool)
    used[mentions.ravel()] = True
    used[-1] = False  # what the mentions of -1 have set
    numbers = np.cumsum(used, dtype=np.int32) - np.int32(1)
    numbers[-1] = -1
    return numbers[mentions], np.flatnonzero(used)


def count_words(pieces: Pieces, texts: TextBatch, max_length: int, capacity: int | None = None) -> WordTable:
    """The table of one batch; of more than `capacity` words those in most texts."""
    runs = pieces.runs
    names, begin, end = occurrences(pieces, max_length)
    if not len(names):
        return WordTable.empty()
    heads, text, in_texts, first_s, mentions = by_word(names, begin, runs.starts, texts.at_s, EXAMPLES)
    kept = _most(in_texts, len(heads) if capacity is None else capacity)
    facets = beside(Pieces(begin, end, runs), heads, kept, text, texts.sources)
    if not kept.all():
        heads, in_texts, first_s, mentions = heads[kept], in_texts[kept], first_s[kept], mentions[kept]
    words = spelled(runs, begin[heads], end[heads])
    mentions, used = _referred(mentions, len(texts))
    return WordTable(names[heads], words, in_texts, first_s, mentions, Examples.of(texts, used), *facets)


@kernel("stream.words.word_table_numba")
def by_word(names: U64, begin: I32, starts: I64, at_s: F64, most: int) -> tuple[I64, I32, I32, F64, I32]:
    """Of occurrences in order of word, then of place: where each word begins, and the text of each occurrence; then of
    each word in how many texts it is, the earliest of their times, and the first `most` of them, -1 where there are no
    more.
    """
    text = np.repeat(np.arange(len(at_s), dtype=np.int32), np.diff(starts))[begin]
    new_word = differs(names)
    new_text = new_word | differs(text)
    heads, word = np.flatnonzero(new_word), np.cumsum(new_word) - 1
    return (
        heads,
        text,
        np.add.reduceat(new_text, heads, dtype=np.int32),
        np.minimum.reduceat(at_s[text], heads),
        _first_of(text[new_text], word[new_text], len(heads)),
    )


def beside(pieces: Pieces, heads: I64, kept: Mask, text: I32, sources: U64) -> tuple[I32, U64, I32]:
    """The facets of the words that are kept, of occurrences in order of word, each beginning at one of `heads`."""
    runs, named = pieces.runs, sources if sources.any() else sources[:0]
    return facets_of(pieces.begin, pieces.end, runs.points, runs.kinds, heads, kept, text, named)


@kernel("stream.words.word_table_numba")
def facets_of(
    begin: I32, end: I32, points: U32, kinds: U8, heads: I64, kept: Mask, text: I32, named: U64
) -> tuple[I32, U64, I32]:
    """What `beside` gives; `named` are the sources of the texts, none where no text names one."""
    sizes = np.diff(heads, append=len(begin))
    mine, word = np.repeat(kept, sizes), np.repeat(np.cumsum(kept) - 1, sizes)
    begin, end, word, text = begin[mine], end[mine], word[mine], text[mine]
    around = points * (kinds != 0)
    facets = [around[begin - 1] | np.uint64(LEFT << 40), around[end] | np.uint64(RIGHT << 40)]
    words = [word, word]
    if len(named):
        first = (differs(word) | differs(text)) & (named != 0)[text]
        facets.append(named[text[first]] | np.uint64(SOURCE << 40))
        words.append(word[first])
    return counted(np.concatenate(words), np.concatenate(facets))
