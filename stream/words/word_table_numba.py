"""The kernels of `word_table`, `context_counts` and `examples` as loops for numba."""

from typing import Any

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.loops_numba import loop
from stream.text.runs import I32, I64, U8, U32
from stream.words.capacity import Mask
from stream.words.context_counts import FACET, FACET_BITS, MOST_WORDS, SAMPLED, VALUE_BITS, counted_keys
from stream.words.word_table import SOURCE

_ONE = np.uint64(1)
_NO_MORE = np.uint64((1 << 64) - 1)
_STRETCH = 5  # bits: so many characters are looked for together
_LAST_WORD = 1 << 62
_LEVELS = 4  # counts that are looked at one by one before they are sorted


@loop
def by_word(names: U64, begin: I32, starts: I64, at_s: F64, most: int) -> tuple[I64, I32, I32, F64, I32]:
    """`word_table.by_word`."""
    text, first = np.empty(len(names), np.int32), _first_texts(starts)
    heads, words = np.empty(len(names), np.int64), 0
    for i in range(len(names)):
        heads[words] = i
        words += i == 0 or names[i] != names[i - 1]
        one = first[begin[i] >> _STRETCH]
        while starts[one + 1] <= begin[i]:
            one += 1
        text[i] = one
    texts, first_s = np.zeros(words, np.int32), np.full(words, np.inf)
    mentions = np.full((words, most), -1, np.int32)
    for word in range(words):
        behind = heads[word + 1] if word + 1 < words else len(names)
        number, before, earliest = 0, -1, np.inf
        for i in range(heads[word], behind):
            if text[i] != before:
                before = text[i]
                if number < most:
                    mentions[word, number] = before
                number += 1
                earliest = min(earliest, at_s[before])
        texts[word], first_s[word] = number, earliest
    return heads[:words].copy(), text, texts, first_s, mentions


@loop
def _first_texts(starts: I64) -> I32:
    """Which text each stretch of 2 ** _STRETCH characters begins in."""
    first, text = np.empty((starts[-1] >> _STRETCH) + 1, np.int32), 0
    for stretch in range(len(first)):
        while text + 2 < len(starts) and starts[text + 1] <= stretch << _STRETCH:
            text += 1
        first[stretch] = text
    return first


def facets_of(
    begin: I32, end: I32, points: U32, kinds: U8, heads: I64, kept: Mask, text: I32, named: U64
) -> tuple[I32, U64, I32] | None:
    """None where there are too many words for the bits."""
    if len(heads) >= MOST_WORDS:
        return None
    return counted_keys(beside(points, kinds, begin, end, heads, kept, text, named, SOURCE))


@loop
def beside(
    points: U32, kinds: U8, begin: I32, end: I32, heads: I64, kept: Mask, text: I32, sources: U64, kind: int
) -> U64:
    """`word_table.facets_of`: words and facets as one number each."""
    rows, number, word = np.empty((2 + (len(sources) > 0)) * len(begin), np.uint64), 0, np.uint64(0)
    for head in range(len(heads)):
        if not kept[head]:
            continue
        behind, before = heads[head + 1] if head + 1 < len(heads) else len(begin), -1
        left = word << FACET_BITS
        right = left | (_ONE << VALUE_BITS)
        source = left | (np.uint64(kind) << VALUE_BITS)
        for i in range(heads[head], behind):
            rows[number] = left | np.uint64(points[begin[i] - 1] if kinds[begin[i] - 1] != 0 else 0)
            rows[number + 1] = right | np.uint64(points[end[i]] if kinds[end[i]] != 0 else 0)
            number += 2
            if len(sources) > 0 and text[i] != before:
                before = text[i]
                rows[number] = source | sources[before]
                number += sources[before] != 0
        word += _ONE
    return rows[:number]


