"""What `words` and `facets` do to arrays, as loops for numba: what each of them means stands with its numpy twin."""

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from sketches.loops import loop
from stream.stages.facets import FACET, FACET_BITS, SAMPLED, VALUE_BITS
from stream.stages.runs import I32, I64

_NO_MORE = np.uint64((1 << 64) - 1)
_LEVELS = 4  # counts that are looked at one by one before they are sorted


@loop
def texts_of(names: U64, text: I32, at_s: F64, most: int) -> tuple[I64, I32, F64, I32]:
    """`words.count_words`: of words in order, occurrences in order of their texts: where each word begins, how many
    texts hold it, the earliest of their times, the first `most` of them (-1 where there are no more).
    """
    heads, number = np.empty(len(names), np.int64), 0
    for i in range(len(names)):
        heads[number] = i
        number += i == 0 or names[i] != names[i - 1]
    texts, first_s = np.zeros(number, np.int32), np.full(number, np.inf)
    mentions = np.full((number, most), -1, np.int32)
    for word in range(number):
        behind = heads[word + 1] if word + 1 < number else len(names)
        for i in range(heads[word], behind):
            if i == heads[word] or text[i] != text[i - 1]:
                if texts[word] < most:
                    mentions[word, texts[word]] = text[i]
                texts[word] += 1
                first_s[word] = min(first_s[word], at_s[text[i]])
    return heads[:number].copy(), texts, first_s, mentions


@loop
def added(both: U64, most: int) -> tuple[I32, U64, I32]:
    """`facets.counted`, of sorted rows."""
    distinct = int(len(both) > 0)
    for i in range(1, len(both)):
        distinct += both[i] != both[i - 1]
    words, facets, sums = np.empty(distinct, np.int32), np.empty(distinct, np.uint64), np.empty(distinct, np.int32)
    number = began = 0  # of the facets of one word and kind
    for i in range(len(both)):
        if i > 0 and both[i] == both[i - 1]:
            sums[number - 1] += 1
            continue
        if i > 0 and both[i] >> VALUE_BITS != both[i - 1] >> VALUE_BITS:
            number = began = _bounded(facets, sums, began, number, most)
        words[number], facets[number], sums[number] = both[i] >> FACET_BITS, both[i] & FACET, 1
        number += 1
    number = _bounded(facets, sums, began, number, most)
    return words[:number].copy(), facets[:number].copy(), sums[:number].copy()


@loop
def summed_rows(keys: U64, first_s: F64, texts: I32, mentions: I32, begins: I64) -> tuple[I32, I32, I32, I32]:
    """`words.merge`, of tables one behind the other, the last of `begins` behind all of them: row that each row goes
    to; and of those the row of the first mention, texts, mentions.
    """
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


@loop
def summed_facets(
    row: I32, row_begins: I64, rows: I32, facets: U64, counts: I32, begins: I64, most: int, room: int
) -> tuple[I32, U64, I32]:
    """`words.summed_facets`, of tables one behind the other."""
    words, values, sums = np.empty(len(facets), np.int32), np.empty(len(facets), np.uint64), np.empty_like(counts)
    at, nexts = begins[:-1].copy(), np.empty(len(begins) - 1, np.uint64)
    for table in range(len(nexts)):
        at[table], nexts[table] = _following(row[row_begins[table] :], rows, facets, at[table], begins[table + 1])
    sizes, before, number, began = np.zeros(most + 1, np.int64), _NO_MORE, 0, 0
    while True:
        least = nexts.min()
        if before >> VALUE_BITS != least >> VALUE_BITS:
            number = _bounded(values, sums, began, number, most)
            sizes[number - began] += 1
            began = number
        if least == _NO_MORE:
            break
        before = least
        words[number], values[number], sums[number] = least >> FACET_BITS, least & FACET, 0
        for table in range(len(nexts)):
            if nexts[table] == least:
                sums[number] += counts[at[table]]
                at[table], nexts[table] = _following(
                    row[row_begins[table] :], rows, facets, at[table] + 1, begins[table + 1]
                )
        number += 1
    if number > room:
        number = _within(words, values, sums, number, _room_each(sizes, room))
    return words[:number].copy(), values[:number].copy(), sums[:number].copy()


@loop
def _following(row: I32, rows: I32, facets: U64, at: int, end: int) -> tuple[int, np.uint64]:
    """The next facet from `at` on that goes somewhere, and its word and facet as one number."""
    while at < end and row[rows[at]] < 0:
        at += 1
    if at == end:
        return at, _NO_MORE
    return at, (np.uint64(row[rows[at]]) << FACET_BITS) | facets[at]


@loop
def _room_each(sizes: I64, room: int) -> int:
    """How many facets each word and kind may have that all have room; so many there are of each size."""
    each, more = 0, sizes[1:].sum()
    while room >= more > 0:
        each += 1
        room -= more
        more -= sizes[each]
    return each


@loop
def _within(words: I32, facets: U64, counts: I32, number: int, most: int) -> int:
    """`_bounded`, of each word and kind."""
    kept = begin = 0
    while begin < number:
        end = begin + 1
        while end < number and words[end] == words[begin] and facets[end] >> VALUE_BITS == facets[begin] >> VALUE_BITS:
            end += 1
        stay = _bounded(facets, counts, begin, end, most) - begin
        for i in range(stay):
            words[kept + i], facets[kept + i], counts[kept + i] = words[begin], facets[begin + i], counts[begin + i]
        kept, begin = kept + stay, end
    return kept


@loop
def _bounded(facets: U64, counts: I32, begin: int, end: int, most: int) -> int:
    """Keep `most` of the facets of one word and kind: where they end."""
    if end - begin <= most:
        return end
    if most == 0 or facets[begin] >> VALUE_BITS >= SAMPLED:
        return begin + most
    least = _least(counts[begin:end], most)
    room = most
    for i in range(begin, end):
        room -= counts[i] > least
    kept = begin
    for i in range(begin, end):
        if counts[i] > least or (counts[i] == least and room > 0):
            room -= counts[i] == least
            facets[kept], counts[kept] = facets[i], counts[i]
            kept += 1
    return kept


@loop
def _least(counts: I32, most: int) -> int:
    """A count that at most `most` of more exceed, and those that do not fall short of it are so many at least."""
    for level in range(1, _LEVELS):
        more = 0
        for count in counts:
            more += count > level
        if more <= most:
            return level
    return int(np.sort(counts)[len(counts) - most])
