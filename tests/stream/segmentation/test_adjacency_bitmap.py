"""The bitmap gives the same answer for every two neighbours as a search among the strong pairs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.segmentation.tally import pack, word_points

LAW = settings(max_examples=100)
CHARACTERS = "天气好热a\0\U00020bb7\U0010ffff"


def built(pairs: set[str], most_bytes: int = 1 << 20) -> AdjacencyBitmap:
    points = word_points("".join(pairs))
    return AdjacencyBitmap(np.sort(pack(points[::2], points[1::2])), most_bytes)


@LAW
@given(st.sets(st.text(CHARACTERS, min_size=2, max_size=2)), st.text(CHARACTERS, max_size=30))
def test_two_neighbours_are_joined_exactly_if_they_are_a_strong_pair(pairs: set[str], text: str) -> None:
    expected = [text[i : i + 2] in pairs for i in range(len(text) - 1)]
    for most_bytes in (1 << 20, 0):  # as bits, and searched
        assert built(pairs, most_bytes).joins(word_points(text)).tolist() == expected
    assert len(built(pairs)) == len(pairs)


def test_no_pairs_join_nothing() -> None:
    assert built(set()).joins(word_points("天气")).tolist() == [False]
    assert built({"天气"}).joins(word_points("")).tolist() == []