@loop
def equal_keys(both: U64, most: int) -> tuple[I32, U64, I32]:
    """`context_counts.equal_keys`."""
    number = int(len(both) > 0)
    for i in range(1, len(both)):
        number += both[i] != both[i - 1]
    words, facets, sums = np.empty(number, np.int32), np.empty(number, np.uint64), np.zeros(number, np.int32)
    at = began = longest = 0  # of the facets of one word and kind
    for i in range(len(both)):
        at += i > 0 and both[i] != both[i - 1]
        began = began if i > 0 and both[i] >> VALUE_BITS == both[i - 1] >> VALUE_BITS else at
        longest = max(longest, at + 1 - began)
        words[at], facets[at] = both[i] >> FACET_BITS, both[i] & FACET
        sums[at] += 1
    if longest <= most:
        return words, facets, sums
    number = _within(words, facets, sums, number, most)
    return words[:number].copy(), facets[:number].copy(), sums[:number].copy()


@loop
def summed_rows(keys: U64, first_s: F64, texts: I32, mentions: I32, begins: I64) -> tuple[I32, I32, I32, I32]:
    """`word_table.summed_rows`."""
    tables, most = len(begins) - 1, mentions.shape[1]
    row, head, sums = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
    first = np.full((len(keys), most), -1, np.int32)
    at, holders, number = begins[:-1].copy(), np.empty(tables, np.int64), 0
    while True:
        key, held = _NO_MORE, 0
        for table in range(tables):
            if at[table] == begins[table + 1] or (held > 0 and keys[at[table]] > key):
                continue
            held = held if held > 0 and keys[at[table]] == key else 0
            key, place = keys[at[table]], held
            while place > 0 and first_s[at[holders[place - 1]]] > first_s[at[table]]:
                holders[place] = holders[place - 1]
                place -= 1
            holders[place] = table
            held += 1
        if held == 0:
            break
        head[number], sums[number], shown = at[holders[0]], 0, 0
        for holder in holders[:held]:
            here = at[holder]
            sums[number] += texts[here]
            for one in mentions[here]:
                if one >= 0 and shown < most:
                    first[number, shown] = one
                    shown += 1
            row[here] = number
            at[holder] += 1
        number += 1
    return row, head[:number], sums[:number].copy(), first[:number]


def facet_sums(rows: I32, facets: U64, counts: I32, ends: I64, row: I32, *settings: Any) -> tuple[I32, U64, I32] | None:
    """None where there are too many words for the bits."""
    if len(row) >= MOST_WORDS:
        return None
    sums: tuple[I32, U64, I32] = summed_facets(rows, facets, counts, ends, row, *settings)
    return sums


@loop
def summed_facets(
    rows: I32, facets: U64, counts: I32, begins: I64, row: I32, row_begins: I64, most: int, room: int
) -> tuple[I32, U64, I32]:
    """`word_table.facet_sums`."""
    words, values, sums = np.empty(len(facets), np.int32), np.empty(len(facets), np.uint64), np.empty_like(counts)
    sizes, number = np.zeros(most + 2, np.int64), 0
    # the facets of the next word of each table, and the row it goes to
    at, end = begins[:-1].copy(), begins[:-1].copy()
    following, word = np.full(len(at), -1, np.int64), -1
    while True:
        for table in range(len(at)):
            if following[table] == word:
                at[table], end[table], following[table] = _next_word(
                    row, row_begins[table], rows, end[table], begins[table + 1]
                )
        word, holders, one, other = _LAST_WORD, 0, 0, 0
        for table in range(len(at)):
            holders = 1 if following[table] < word else holders + (following[table] == word)
            word = min(word, following[table])
            one = table if holders == 1 and following[table] == word else one
            other = table if following[table] == word else other
        if word == _LAST_WORD:
            break
        begin = number
        if holders > 2:
            number = _several(facets, counts, at, end, following, word, values, sums, number)
        else:
            i, i_end, j, j_end = at[one], end[one], at[other], end[other] if holders == 2 else at[other]
            while i < i_end and j < j_end:
                mine, theirs = facets[i] <= facets[j], facets[j] <= facets[i]
                values[number] = facets[i] if mine else facets[j]
                sums[number] = mine * counts[i] + theirs * counts[j]
                i, j, number = i + mine, j + theirs, number + 1
            i, i_end = (i, i_end) if i < i_end else (j, j_end)
            while i < i_end:
                values[number], sums[number] = facets[i], counts[i]
                i, number = i + 1, number + 1
        for i in range(begin, number):
            words[i] = word
            if i + 1 == number or values[i + 1] >> VALUE_BITS != values[i] >> VALUE_BITS:
                sizes[min(i + 1 - begin, most + 1)] += 1
                begin = i + 1
    each = _room_each(sizes, most, room)
    if sizes[each + 1 :].sum() > 0:
        number = _within(words, values, sums, number, each)
    return words[:number].copy(), values[:number].copy(), sums[:number].copy()


