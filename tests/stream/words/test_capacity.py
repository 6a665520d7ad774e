"""What stays of a table that is too rich: never more than asked for; and who stays, worked out by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.words.capacity import FACETS_A_WORD, WORDS_AN_EXAMPLE, facets_with_room, mentions_with_room
from stream.words.word_table import EXAMPLES, LEFT, SOURCE
from tests.stream.words.test_word_table import table_of, written

LAW = settings(max_examples=60, deadline=None)
ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 9)), unique=True, max_size=40)


def kept(rows: list[tuple[int, int, int, int]], most: int) -> list[int]:
    """Values that stay of (word, kind, value, count) rows."""
    word, kind, value, count = np.array(rows, np.int64).reshape(-1, 4).T
    facets = ((kind << 40) | value).astype(np.uint64)
    stay = facets_with_room(word.astype(np.int32), facets, count.astype(np.int32), most)
    return [int(number) for number in value[stay]]


def test_the_most_frequent_neighbours_and_the_smallest_names_of_sources_stay() -> None:
    """Two words and three kinds: with room for 4 of 8 there is one for each; a word that has but one loses nothing."""
    rows = [(0, LEFT, 1, 3), (0, LEFT, 2, 9), (0, LEFT, 3, 1), (0, SOURCE, 4, 1), (0, SOURCE, 5, 8), (1, LEFT, 6, 1)]
    assert kept(rows, 6) == [1, 2, 3, 4, 5, 6]
    assert kept(rows, 5) == [1, 2, 4, 5, 6]
    assert kept(rows, 4) == kept(rows, 3) == [2, 4, 6]


@LAW
@given(ROWS, st.data())
def test_no_more_stay_than_there_is_room_for_and_of_each_kind_of_a_word_one(
    rows: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    counted = [(*row, data.draw(st.integers(1, 9))) for row in sorted(rows)]
    groups = {row[:2] for row in rows}
    room = data.draw(st.integers(len(groups), 40))
    stay = kept(counted, room)
    assert len(stay) <= room and len(stay) >= min(len(rows), len(groups))
    assert len(stay) == len(rows) or len(rows) > room


def test_those_in_most_texts_keep_their_example() -> None:
    """Room for two texts: word 1 comes first, in nine; word 0 has another, which others share; 3 finds no room."""
    mentions = np.array([[7, 8, -1], [5, 6, 7], [7, -1, -1], [8, 9, -1]], np.int32)
    few = mentions_with_room(mentions, np.array([3, 9, 1, 2], np.int32), 10, 2)
    assert few.tolist() == [[7, -1, -1], [5, -1, 7], [7, -1, -1], [-1, -1, -1]]


def test_a_table_that_has_room_stays_as_it_is_and_a_rich_one_is_made_to_fit() -> None:
    table = table_of(written(*(f"天气{chr(0x5000 + n)}，{chr(0x6000 + n)}好热" for n in range(30))))
    assert table.fitted(100) is table
    few = table.fitted(2)
    assert len(few) == 2 and len(few.facets) <= 2 * FACETS_A_WORD and len(few.shown) == 1
    assert few.mentions.shape == (2, EXAMPLES)
    assert len(table.fitted(3 * WORDS_AN_EXAMPLE).shown) <= 3