@loop
def _next_word(row: I32, begin: int, rows: I32, at: int, end: int) -> tuple[int, int, int]:
    """Of the next word from `at` on that goes somewhere, where its facets begin and end, and the row it goes to."""
    while at < end and row[begin + rows[at]] < 0:
        at += 1
    if at == end:
        return at, at, _LAST_WORD
    behind = at + 1
    while behind < end and rows[behind] == rows[at]:
        behind += 1
    return at, behind, row[begin + rows[at]]


@loop
def _several(
    facets: U64, counts: I32, at: I64, end: I64, following: I64, word: int, values: U64, sums: I32, number: int
) -> int:
    """Those of a word that more tables have."""
    while True:
        least = _NO_MORE
        for table in range(len(following)):
            if following[table] == word and at[table] < end[table]:
                least = min(least, facets[at[table]])
        if least == _NO_MORE:
            return number
        values[number], sums[number] = least, 0
        for table in range(len(following)):
            if following[table] == word and at[table] < end[table] and facets[at[table]] == least:
                sums[number] += counts[at[table]]
                at[table] += 1
        number += 1


@loop
def _room_each(sizes: I64, most: int, room: int) -> int:
    """How many facets, up to `most`, each word and kind may have that all have room; so many there are of each size."""
    each, more = 0, sizes[1:].sum()
    while each < most and room >= more:
        each += 1
        room -= more
        more -= sizes[each]
    return each


@loop
def _within(words: I32, facets: U64, counts: I32, number: int, most: int) -> int:
    """Keep `most` of the facets of each word and kind, as `context_counts.bounded` does: where they end."""
    kept = begin = 0
    while begin < number and most > 0:
        end = begin + 1
        while end < number and words[end] == words[begin] and facets[end] >> VALUE_BITS == facets[begin] >> VALUE_BITS:
            end += 1
        least, alike, last = 0, 0, end  # the smallest count that stays, and so many of that count
        if end - begin > most and facets[begin] >> VALUE_BITS >= SAMPLED:
            last = begin + most
        elif end - begin > most:
            least, alike = _least(counts, begin, end, most)
        for i in range(begin, last):
            equal = counts[i] == least
            stays = (counts[i] > least) | (equal & (alike > 0))
            alike -= equal
            words[kept], facets[kept], counts[kept] = words[i], facets[i], counts[i]
            kept += stays
        begin = end
    return kept


@loop
def _least(counts: I32, begin: int, end: int, most: int) -> tuple[int, int]:
    """The smallest count of those that stay if `most` do, and how many of that count do: small ones are tried first."""
    for level in range(1, _LEVELS):
        more = 0
        for i in range(begin, end):
            more += counts[i] > level
        if more <= most:
            return level, most - more
    least, more = np.sort(counts[begin:end])[end - begin - most], 0
    for i in range(begin, end):
        more += counts[i] > least
    return least, most - more


def copied(begin: I64, length: I64, points: U32, into: U32) -> U32:
    """Some arrays can be written to and some cannot; the loop is compiled for one of the two."""
    view = points.view()
    view.flags.writeable = False
    copy(view, begin, length, into)
    return into


@loop
def copy(points: U32, begin: I64, length: I64, into: U32) -> None:
    """`examples.copied`."""
    at = 0
    for i in range(len(begin)):
        into[at : at + length[i]] = points[begin[i] : begin[i] + length[i]]
        at += length[i]
